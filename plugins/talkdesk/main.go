// Plugin talkdesk connects Talkdesk's "HTTP Notifier" automations, in both directions, and sets a user's status.
//
// An automation is a trigger, a URL and a payload that an administrator wrote with placeholders. Talkdesk posts the payload when
// the trigger fires; nothing else in the request says which trigger that was. So a source is told: one automation, or several that
// a parameter of the URL or a literal of the payload tells apart.
//
//	body + layout (sdk/layout) ─► value of each placeholder ─► its field (fields.go), by its type
//	                                                        └► no field, or not of its type: extensions.talkdesk.fields
//	literals, and what the layout does not have ──────────────► extensions.talkdesk, where they stood
//
// As a destination the same automation sends: what fires its trigger is an event of any vendor, and the payload is filled with that
// event's fields, for one automation after the other (send.go). Without a trigger, the destination sets a user's status through Talkdesk's API (status.go).
package main

import "github.com/plugboard/plugboard/sdk"

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(configure) }

//go:wasmexport receive
func receive() int32 { return sdk.Receive(read) }

//go:wasmexport encode
func encode() int32 { return sdk.Encode(rebuild) }

//go:wasmexport format
func format() int32 { return sdk.Format(write) }

//go:wasmexport judge
func judge() int32 { return sdk.Judge(decide) }

// write makes the request of a destination: an automation's, or that for a status.
func write(in *sdk.Incoming, out *sdk.Outgoing) error {
	if len(automations) == 0 {
		return setStatus(in, out)
	}
	return notify(in, out)
}
