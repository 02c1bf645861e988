// Plugin ziwo reads what Ziwo posts about calls and agents, sets an agent's status in Ziwo, and writes Ziwo's own messages from
// any vendor's events, for whoever wants at his URL what Ziwo would have sent.
//
//	POST ─► receive ─► call.created, .ringing, .answered, .ended, agent.logged_in, .logged_out, .state.changed
//	agent.state.changed ─► format (action = "status"): POST /auth/login ─► judge ─► PUT /agents/status
//	any such event ─► format (action = "webhook"), encode ─► Ziwo's message (message.go)
//
// Of the messages two samples are published; most type strings and the keys at a call's end are guesses. What the
// configuration can say otherwise it can (README.md); what no field carries stays under extensions.
package main

import "github.com/plugboard/plugboard/sdk"

const vendor = "ziwo"

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(configure) }

//go:wasmexport receive
func receive() int32 { return sdk.Receive(read) }

//go:wasmexport format
func format() int32 { return sdk.Format(write) }

//go:wasmexport judge
func judge() int32 { return sdk.Judge(decide) }

//go:wasmexport encode
func encode() int32 { return sdk.Encode(rebuild) }
