// Package feed tells whoever listens (the dev command, the API's stream) what happens to each event, as it happens.
// It is for looking at, not for keeping: a listener that does not keep up misses notes and is told how many.
package feed

import "time"

// Kind is what a Note tells.
type Kind string

// The notes on an event's way.
const (
	Accepted Kind = "accepted" // committed: the vendor is being answered
	Refused  Kind = "refused"  // answered 4xx or 5xx; nothing stored
	Aside    Kind = "aside"    // a request that could not be read was kept
	Attempt  Kind = "attempt"  // an attempt ended
	Ended    Kind = "ended"    // a delivery reached its last state
	Plugin   Kind = "plugin"   // a plugin was loaded, replaced or refused
	Table    Kind = "table"    // a look-up table was loaded or refused
)

// Note is one thing that happened. Fields that do not apply are empty. Nothing in it holds a secret.
type Note struct {
	Kind        Kind          `json:"kind"`
	Time        time.Time     `json:"time"`
	Source      string        `json:"source,omitempty"`
	Event       string        `json:"event,omitempty"` // event ID
	Type        string        `json:"type,omitempty"`
	Subject     string        `json:"subject,omitempty"`
	Delivery    string        `json:"delivery,omitempty"`
	Destination string        `json:"destination,omitempty"`
	Route       string        `json:"route,omitempty"`
	Plugin      string        `json:"plugin,omitempty"`
	Table       string        `json:"table,omitempty"`
	Deliveries  int           `json:"deliveries,omitempty"`
	Attempt     int           `json:"attempt,omitempty"`
	Result      string        `json:"result,omitempty"`   // of an attempt, or the state a delivery ended in
	Status      int           `json:"status,omitempty"`   // HTTP
	Requests    []string      `json:"requests,omitempty"` // "PUT https://host/path → 201", one for each exchange
	Duration    time.Duration `json:"duration_ns,omitempty"`
	NotBefore   time.Time     `json:"not_before,omitzero"` // of the next attempt
	Reason      string        `json:"reason,omitempty"`
	Summary     string        `json:"summary,omitempty"` // one line for people: "unified: offline → online"
}
