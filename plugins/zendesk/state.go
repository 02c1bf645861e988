package main

import "github.com/plugboard/plugboard/sdk"

// defaultStatuses are those that every account has.
var defaultStatuses = [...]struct{ name, base string }{
	{"online", "available"}, {"offline", "offline"}, {"away", "unavailable"}, {"transfers_only", "limited"},
}

// canonicalBase says how available a status makes an agent, by its name: the connection's own table first (status_base),
// then Zendesk's four default statuses. custom: it is none of these four, whatever the table says of it.
func canonicalBase(name string) (base string, custom bool) {
	base, custom = "unknown", true
	for _, d := range defaultStatuses {
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
