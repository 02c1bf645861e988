package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// content finds the fields: in a body of JSON or of a form, or in the link where the body is empty. In the link of a message
// with a body stands what the operator wrote there, not the vendor.
func content(r *sdk.Request) (jsondoc.Value, error) {
	if len(r.Body()) > 0 {
		doc, err := r.JSON()
		switch {
		case err == nil && !doc.Root().Empty():
			return without(doc.Root()), nil
		case err != nil && isForm(r):
			return without(r.Form().Root()), nil
		case err != nil:
			return jsondoc.Value{}, sdk.Fail("body is not JSON: " + err.Error())
		}
	}
	return without(r.QueryFields().Root()), nil
}

func isForm(r *sdk.Request) bool {
	const form = "application/x-www-form-urlencoded"
	t := r.Header("content-type")
	return len(t) >= len(form) && t[:len(form)] == form
}

// without passes over what is not the vendor's: a secret in the link, say.
func without(root jsondoc.Value) jsondoc.Value {
	for _, name := range set.ignore {
		root.Member(name).Carry()
	}
	return root
}
