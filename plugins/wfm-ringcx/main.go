// Plugin wfm-ringcx speaks the feed that RingCX (RingCentral Engage Voice) sends to workforce systems, in its "Generic HTTP" form:
// an agent's logins, logouts and states, and the end of each call. It reads the feed, and it writes it, from the events of
// any vendor, for a workforce system that understands it.
//
//	JSON body, form or link ─► receive ─► agent.logged_in, agent.logged_out, agent.state.changed, call.ended
//	any such event ─► format ─► feed.go: up to two messages ─► JSON or link
//	                  judge ──► the second of them, once the first has arrived
//	any such event ─► encode ─► the same message, with what had no field put back
//
// All fields of the feed stand flat beside each other, and are texts. Each ends in exactly one place: in the field that
// carries it, or under extensions when there is none or it does not read as what the field wants.
//
// receive never rejects. A body that cannot be read fails the call instead, and the gateway puts the request aside.
package main

import "github.com/plugboard/plugboard/sdk"

const vendor = "wfm-ringcx"

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(configure) }

//go:wasmexport receive
func receive() int32 { return sdk.Receive(read) }

//go:wasmexport format
func format() int32 { return sdk.Format(write) }

//go:wasmexport judge
func judge() int32 { return sdk.Judge(decide) }
