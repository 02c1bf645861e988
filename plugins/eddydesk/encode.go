package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
)

// rebuild makes the request of which receive would make this event: the layout with its tags' values, and over it what was left.
func rebuild(in *sdk.Incoming, out *sdk.Message) error {
	own := in.Vendor() == "eddydesk"
	switch {
	case body == nil:
		return sdk.Reject("no template is configured")
	case in.Type() != rule.typ && (!own || in.VendorType() != named):
		return sdk.Reject("the source's condition is not about " + in.Type())
	}
	values := make([]string, len(fields))
	for slot := range values {
		values[slot] = valueOf(fields[slot], body.Names()[slot], in)
	}
	text, err := body.Rebuild(func(slot int) string { return values[slot] }, layout.Remains(in.Extensions("eddydesk")), !own)
	if err != nil {
		return sdk.Fail("layout: " + err.Error())
	}
	switch {
	case body.Format() == layout.Link:
		return query(text, out)
	case body.Format() == layout.JSON && out.RawJSON(text):
		return nil
	}
	out.Header("content-type", body.ContentType())
	out.Text(string(text))
	return nil
}

func query(text []byte, out *sdk.Message) error {
	out.Method("GET")
	root, _, err := body.Read(text)
	if err != nil {
		return sdk.Fail("link: " + err.Error())
	}
	for name, v := range root.Each {
		if v.Kind() != jsondoc.Array {
			out.Query(name, v.Str())
			continue
		}
		for _, one := range v.Each {
			out.QueryAll(name, one.Str())
		}
	}
	return nil
}
