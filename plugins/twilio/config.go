package main

import (
	"github.com/plugboard/plugboard/sdk/availability"
	"github.com/plugboard/plugboard/sdk/fields"
)

// checkConfig refuses what could never have an effect.
func checkConfig() (err error) {
	places, err = known.Configured()
	return err
}

// known are the names of fields in a form; Event Streams write them in small letters, WorkerName as worker_name.
var known = fields.Table{
	{"agent.id", "WorkerSid"}, {"agent.name", "WorkerName"},
	{"state.name", "WorkerActivityName"}, {"state.code", "WorkerActivitySid"},
	{"previous_state.name", "WorkerPreviousActivityName"}, {"previous_state.code", "WorkerPreviousActivitySid"},
	{"previous_state.duration_seconds", "WorkerTimeInPreviousActivity"},
	{"work_item.id", "ReservationSid"}, {"work_item.channel", "TaskChannelUniqueName"},
}

// places is known as the source is configured.
var places = known

// bases are the activities that a new workspace has; a guess, as anybody may rename them.
var bases = availability.Table{
	{"available", "available"}, {"idle", "available"}, {"reserved", "engaged"}, {"busy", "engaged"},
	{"unavailable", "unavailable"}, {"break", "unavailable"}, {"offline", "offline"},
}
