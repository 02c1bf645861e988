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

// known are the places of fields below eventBody, and of a presence's below the presence, which is eventBody itself in a topic of its
// own. Activity's are from a public client, the others inferred.
var known = fields.Table{
	{"routing.status", "routingStatus.status"}, {"routing.since", "routingStatus.startTime"},
	{"presence", "presence"}, {"presence.name", "presenceDefinition.systemPresence"}, {"presence.code", "presenceDefinition.id"}, {"presence.since", "modifiedDate"},
	{"media", "mediaType"}, {"time", "eventTime"}, {"call.direction", "direction"}, {"call.from", "ani"}, {"call.to", "dnis"},
	{"call.queue.id", "queueId"}, {"call.hangup_cause", "disconnectType"}, {"agent.id", "userId"},
}

// places is known as the source is configured.
var places = known

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
