package main

import "github.com/plugboard/plugboard/sdk/availability"

// checkConfig refuses what could never have an effect.
func checkConfig() error { return availability.Check("heartbeats") }

// bases are the statuses that every instance has. Others are custom; their Type says whether they are routable.
var bases = availability.Table{{"available", "available"}, {"offline", "offline"}}
