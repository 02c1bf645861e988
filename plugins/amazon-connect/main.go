// Plugin amazon-connect reads Amazon Connect's agent event stream into canonical events. Connect writes the stream to
// Kinesis and posts nothing itself, so something hands the records on; each of these forms is read:
//
//	{"AgentARN": …, "EventType": …}                        one record, as it is
//	[{…}, {…}]                                             several
//	{"Records": [{"kinesis": {"data": "base64"}}]}         what a function gets that is called by Kinesis
//	{"requestId": …, "records": [{"data": "base64"}]}      Data Firehose's HTTP endpoint, answered as it asks
//
// Heartbeats are no change of anything and are left out; so is nothing else. A record is a pair of snapshots, and most
// changes are not of the agent's state: those are vendor.unmapped.
package main

import (
	"encoding/base64"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(checkConfig) }

//go:wasmexport receive
func receive() int32 { return sdk.Receive(read) }

const (
	vendor   = "amazon-connect"
	unmapped = "vendor.unmapped"
)

func read(r *sdk.Request, out *sdk.Events) error {
	doc, err := r.JSON()
	if err != nil {
		return sdk.Fail("body is not JSON: " + err.Error())
	}
	root := doc.Root()
	switch {
	case root.Kind() == jsondoc.Array:
		for _, one := range root.Each {
			record(one, r, out)
		}
	case root.Member("Records").Kind() == jsondoc.Array:
		return packed(root.Member("Records"), "kinesis.data", r, out)
	case root.Member("records").Kind() == jsondoc.Array && root.Member("requestId").Exists():
		if err := packed(root.Member("records"), "data", r, out); err != nil {
			return err
		}
		answer(root, out)
	default:
		record(root, r, out)
	}
	return nil
}

// packed reads records that are in base64 inside of a list. One that cannot be read fails the whole request, which is then
// kept for people: which of the records were good nobody could say to the sender.
func packed(list jsondoc.Value, path string, r *sdk.Request, out *sdk.Events) error {
	for _, one := range list.Each {
		text, err := base64.StdEncoding.DecodeString(one.Get(path).Str())
		if err != nil {
			return sdk.Fail("a record's data is not base64")
		}
		doc, err := jsondoc.Parse(text)
		if err != nil {
			return sdk.Fail("a record is not JSON: " + err.Error())
		}
		record(doc.Root(), r, out)
	}
	return nil
}

// answer repeats the request's id and time, which Firehose wants before it takes its records for delivered.
func answer(root jsondoc.Value, out *sdk.Events) {
	text := jsondoc.AppendString([]byte(`{"requestId":`), root.Member("requestId").Str())
	if n, ok := root.Member("timestamp").Int(); ok && n > 0 {
		text = append(append(text, `,"timestamp":`...), root.Member("timestamp").Raw()...)
	}
	out.Reply(200, string(append(text, '}'))).Header("content-type", "application/json")
}
