package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// findings is what the steps of a delivery have found out. They are kept in the memo, written anew with every step, so
// that the next one knows them and, after a retry, the next attempt.
type findings struct {
	checked   bool   // the presence is known to exist
	candidate string // an agent with the sourceId, while further pages may hold another
	presence  string // the one that the candidate has now
	uuid      string // the agent, once the look-up is complete
}

// recall reads the memo. One that is about another agent is nothing: the configuration may have changed meanwhile.
func recall(memo jsondoc.Value, want change) findings {
	if memo.Member("agent").Str() != want.agent {
		return findings{}
	}
	return findings{
		checked:   memo.Member("checked").Str() == want.presence,
		candidate: memo.Member("candidate").Str(),
		presence:  memo.Member("presence").Str(),
		uuid:      memo.Member("uuid").Str(),
	}
}

// keep writes the memo.
func (f findings) keep(memo jsondoc.Obj, want change) {
	memo.Str("agent", want.agent)
	if f.checked {
		memo.Str("checked", want.presence)
	}
	memo.Str("candidate", f.candidate)
	memo.Str("presence", f.presence)
	memo.Str("uuid", f.uuid)
}

// next asks for what is still to be known, or does what is wanted.
func (f findings) next(q *sdk.Outgoing, want change) {
	switch {
	case want.check && !f.checked && !want.isKnown():
		listPresences(q)
	case f.uuid == "":
		lookUp(q, want.agent, 1)
	default:
		setPresence(q, f.uuid, want.presence)
	}
}
