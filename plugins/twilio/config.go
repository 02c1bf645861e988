package main

import "github.com/plugboard/plugboard/sdk/availability"

// checkConfig refuses what could never have an effect.
func checkConfig() error { return availability.Check() }

// bases are the activities that a new workspace has; a guess, as anybody may rename them.
var bases = availability.Table{
	{"available", "available"}, {"idle", "available"}, {"reserved", "engaged"}, {"busy", "engaged"},
	{"unavailable", "unavailable"}, {"break", "unavailable"}, {"offline", "offline"},
}
