// Plugin webhook sends any event anywhere: a request whose link, headers and body are templates over the event, as
// JSON, XML, a form, link parameters, text, or the CloudEvent itself. README.md has its settings.
//
// Everything that can be wrong with the configuration is found by init, once; a delivery only fills in.
package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/template"
)

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(configure) }

//go:wasmexport format
func format() int32 { return sdk.Format(write) }

// request is the configuration, ready to be filled in. An instance has one for all its life.
type request struct {
	method  string
	url     *template.Template // nil: the destination's
	query   *template.Template // nil: none
	headers []header
	shape   shape
	body    *template.Template // nil: the event itself, or nothing

	mode   string // of format cloudevent
	prefix string // before an event's type, where the event itself is sent

	effectKey, effectValue *template.Template // nil: none
}

type header struct {
	name  string
	what  string // how the configuration names it
	value *template.Template
}

var set request

// write fills the request in.
func write(in *sdk.Incoming, out *sdk.Outgoing) error {
	out.Method(set.method)
	link, err := fill("url", set.url, in)
	if err != nil {
		return err
	}
	if set.query != nil {
		pairs, err := fill("body", set.query, in)
		if err != nil {
			return err
		}
		link = withQuery(link, pairs)
	}
	out.URL(link)
	if set.mode == binary {
		writeAttributes(in, out)
	} else if set.shape.contentType != "" {
		out.Header("content-type", set.shape.contentType)
	}
	for i := range set.headers {
		h := &set.headers[i]
		value, err := fill(h.what, h.value, in)
		if err != nil {
			return err
		}
		out.Header(h.name, value)
	}
	if err := writeEffect(in, out); err != nil {
		return err
	}
	return writeBody(in, out)
}

func writeEffect(in *sdk.Incoming, out *sdk.Outgoing) error {
	key, err := fill("effect.key", set.effectKey, in)
	if err != nil || key == "" {
		return err
	}
	value, err := fill("effect.value", set.effectValue, in)
	if err != nil {
		return err
	}
	out.Effect(key, value)
	return nil
}

func writeBody(in *sdk.Incoming, out *sdk.Outgoing) error {
	switch {
	case set.body == nil && set.shape.event:
		writeEvent(in, out)
	case set.body != nil:
		body, err := fill("body", set.body, in)
		if err != nil {
			return err
		}
		out.Text(body)
	}
	return nil
}

// fill renders one template; what names it where the result is not fit to send. No template is "".
func fill(what string, t *template.Template, in *sdk.Incoming) (string, error) {
	if t == nil {
		return "", nil
	}
	text, err := t.Text(in.Value())
	if err != nil {
		return "", sdk.Fail(what + ": " + err.Error())
	}
	return text, nil
}

// withQuery puts parameters behind those that the link has.
func withQuery(link, pairs string) string {
	if pairs == "" {
		return link
	}
	for i := range len(link) {
		if link[i] == '?' {
			return link + "&" + pairs
		}
	}
	return link + "?" + pairs
}
