package admin

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/queue"
)

// EventRecord is an event in a list; a single one also has the event itself and, when asked for, the request it came in.
type EventRecord struct {
	ID         string           `json:"id"`
	Source     string           `json:"source"`
	Type       string           `json:"type"`
	Subject    string           `json:"subject,omitempty"`
	Received   time.Time        `json:"received"`
	Deliveries []DeliveryRecord `json:"deliveries"`
	Event      json.RawMessage  `json:"event,omitempty"`
	Raw        json.RawMessage  `json:"raw,omitempty"`
}

// DeliveryRecord is a delivery in a list; a single one also has its attempts.
type DeliveryRecord struct {
	ID           string          `json:"id"`
	Event        string          `json:"event"`
	Source       string          `json:"source,omitempty"`
	Type         string          `json:"type,omitempty"`
	Subject      string          `json:"subject,omitempty"`
	Destination  string          `json:"destination"`
	Route        string          `json:"route"`
	Key          string          `json:"key,omitempty"`
	State        string          `json:"state"`
	AttemptCount int             `json:"attempt_count"`
	Created      time.Time       `json:"created"`
	Due          time.Time       `json:"due,omitzero"`
	Ended        time.Time       `json:"ended,omitzero"`
	Reason       string          `json:"reason,omitempty"`
	Attempts     []AttemptRecord `json:"attempts,omitempty"`
}

// AttemptRecord is one attempt. Response is the first 4 KiB of the last response's body, as text where it is
// text; Cut says that there was more.
type AttemptRecord struct {
	Number     int       `json:"number"`
	Started    time.Time `json:"started"`
	DurationMS float64   `json:"duration_ms"`
	Result     string    `json:"result"`
	Status     int       `json:"status,omitempty"`
	Request    string    `json:"request,omitempty"`
	Response   string    `json:"response,omitempty"`
	Binary     []byte    `json:"response_base64,omitempty"`
	Bytes      int       `json:"response_bytes,omitempty"`     // of the whole, as far as it was read (64 KiB)
	Cut        bool      `json:"response_truncated,omitempty"` // it went on
	Error      string    `json:"error,omitempty"`
	Said       string    `json:"plugin_log,omitempty"` // by a plugin whose call failed: its log and standard error
	Plugin     string    `json:"plugin,omitempty"`     // each plugin that took part, with its hash: "babelforce@1f3a…"
}

// AttemptEntry is an attempt in a list of them.
type AttemptEntry struct {
	Delivery    string `json:"delivery"`
	Destination string `json:"destination"`
	Type        string `json:"type,omitempty"`
	Subject     string `json:"subject,omitempty"`
	AttemptRecord
}

// RejectedRecord is a request set aside.
type RejectedRecord struct {
	ID       string          `json:"id"`
	Source   string          `json:"source"`
	Received time.Time       `json:"received"`
	Reason   string          `json:"reason"`
	Said     string          `json:"plugin_log,omitempty"` // by the plugin that failed
	Raw      json.RawMessage `json:"raw,omitempty"`
}

func eventRecord(e queue.EventInfo) EventRecord {
	r := EventRecord{ID: e.Event.ID, Source: e.Event.Source, Type: e.Event.Type, Subject: e.Event.Subject,
		Received: e.Event.Received, Deliveries: make([]DeliveryRecord, len(e.Deliveries))}
	for i := range e.Deliveries {
		r.Deliveries[i] = deliveryRecord(&e.Deliveries[i])
	}
	return r
}

func deliveryRecord(d *queue.Delivery) DeliveryRecord {
	return DeliveryRecord{ID: d.ID, Event: d.Event.ID, Source: d.Event.Source, Type: d.Event.Type, Subject: d.Event.Subject,
		Destination: d.Destination, Route: d.Route, Key: d.Key, State: d.State.String(), AttemptCount: d.Attempts,
		Created: d.Created, Due: d.Due, Ended: d.Ended, Reason: firstLine(d.Reason)}
}

// firstLine is a reason without what a plugin said behind it.
func firstLine(reason string) string {
	reason, _, _ = strings.Cut(reason, "\n")
	return reason
}

func rejectedRecord(r queue.Rejected) RejectedRecord {
	reason, said, _ := strings.Cut(r.Reason, "\n")
	return RejectedRecord{r.ID, r.Source, r.Received, reason, said, rawJSON(r.Raw)}
}

func attemptRecord(a queue.Attempt) AttemptRecord {
	r := AttemptRecord{Number: a.Number, Started: a.Started, DurationMS: float64(a.Duration.Microseconds()) / 1000,
		Result: a.Result, Status: a.Status, Request: a.Request, Plugin: a.Plugin, Bytes: a.Size, Cut: a.Size > len(a.Response)}
	r.Error, r.Said, _ = strings.Cut(a.Error, "\n")
	text := a.Response
	if r.Cut {
		text = wholeRunes(text)
	}
	if utf8.Valid(text) {
		r.Response = string(text)
	} else {
		r.Binary = a.Response
	}
	return r
}

// wholeRunes takes off the beginning of a character that was cut in two.
func wholeRunes(b []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if last := b[len(b)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// rawJSON writes a stored request as the event model's raw object; what cannot be read is left out, not guessed.
func rawJSON(stored []byte) json.RawMessage {
	if len(stored) == 0 {
		return nil
	}
	raw, err := event.DecodeRaw(stored)
	if err != nil {
		return nil
	}
	return raw.AppendJSON(nil)
}
