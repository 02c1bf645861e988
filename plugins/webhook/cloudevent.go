package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// The modes of a CloudEvent over HTTP.
const (
	structured = "structured"
	binary     = "binary"
	batch      = "batch"
)

func readMode(c jsondoc.Value) error {
	set.mode, set.prefix = c.Get("mode").Str(), c.Get("type_prefix").Str()
	if set.shape.name != "cloudevent" {
		switch {
		case set.mode != "":
			return sdk.Reject(`mode: is for format = "cloudevent" alone`)
		case set.prefix != "":
			return sdk.Reject(`type_prefix: is for format = "cloudevent" alone; a template writes it where it wants it`)
		}
		return nil
	}
	for i := range len(set.prefix) {
		if c := set.prefix[i]; (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' {
			return sdk.Reject("type_prefix: want letters, digits, dots and hyphens")
		}
	}
	switch set.mode {
	case "", structured, binary:
	case batch:
		set.shape.contentType = "application/cloudevents-batch+json"
	default:
		return sdk.Reject("mode: " + set.mode + " is none of structured, binary, batch")
	}
	return nil
}

// writeEvent makes the event the body, in the mode that is set.
func writeEvent(in *sdk.Incoming, out *sdk.Outgoing) {
	switch set.mode {
	case binary:
		writeData(in, out)
	case batch:
		out.Text("[" + document(in) + "]")
	default:
		out.Text(document(in))
	}
}

// document is the event as JSON, with the type as the receiver knows it.
func document(in *sdk.Incoming) string {
	if set.prefix == "" {
		return string(in.Value().Raw())
	}
	doc := make([]byte, 0, len(in.Value().Raw())+len(set.prefix))
	doc = append(doc, '{')
	for name, v := range in.Value().Each {
		if len(doc) > 1 {
			doc = append(doc, ',')
		}
		doc = append(jsondoc.AppendString(doc, name), ':')
		if name == "type" {
			doc = jsondoc.AppendString(doc, set.prefix+v.Str())
		} else {
			doc = append(doc, v.Raw()...)
		}
	}
	return string(append(doc, '}'))
}

// writeAttributes sets the headers of binary mode.
func writeAttributes(in *sdk.Incoming, out *sdk.Outgoing) {
	kind := "application/json"
	for name, v := range in.Value().Each {
		switch name {
		case "data", "data_base64":
		case "datacontenttype":
			kind = v.Str()
		case "type":
			out.Header("ce-type", encoded(set.prefix+v.Str()))
		default:
			if !v.Empty() {
				out.Header("ce-"+name, encoded(v.Str()))
			}
		}
	}
	if set.shape.contentType != "" { // no header of the configuration's goes before it
		out.Header("content-type", kind)
	}
}

// writeData makes the data the body: JSON as it is, what else there is as the text or the bytes that it stands for.
func writeData(in *sdk.Incoming, out *sdk.Outgoing) {
	kind, data := strings.ToLower(in.Get("datacontenttype").Str()), in.Get("data")
	kind, _, _ = strings.Cut(kind, ";")
	isJSON := kind == "" || strings.HasSuffix(kind, "/json") || strings.HasSuffix(kind, "+json")
	switch {
	case in.Get("data_base64").Exists():
		out.Base64(in.Get("data_base64").Str())
	case !data.Exists():
	case isJSON || data.Kind() != jsondoc.String:
		out.RawJSON(data.Raw())
	default:
		out.Text(data.Str())
	}
}

// encoded writes an attribute as a header's value: what is no printable ASCII is percent-encoded, and so are the space, the
// double quote and the percent sign itself.
func encoded(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c > ' ' && c < 0x7f && c != '"' && c != '%' {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
