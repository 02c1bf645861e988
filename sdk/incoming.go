package sdk

import "github.com/plugboard/plugboard/sdk/jsondoc"

// Incoming is an event on its way to a destination.
type Incoming struct {
	doc  jsondoc.Doc
	root jsondoc.Value
}

func (in *Incoming) load() error {
	if err := read(&in.doc, input()); err != nil {
		return Fail("event is not JSON: " + err.Error())
	}
	in.root = in.doc.Root()
	return nil
}

// ID is the event's id.
func (in *Incoming) ID() string { return in.root.Get("id").Str() }

// Type is the event's type.
func (in *Incoming) Type() string { return in.root.Get("type").Str() }

// Source is the event's CloudEvents source: /zendesk/22129848.
func (in *Incoming) Source() string { return in.root.Get("source").Str() }

// Subject is whom the event is about: agent/8447388090494; "" when unknown.
func (in *Incoming) Subject() string { return in.root.Get("subject").Str() }

// Time is when it happened.
func (in *Incoming) Time() string { return in.root.Get("time").Str() }

// Vendor is where it came from: zendesk.
func (in *Incoming) Vendor() string { return in.root.Get("ccvendor").Str() }

// VendorType is the vendor's own name for the type.
func (in *Incoming) VendorType() string { return in.root.Get("cctype").Str() }

// Account is the account at the vendor.
func (in *Incoming) Account() string { return in.root.Get("ccaccount").Str() }

// Extensions is what of the vendor's message no field carries: data.extensions.<vendor>.
func (in *Incoming) Extensions(vendor string) jsondoc.Value {
	return in.root.Get("data.extensions").Member(vendor)
}

// Get follows a path from the event's attributes on: data.agent.id.
func (in *Incoming) Get(path string) jsondoc.Value { return in.root.Get(path) }

// Value is the event as a whole.
func (in *Incoming) Value() jsondoc.Value { return in.root }

// Destination is the name of the destination in the configuration.
func (in *Incoming) Destination() string { return fact("destination") }

// Route is the name of the route that led here.
func (in *Incoming) Route() string { return fact("route") }

// Attempt counts this delivery's attempts, from 1.
func (in *Incoming) Attempt() int {
	text := fact("attempt")
	n := 0
	for i := range len(text) {
		n = n*10 + int(text[i]-'0')
	}
	return n
}

// Memo is what judge kept with its last Retry; absent at the first attempt.
func (in *Incoming) Memo() jsondoc.Value {
	doc, err := jsondoc.Parse([]byte(fact("memo")))
	if err != nil {
		return jsondoc.Value{}
	}
	return doc.Root()
}
