package main

import (
	"cmp"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/layout"
)

// rebuild makes the payload of which receive would make this event: the automation's layout with its placeholders' values, and
// over it what was left of the payload.
func rebuild(in *sdk.Incoming, out *sdk.Message) error {
	a := automationOf(in)
	if a == nil {
		return sdk.Reject("no automation that is configured has the trigger for this: " + cmp.Or(in.VendorType(), in.Type()))
	}
	kept := in.Extensions("talkdesk")
	values := make([]string, len(a.layout.Names()))
	for slot := range values {
		values[slot] = a.value(slot, in)
	}
	own := in.Vendor() == "talkdesk"
	body, err := a.layout.Rebuild(func(slot int) string { return values[slot] }, layout.Remains(kept), !own)
	if err != nil {
		return sdk.Fail("payload: " + err.Error())
	}
	if a.key != "" {
		out.Query("automation", a.key)
	}
	if a.layout.Format() == layout.JSON && out.RawJSON(body) {
		return nil
	}
	out.Header("content-type", a.layout.ContentType())
	out.Text(string(body))
	return nil
}

// automationOf finds the automation that an event came from, or could have.
func automationOf(in *sdk.Incoming) *automation {
	for i := range automations {
		if in.Vendor() == "talkdesk" && automations[i].vendors == in.VendorType() {
			return &automations[i]
		}
	}
	for i := range automations {
		if automations[i].trigger.firedBy(in) {
			return &automations[i]
		}
	}
	return nil
}
