// Plugin eddydesk connects EddyDesk's webhooks (HelpDeskEddy is the same product), in both directions, and its API as a target.
//
// A webhook is an action of a dispatcher rule: a method, a link and a body that an administrator wrote with {tags}. Nothing in the
// request says which condition fired, so a source is told: one path for each rule.
//
//	body or query + layout (sdk/layout) ─► value of each tag ─► its field (tags.go)
//	                                                         └► no field, or not of its kind: extensions.eddydesk.fields
//	literals, and what the layout does not have ─────────────► extensions.eddydesk, where they stood
//
// As a destination it sends what EddyDesk would send: any method, tags in the link, JSON, XML or a form (send.go); to EddyDesk's own
// API, whose ban looks like a bad key (judge.go).
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
