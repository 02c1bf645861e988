package event

import (
	"strings"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// reported is of which effect an event would be the echo: what its plugin says ("echo": {"key","value"}, which is not a part
// of the event), else what follows from the canonical fields. That is so for one type: the state of an agent as a whole, by
// its name. Every other type needs a plugin that says it.
func reported(e *Event, v jsondoc.Value) Effect {
	if said := v.Member("echo"); said.Kind() == jsondoc.Object {
		return Effect{strings.Clone(said.Member("key").Str()), strings.Clone(said.Member("value").Str())}
	}
	if e.Type != "agent.state.changed" || e.Subject == "" {
		return Effect{}
	}
	data := v.Member("data")
	if scope := data.Member("scope").Str(); scope != "unified" && scope != "acd" {
		return Effect{}
	}
	if name := data.Member("state").Member("name").Str(); name != "" {
		return Effect{strings.Clone(e.Subject), strings.Clone(name)}
	}
	return Effect{}
}
