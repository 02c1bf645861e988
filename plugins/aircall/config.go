package main

import "github.com/plugboard/plugboard/sdk/availability"

// checkConfig refuses what could never have an effect.
func checkConfig() error { return availability.Check() }

// bases are the states that Aircall is known to name; inferred.
var bases = availability.Table{
	{"available", "available"}, {"opened", "available"}, {"in_call", "engaged"}, {"after_call_work", "wrap_up"},
	{"do_not_disturb", "unavailable"}, {"unavailable", "unavailable"}, {"closed", "unavailable"}, {"offline", "offline"},
}
