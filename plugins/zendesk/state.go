package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// canonicalBase says how available a status makes an agent, by its name: the connection's own table first (status_base),
// then Zendesk's four default statuses. custom: it is none of these four, whatever the table says of it.
func canonicalBase(name string) (base string, custom bool) {
	base, custom = "unknown", true
	for _, d := range [...]struct{ name, base string }{
		{"online", "available"}, {"offline", "offline"}, {"away", "unavailable"}, {"transfers_only", "limited"},
	} {
		if sdk.SameName(name, d.name) {
			base, custom = d.base, false
			break
		}
	}
	for key, v := range sdk.Config().Member("status_base").Each {
		if sdk.SameName(name, key) {
			base = v.Str()
		}
	}
	return base, custom
}

// canonicalReason maps why a status changed.
func canonicalReason(reason string) string {
	switch reason {
	case "AGENT_STATUS_SWITCHER":
		return "agent"
	case "AGENT_LOGOUT":
		return "logout"
	case "AGENT_IDLE_TIMEOUT":
		return "idle"
	case "AGENT_DISCONNECTED":
		return "disconnect"
	case "SWITCHER_AUTO_RECONNECT":
		return "reconnect"
	case "PUBLIC_API":
		return "api"
	case "WFM_STATUS_UPDATE":
		return "wfm"
	case "AGENT_STATUS_DELETED", "OMNICHANNEL_ROUTING_ENABLED", "EXPLORE_TAKE_AN_ACTION", "MONITORING_ASSISTANT_UPDATE":
		return "admin"
	case "INTERNAL_TEST":
		return "system"
	}
	return "unknown"
}

// checkConfig refuses a table of bases that no condition could ever match. Other keys are nobody's fault: a connection
// carries some that are not the plugin's (account, timezone, signing_secret).
func checkConfig() error {
	table := sdk.Config().Member("status_base")
	if !table.Empty() && table.Kind() != jsondoc.Object {
		return sdk.Reject(`status_base is not a table; write status_base = { "Training" = "unavailable" }`)
	}
	for name, v := range table.Each {
		switch v.Str() {
		case "available", "limited", "engaged", "wrap_up", "unavailable", "offline", "unknown":
		default:
			return sdk.Reject("status_base: \"" + name + "\" is set to \"" + v.Str() +
				"\"; write available, limited, engaged, wrap_up, unavailable, offline or unknown")
		}
	}
	return nil
}
