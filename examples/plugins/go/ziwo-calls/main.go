// Plugin ziwo-calls reads the messages that Ziwo posts about calls: created, ringing, answered, ended. Whatever else
// Ziwo posts becomes a vendor.unmapped event, and what no field carries stays under extensions, so that nothing is lost.
package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(checkConfig) }

//go:wasmexport receive
func receive() int32 { return sdk.Receive(read) }

// checkConfig refuses a configuration without an account: events of two accounts could not be told apart.
func checkConfig() error {
	if account() == "" {
		return sdk.Fail("config.account is missing: name the Ziwo account")
	}
	return nil
}

func account() string { return sdk.Config().Get("account").Str() }

func read(r *sdk.Request, out *sdk.Events) error {
	doc, err := r.JSON()
	if err != nil || doc.Root().Kind() != jsondoc.Object {
		return sdk.Reject("the body is not a JSON object")
	}
	vendorType, call := doc.Get("type").Str(), doc.Get("callID").Str()
	kind, happened := meaning(vendorType)
	e := out.Add(kind)
	e.Origin("ziwo", account())
	if vendorType != "" {
		e.VendorType(doc.Take("type").Str())
	}
	started := doc.Get("startedAtEpoch").Str()
	if started == "" {
		started = doc.Get("startedAt").Str()
	}
	// One call rings at several agents, each with a leg of its own, so the call's id alone names no occurrence.
	e.IDFrom(account(), call, doc.Get("otherLegCallID").Str(), vendorType, started)
	e.Subject("call", call)
	e.TimeFrom(doc.Get(happened))
	e.Received(r.ReceivedAt()) // without a time so far: the time too, named as derived
	if call != "" || kind != unmapped {
		readCall(doc, e)
	}
	e.Data().Rest("extensions.ziwo", doc.Root())
	return nil
}

// unmapped is the type of what is not known. It may be about a call all the same.
const unmapped = "vendor.unmapped"

// meaning gives the canonical type, and the field that says when it happened. Without that field it is the time of
// receipt: a call that is answered now has started before.
func meaning(vendorType string) (kind, happened string) {
	switch strings.TrimPrefix(vendorType, "call-") {
	case "created":
		return "call.created", "startedAt"
	case "ringing":
		return "call.ringing", "startedAt"
	case "answered", "active":
		return "call.answered", "answeredAt"
	case "ended", "hangup":
		return "call.ended", "endedAt"
	}
	return unmapped, "startedAt"
}

func readCall(doc *jsondoc.Doc, e sdk.Event) {
	call := e.Data().Object("call")
	call.StrFrom("id", doc.Get("callID"))
	call.StrFrom("other_leg_id", doc.Get("otherLegCallID"))
	call.StrFrom("from", doc.Get("callerIdNumber"))
	call.StrFrom("from_name", doc.Get("callerIdName"))
	call.StrFrom("to", doc.Get("calleeIdNumber"))
	call.StrFrom("to_name", doc.Get("calleeIdName"))
	call.StrFrom("queue.name", doc.Get("queueName"))
	call.StrFrom("recording_file", doc.Get("recordingFile"))
	call.TimeFrom("started_at", doc.Get("startedAt"))
	call.TimeFrom("answered_at", doc.Get("answeredAt"))
	call.TimeFrom("ended_at", doc.Get("endedAt"))
	call.IntFrom("timings.total_seconds", doc.Get("duration"))
	call.IntFrom("timings.talk_seconds", doc.Get("talkTime"))
	call.IntFrom("timings.ring_seconds", doc.Get("ringTime"))
	if result := doc.Get("result"); call.StrFrom("outcome_raw", result) {
		call.Str("outcome", outcome(result.Str()))
	}
	switch direction := doc.Get("direction"); direction.Str() {
	case "inbound", "outbound", "internal":
		call.StrFrom("direction", direction)
	default:
		deriveDirection(call, e, doc.Get("callerIdNumber").Str(), doc.Get("calleeIdNumber").Str())
	}
}

func outcome(result string) string {
	switch result {
	case "answered":
		return "answered"
	case "no-answer":
		return "missed"
	}
	return "unknown"
}

// deriveDirection tells the direction from which end has an internal number. Both or neither: nobody knows.
func deriveDirection(call jsondoc.Obj, e sdk.Event, from, to string) {
	if internal(from) == internal(to) {
		return
	}
	if internal(to) {
		call.Str("direction", "inbound")
	} else {
		call.Str("direction", "outbound")
	}
	e.Derived("data.call.direction")
}

// internal says whether a number is of 2 to 6 digits.
func internal(number string) bool {
	for i := range len(number) {
		if number[i] < '0' || number[i] > '9' {
			return false
		}
	}
	return len(number) >= 2 && len(number) <= 6
}
