// Plugin plugin-name reads what a vendor posts when the state of an agent changes.
package main

import "github.com/plugboard/plugboard/sdk"

func main() {}

//go:wasmexport receive
func receive() int32 { return sdk.Receive(read) }

func read(r *sdk.Request, out *sdk.Events) error {
	doc, err := r.JSON()
	if err != nil {
		return sdk.Reject("the body is not JSON")
	}
	e := out.Add("agent.state.changed")
	e.Subject("agent", doc.Get("agent_id").Str())
	e.Data().StrFrom("agent.id", doc.Get("agent_id"))
	e.Data().StrFrom("agent.name", doc.Get("agent_name"))
	e.Data().StrFrom("state.name", doc.Get("status"))
	e.Data().Rest("extensions.plugin-name", doc.Root()) // what no field carries: nothing is lost
	return nil
}
