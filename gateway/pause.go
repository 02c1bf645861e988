package gateway

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/queue"
)

// pausedKind is the kind of the records that say which destinations are paused.
const pausedKind = "paused"

// Pause makes no further attempts at a destination: its events wait in the queue until Resume, also over reloads and
// restarts. What is in flight goes on. It is durable when Pause returns. admin.ErrNoDestination.
func (g *Gateway) Pause(ctx context.Context, destination string, p admin.Paused) error {
	if err := g.known(ctx, destination); err != nil {
		return err
	}
	value, err := json.Marshal(p)
	if err != nil {
		return err
	}
	g.pausing.Lock()
	defer g.pausing.Unlock()
	if err := g.store.Put(ctx, queue.Record{Kind: pausedKind, Key: destination, Value: value}); err != nil {
		return fmt.Errorf("pause %s: %w", destination, err)
	}
	g.dispatch.Hold(destination, true)
	g.log.Info("destination paused", "destination", destination, "by", p.By, "why", p.Why)
	return nil
}

// Resume ends a pause. admin.ErrNotPaused, admin.ErrNoDestination.
func (g *Gateway) Resume(ctx context.Context, destination string) error {
	g.pausing.Lock()
	defer g.pausing.Unlock()
	if _, ok := g.store.Record(pausedKind, destination); !ok {
		if err := g.known(ctx, destination); err != nil {
			return err
		}
		return admin.ErrNotPaused
	}
	if err := g.store.Put(ctx, queue.Record{Kind: pausedKind, Key: destination}); err != nil {
		return fmt.Errorf("resume %s: %w", destination, err)
	}
	g.dispatch.Hold(destination, false)
	g.log.Info("destination resumed", "destination", destination)
	return nil
}

// Paused lists the destinations that are paused. A record that cannot be read pauses all the same.
func (g *Gateway) Paused() map[string]admin.Paused {
	out := map[string]admin.Paused{}
	for _, r := range g.store.Records(pausedKind) {
		var p admin.Paused
		if err := json.Unmarshal(r.Value, &p); err != nil {
			p.Why = "set up by another version"
		}
		out[r.Key] = p
	}
	return out
}

// holdPaused tells dispatch what is paused, before it makes its first attempt.
func (g *Gateway) holdPaused() {
	for _, r := range g.store.Records(pausedKind) {
		g.dispatch.Hold(r.Key, true)
	}
}

// known says whether a destination is configured, or something waits for it.
func (g *Gateway) known(ctx context.Context, destination string) error {
	g.mu.Lock()
	_, configured := g.current.destinations[destination]
	g.mu.Unlock()
	if configured {
		return nil
	}
	depth, err := g.store.Depth(ctx)
	if err != nil {
		return err
	}
	if depth[destination].Pending == 0 {
		return fmt.Errorf("%w: %s", admin.ErrNoDestination, destination)
	}
	return nil
}
