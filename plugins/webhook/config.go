package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/template"
)

// shape is what a format means.
type shape struct {
	name        string
	template    template.Format // of the body
	contentType string          // unless a header says otherwise
	event       bool            // without a body the event itself is sent
	wantsBody   bool
}

var shapes = []shape{
	{"json", template.JSON, "application/json", true, false},
	{"cloudevent", template.JSON, "application/cloudevents+json", true, false},
	{"xml", template.XML, "application/xml", false, true},
	{"form", template.Form, "application/x-www-form-urlencoded", false, true},
	{"query", template.Form, "", false, true},
	{"text", template.Text, "text/plain; charset=utf-8", false, true},
}

// configure reads the configuration. Its error names the key and, in a template, the place.
func configure() error {
	set = request{}
	c := sdk.Config()
	for name, v := range c.Each {
		switch name {
		case "method", "url", "format", "body", "mode", "type_prefix":
			if v.Kind() != jsondoc.String {
				return sdk.Reject(name + ": want a text")
			}
		case "headers":
			if v.Kind() != jsondoc.Object {
				return sdk.Reject("headers: want a table of names and values")
			}
		case "effect":
			if v.Kind() != jsondoc.Object || v.Member("key").Kind() != jsondoc.String || v.Member("value").Kind() != jsondoc.String {
				return sdk.Reject(`effect: want { key = "…", value = "…" }, what the request will cause`)
			}
		default:
			return sdk.Reject(name + ": unknown key; the keys are method, url, headers, format, mode, type_prefix, body and effect")
		}
	}
	for _, read := range []func(jsondoc.Value) error{readFormat, readMode, readMethod, readURL, readBody, readHeaders, readEffect} {
		if err := read(c); err != nil {
			return err
		}
	}
	return nil
}

func readFormat(c jsondoc.Value) error {
	name := c.Get("format").Str()
	if name == "" {
		name = "json"
	}
	names := make([]string, len(shapes))
	for i, s := range shapes {
		if s.name == name {
			set.shape = s
			return nil
		}
		names[i] = s.name
	}
	return sdk.Reject("format: " + name + " is none of " + strings.Join(names, ", "))
}

func readMethod(c jsondoc.Value) error {
	set.method = c.Get("method").Str()
	if set.method == "" {
		set.method = "POST"
		if set.shape.name == "query" {
			set.method = "GET"
		}
	}
	if !isToken(set.method) {
		return sdk.Reject("method: " + set.method + " is not a method; write GET, POST, PUT, PATCH or DELETE")
	}
	return nil
}

func readURL(c jsondoc.Value) (err error) {
	text := c.Get("url").Str()
	if text == "" {
		return nil
	}
	if strings.Contains(text, "#") {
		return sdk.Reject("url: what follows # is never sent; leave it out")
	}
	set.url, err = parse("url", text, template.URL)
	return err
}

func readBody(c jsondoc.Value) (err error) {
	text := c.Get("body").Str()
	switch {
	case text == "" && set.shape.wantsBody:
		return sdk.Reject("body: format " + set.shape.name + " needs a template")
	case text == "":
		return nil
	case set.shape.name == "cloudevent":
		return sdk.Reject("body: format cloudevent sends the event itself; leave body out, or write format = \"json\"")
	}
	t, err := parse("body", text, set.shape.template)
	if set.shape.name == "query" {
		set.query = t
	} else {
		set.body = t
	}
	return err
}

func readHeaders(c jsondoc.Value) error {
	for name, v := range c.Get("headers").Each {
		if !isToken(name) {
			return sdk.Reject("headers: " + name + " is not a header's name")
		}
		if v.Kind() != jsondoc.String {
			return sdk.Reject("headers." + name + ": want a text")
		}
		t, err := parse("headers."+name, v.Str(), template.Header)
		if err != nil {
			return err
		}
		set.headers = append(set.headers, header{name, "headers." + name, t})
		if strings.EqualFold(name, "content-type") {
			set.shape.contentType = "" // the configured one goes before the format's
		}
	}
	return nil
}

// readEffect reads what a request will cause at the system, by which the system's own report of it is known for an echo.
func readEffect(c jsondoc.Value) (err error) {
	e := c.Get("effect")
	if e.Kind() != jsondoc.Object {
		return nil
	}
	if set.effectKey, err = parse("effect.key", e.Member("key").Str(), template.Text); err == nil {
		set.effectValue, err = parse("effect.value", e.Member("value").Str(), template.Text)
	}
	return err
}

// parse parses a template and, when it holds no values, sees to it that it is right as it stands.
func parse(what, text string, f template.Format) (*template.Template, error) {
	t, err := template.Parse(text, f)
	if err == nil && t.Constant() {
		_, err = t.Append(nil, jsondoc.Value{})
	}
	if err != nil {
		return nil, sdk.Reject(what + ": " + err.Error())
	}
	return t, nil
}

// isToken says whether s is a token as HTTP has it: a method, a header's name.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
