package main

import "github.com/plugboard/plugboard/sdk/availability"

// checkConfig refuses what could never have an effect.
func checkConfig() error { return availability.Check() }

// bases are Genesys' presences and routing states. What each makes of an agent is a guess: who is Available is not on a
// queue, and takes what is sent to him alone.
var bases = availability.Table{
	{"idle", "available"}, {"interacting", "engaged"}, {"communicating", "engaged"}, {"not_responding", "unavailable"}, {"off_queue", "unavailable"},
	{"on_queue", "available"}, {"available", "limited"}, {"busy", "unavailable"}, {"away", "unavailable"}, {"break", "unavailable"},
	{"meal", "unavailable"}, {"meeting", "unavailable"}, {"training", "unavailable"}, {"offline", "offline"},
}

// presences are the same for what everybody sees, but for one name: routing that is idle waits for calls, and a presence of that
// name is somebody who does nothing.
var presences = append(availability.Table{{"idle", "unavailable"}}, bases[1:]...)
