// Package event is the CloudEvent as the gateway stores it and passes it on, and the vendor's request it came from.
package event

import "time"

// Event is a CloudEvent 1.0 in the canonical form: the attributes that the gateway itself looks at, and the whole as
// JSON. The strings and JSON are the Event's own.
type Event struct {
	ID           string
	Source       string // CloudEvents source: "/zendesk/22129848"
	Type         string
	Subject      string // "" when nothing is known
	PartitionKey string
	Time         time.Time
	JSON         []byte // structured mode, without raw
	Echo         Effect // of which effect the event would be the echo; zero: of none, or nobody asked (Defaults.Echo)
}

// Effect is what a delivery causes at the system that it goes to, and what an event from there reports: that the thing with
// that key ("agent/7") has that value now ("away").
type Effect struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Raw is a vendor's request as it came, kept with its event. Headers is an allow-list: never a credential.
type Raw struct {
	Method      string
	Path        string
	Query       string
	ContentType string
	RemoteAddr  string // without port
	Headers     []Header
	Body        []byte
}

// Header is one header line; Name in lower case.
type Header struct{ Name, Value string }
