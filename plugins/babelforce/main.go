// Plugin babelforce sets an agent's presence in babelforce when the agent's state changed elsewhere. That takes two
// requests, since babelforce knows an agent by an id of its own and keeps the other system's as sourceId:
//
//	GET /api/v2/agents?sourceId=…  ─► the one agent with that sourceId ─► PUT /api/v2/agents/{id}/status
//	        ▲ further pages ┘                       │ none: dead              │ 503: retry, with the id remembered
//	        └───────────────────────────────────────┼──── 404 for a remembered id ◄──┘
//	                                                └ several: dead, none is changed
//
// and one before them, GET /api/v2/agents/presence/available, for a state that is not in the connection's map, where the
// configuration wants to know whether such a presence exists (unmapped is check), or wants it made if it does not (create).
//
// In the other direction receive reads what babelforce's own task automation posts (receive.go).
//
// format writes the first request, judge reads each answer and writes the next. What was found out is kept in the memo
// (memo.go), so that a second attempt goes straight to the PUT.
package main

import "github.com/plugboard/plugboard/sdk"

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(checkConfig) }

//go:wasmexport receive
func receive() int32 { return sdk.Receive(read) }

//go:wasmexport format
func format() int32 { return sdk.Format(write) }

//go:wasmexport judge
func judge() int32 { return sdk.Judge(decide) }

// write makes the first request of an attempt.
func write(in *sdk.Incoming, out *sdk.Outgoing) error {
	want, err := wanted(in)
	if err != nil {
		return err
	}
	out.Effect("agent/"+want.agent, want.presence)
	f := recall(in.Memo(), want)
	f.keep(out.Memo(), want)
	f.next(out, want)
	return nil
}

// decide reads an answer.
func decide(a *sdk.Answer, v *sdk.Verdict) error {
	want, err := wanted(a.Event())
	if err != nil {
		return err
	}
	switch r := a.Request(); {
	case r.Member("method").Str() == "PUT":
		presenceSet(a, v, want)
	case r.Member("method").Str() == "POST":
		presenceCreated(a, v, want)
	case r.Member("url").Str() == presenceList:
		presencesListed(a, v, want)
	default:
		lookedUp(a, v, want)
	}
	return nil
}
