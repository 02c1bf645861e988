package main

import "github.com/plugboard/plugboard/sdk"

//go:wasmexport encode
func encode() int32 { return sdk.Encode(rebuild) }

// rebuild makes the message again that read has made an event of: what was kept under extensions, and over it the fields, where
// Ziwo has them. Ziwo writes numbers as texts.
func rebuild(in *sdk.Incoming, out *sdk.Message) error {
	call := in.Get("data.call")
	if in.Vendor() != "ziwo" || !call.Exists() && in.Type() != unmapped {
		return sdk.Reject("Ziwo has no message for " + in.Type())
	}
	body := out.JSON()
	body.Merge(in.Extensions("ziwo"))
	body.Str("type", in.Get("cctype").Str())
	if !call.Exists() && !derived(in, "time") {
		body.Str("startedAt", in.Time())
	}
	for _, field := range fields {
		body.Str(field.name, call.Get(field.path).Str())
	}
	if !derived(in, "data.call.direction") {
		body.Str("direction", call.Get("direction").Str())
	}
	return nil
}

// derived says whether it is not Ziwo who said what stands at a path.
func derived(in *sdk.Incoming, path string) bool {
	for _, d := range in.Get("data.derived").Each {
		if d.Str() == path {
			return true
		}
	}
	return false
}

// fields are where Ziwo has what stands in data.call.
var fields = [...]struct{ path, name string }{
	{"id", "callID"}, {"other_leg_id", "otherLegCallID"}, {"from", "callerIdNumber"}, {"from_name", "callerIdName"},
	{"to", "calleeIdNumber"}, {"to_name", "calleeIdName"}, {"queue.name", "queueName"}, {"recording_file", "recordingFile"},
	{"started_at", "startedAt"}, {"answered_at", "answeredAt"}, {"ended_at", "endedAt"}, {"outcome_raw", "result"},
	{"timings.total_seconds", "duration"}, {"timings.talk_seconds", "talkTime"}, {"timings.ring_seconds", "ringTime"},
}
