package gateway

import (
	"context"
	"strings"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/replay"
	"github.com/plugboard/plugboard/queue"
)

// steering is what package replay needs to know of the configuration in force.
type steering struct{ *Gateway }

var _ replay.Setup = steering{}

// Destinations implements replay.Setup.
func (s steering) Destinations() (names []string) {
	for _, d := range s.setup().Destinations {
		names = append(names, d.Name)
	}
	return names
}

// Key implements replay.Setup.
func (s steering) Key(destination string, ev *queue.Event) (string, error) {
	return s.edge.Key(destination, ev)
}

// Owed implements replay.Setup.
func (s steering) Owed(ev *queue.Event) ([]queue.Owed, error) { return s.edge.Owed(ev) }

// Read implements replay.Setup.
func (s steering) Read(ctx context.Context, r queue.Rejected) (entries []queue.Entry, writes []queue.StateWrite, kept bool, why string) {
	raw, err := event.DecodeRaw(r.Raw)
	if err != nil {
		return nil, nil, true, err.Error()
	}
	reading := s.edge.Again(ctx, r.Source, raw, r.Received)
	why, _, _ = strings.Cut(reading.Reason, "\n") // what a plugin said stands behind it
	if reading.Refused() || reading.Aside != nil {
		return nil, nil, true, why
	}
	return reading.Entries, reading.Writes, false, why
}
