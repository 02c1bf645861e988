package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/draft"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

//go:wasmexport encode
func encode() int32 { return sdk.Encode(rebuild) }

// rebuild makes the notification of which receive would make this event: in EventBridge's envelope where it has an id, which a
// bare notification has not.
func rebuild(in *sdk.Incoming, out *sdk.Message) error {
	topic := in.VendorType()
	if in.Vendor() != vendor {
		if topic = topicFor(in); topic == "" {
			return sdk.Reject("Genesys has no notification for " + in.Type())
		}
	}
	d := rebuilt{Draft: draft.New(vendor, in, out.JSON()), topic: topic}
	if topic != "" && (d.Kept.Member("detail").Kind() == jsondoc.Object || !hashed(in.ID())) {
		d.at = "detail."
		d.Put(in.ID(), "id")
		d.Put(topic, "detail-type")
	}
	d.body = d.at + "eventBody."
	d.Put(topic, d.at+"topicName")
	d.since = d.place("time")
	user, what := between(topic, usersTopic)
	talk, step := between(topic, talksTopic)
	switch {
	case user != "":
		d.user(user, what)
	case talk != "":
		d.conversation(talk, step)
	}
	d.when()
	if d.Empty() {
		out.RawJSON([]byte("{}")) // a message in which nothing stood
	}
	return nil
}

// topicFor is the topic that tells of another vendor's event; "" when none does.
func topicFor(in *sdk.Incoming) string {
	call, agent := in.Get("data.call.id").Str(), in.Get("data.agent.id").Str()
	switch {
	case in.Type() == topicType("activity") && part(agent) && in.Get("data.state.name").Exists():
		return usersTopic + agent + ".activity"
	case part(call):
		for i := range steps {
			if stepType(steps[i].step) == in.Type() {
				return talksTopic + call + "." + steps[i].step
			}
		}
	}
	return ""
}

// part says whether an id can be a part of a topic.
func part(id string) bool {
	for i := range len(id) {
		if id[i] == '.' || id[i] < ' ' {
			return false
		}
	}
	return id != "" && len(id) < 256
}

// hashed says whether an id looks like one that the gateway has made of what a notification says, or is none.
func hashed(id string) bool {
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return id == "" || len(id) == 32
}

// rebuilt is a notification in the making.
type rebuilt struct {
	*draft.Draft
	topic    string
	at, body string // where its members stand, and those of eventBody
	since    string // where the time stands, if that is free
}

func (d *rebuilt) user(id, what string) {
	d.Put(id, d.body+"id")
	if d.Text("state.name") == "" {
		return
	}
	status, since := d.place("routing.status"), d.place("routing.since")
	presence, shown := d.body, ""
	if what == "activity" {
		presence = d.place("presence") + "."
	}
	if presence != "." {
		shown = places.Below(presence, "presence.name")
	}
	switch {
	case what == "presence", what == "activity" && d.Text("scope") != "acd" && shown != "":
		status, since = shown, places.Below(presence, "presence.since")
		d.Move("state.code", places.Below(presence, "presence.code"))
	case what == "activity":
		if !d.Own {
			d.Put(onQueue, shown)
		}
	case !d.Free(status) || !d.Free(since) && d.Free(d.body+"status"):
		status, since = d.body+"status", d.body+"startTime"
	}
	d.Move("state.name", status)
	d.since = since
}

func (d *rebuilt) conversation(id, step string) {
	d.Put(id, d.body+"conversationId")
	if !d.Own {
		d.Put("VOICE", d.place("media"))
	}
	if media := d.place("media"); media != "" && !voice(d.Kept.Get(media)) {
		return
	}
	switch d.Text("call.direction") {
	case "inbound":
		d.Put("INBOUND", d.place("call.direction"))
	case "outbound":
		d.Put("OUTBOUND", d.place("call.direction"))
	}
	if !d.Own {
		d.parties()
	}
	for _, field := range callFields {
		d.Move(field, d.place(field))
	}
}

// parties says who called whom where another vendor said who of them is the customer.
func (d *rebuilt) parties() {
	from, to := d.Text("call.customer_number"), d.Text("call.contact_center_number")
	if d.Text("call.direction") == "outbound" {
		from, to = to, from
	}
	d.Put(from, d.place("call.from"))
	d.Put(to, d.place("call.to"))
}

// place is where a field stands in the notification; "" for nowhere.
func (d *rebuilt) place(field string) string { return places.Below(d.body, field) }

// when puts the time where it is looked for first: in milliseconds, where Genesys writes such.
func (d *rebuilt) when() {
	t, ok := rfc3339.Parse(d.In.Time())
	if !ok || d.Derived("time") {
		return
	}
	eventTime := d.place("time")
	millis := t.Sec*1000 + int64(t.Nsec/1e6)
	if d.since == eventTime && t.Nsec%1e6 == 0 && millis > minMillis && millis < maxMillis && d.PutInt(millis, eventTime) {
		return
	}
	d.Put(d.In.Time(), d.since, eventTime, d.at+"timestamp", "time")
}
