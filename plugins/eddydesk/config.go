package main

import (
	"cmp"
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
	"github.com/plugboard/plugboard/sdk/zone"
)

// The configuration, ready to be used. An instance has one for all its life.
var (
	place  zone.Zone
	rule   condition
	named  string         // the condition as it is configured
	body   *layout.Layout // nil: none
	fields []field        // of the body's tags, by slot
	target link           // where a destination sends
)

// configure reads the configuration. Its error names the key and, in a layout, the place.
func configure() (err error) {
	c := sdk.Config()
	body, fields, target = nil, nil, link{}
	for name, v := range c.Each {
		if err := checkKey(name, v); err != nil {
			return err
		}
	}
	if place, err = zone.Parse(c.Member("timezone").Str()); err != nil {
		return sdk.Reject("timezone: " + err.Error())
	}
	named = c.Member("dispatcher_condition").Str()
	rule = conditionOf(named)
	rule.typ = cmp.Or(c.Member("kind").Str(), rule.typ)
	if target, err = readLink(c.Member("link").Str()); err != nil {
		return err
	}
	written := c.Member("template").Str()
	if written == "" {
		return nil
	}
	f, err := formatOf(c.Member("format").Str(), written)
	if err != nil {
		return err
	}
	if body, err = layout.Parse(written, f, layout.Tags); err != nil {
		return sdk.Reject("template: " + err.Error())
	}
	fields = make([]field, len(body.Names()))
	for slot, tag := range body.Names() {
		fields[slot] = fieldOf(tag)
	}
	return nil
}

func checkKey(name string, v jsondoc.Value) error {
	switch name {
	case "template_syntax":
		if v.Str() != "eddydesk" {
			return sdk.Reject("template_syntax: EddyDesk has one, {tag}; leave it out")
		}
	case "tags":
		for tag, path := range v.Each {
			if p := path.Str(); !strings.HasPrefix(p, "data.") || len(p) == len("data.") || strings.HasPrefix(p, "data.extensions") {
				return sdk.Reject("tags: \"" + tag + "\" is set to \"" + p + "\"; write a field of the event, such as data.csat.score")
			}
		}
	case "last_reply":
		if known(v.Str(), "requester", "staff") == "" {
			return sdk.Reject("last_reply: want requester or staff")
		}
	case "escape":
		if v.Str() != "html" {
			return sdk.Reject("escape: want html, or leave it out")
		}
	case "method":
		if known(v.Str(), "GET", "POST", "PUT", "PATCH", "DELETE") != v.Str() {
			return sdk.Reject("method: EddyDesk has GET, POST, PUT, PATCH and DELETE")
		}
	case "account", "timezone", "dispatcher_condition", "kind", "template", "format", "link", "slow_below", "ban_seconds":
	default:
		return sdk.Reject("unknown key " + name + "; the README of the plugin has the keys")
	}
	return nil
}

func formatOf(name, written string) (layout.Format, error) {
	switch name {
	case "":
		return layout.Detect(written), nil
	case "json":
		return layout.JSON, nil
	case "xml":
		return layout.XML, nil
	case "form":
		return layout.Form, nil
	case "link":
		return layout.Link, nil
	}
	return 0, sdk.Reject("format: " + name + " is none of EddyDesk's; write json, xml, form or link")
}
