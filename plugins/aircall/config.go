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

// known are the places of fields below data, and of a person's below the person. The envelope is documented, what stands in it is
// inferred.
var known = fields.Table{
	{"call.direction", "direction"}, {"call.customer_number", "raw_digits"}, {"call.contact_center_number", "number.digits"},
	{"call.started_at", "started_at"}, {"call.answered_at", "answered_at"}, {"call.ended_at", "ended_at"},
	{"call.timings.total_seconds", "duration"}, {"call.recording_url", "recording"}, {"call.outcome_raw", "missed_call_reason"},
	{"voicemail.recording_url", "voicemail"}, {"state.name", "availability_status"},
	{"agent", "user"}, {"agent.name", "name"}, {"agent.email", "email"},
	{"contact", "contact"}, {"contact.first_name", "first_name"}, {"contact.last_name", "last_name"}, {"contact.company", "company_name"},
}

// places is known as the source is configured.
var places = known

// bases are the states that Aircall is known to name; inferred.
var bases = availability.Table{
	{"available", "available"}, {"opened", "available"}, {"in_call", "engaged"}, {"after_call_work", "wrap_up"},
	{"do_not_disturb", "unavailable"}, {"unavailable", "unavailable"}, {"closed", "unavailable"}, {"offline", "offline"},
}
