package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// canonicalBase says how available a state makes an agent, by its name: the connection's own table first (status_base).
// custom: it is none of those that are known.
func canonicalBase(name string) (base string, custom bool) {
	base, custom = "unknown", true
	for i := range bases {
		if sdk.SameName(name, bases[i].name) {
			base, custom = bases[i].base, false
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

// checkConfig refuses what could never have an effect.
func checkConfig() error {
	for key, v := range sdk.Config().Each {
		switch key {
		case "account":
		case "types", "status_base":
			if v.Kind() != jsondoc.Object {
				return sdk.Reject(key + ": want a table of names")
			}
			for name, word := range v.Each {
				if word.Kind() != jsondoc.String || key == "status_base" && !isBase(word.Str()) {
					return sdk.Reject(key + ": \"" + name + "\" is set to " + string(word.Raw()) +
						"; write a type, or in status_base available, limited, engaged, wrap_up, unavailable, offline or unknown")
				}
			}
		default:
			return sdk.Reject(key + ": unknown key; the keys are account, types and status_base")
		}
	}
	return nil
}

func isBase(word string) bool {
	switch word {
	case "available", "limited", "engaged", "wrap_up", "unavailable", "offline", "unknown":
		return true
	}
	return false
}

// bases are Genesys' presences and routing states. What each makes of an agent is a guess: who is Available is not on a
// queue, and takes what is sent to him alone.
var bases = [...]struct{ name, base string }{
	{"idle", "available"}, {"interacting", "engaged"}, {"communicating", "engaged"}, {"not_responding", "unavailable"}, {"off_queue", "unavailable"},
	{"on_queue", "available"}, {"available", "limited"}, {"busy", "unavailable"}, {"away", "unavailable"}, {"break", "unavailable"},
	{"meal", "unavailable"}, {"meeting", "unavailable"}, {"training", "unavailable"}, {"offline", "offline"},
}
