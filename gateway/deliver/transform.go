package deliver

import (
	"context"
	"fmt"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/shadow"
	"github.com/plugboard/plugboard/gateway/wasm"
)

// maxEvents bounds what the transforms of a route may make of one event.
const maxEvents = 100

// outgoing is an event on its way to the destination.
type outgoing struct {
	json []byte
	id   string // for webhook-id: the same at every attempt
}

// transform takes the delivery's event through the transforms of its route. A route that is gone from the
// configuration has none.
func (a *attempt) transform(ctx context.Context) ([]outgoing, *Result) {
	original := &a.delivery.Event
	events := []event.Event{{ID: original.ID, JSON: original.Body}}
	for _, p := range a.opts.Via[a.delivery.Route] {
		var made []event.Event
		for i := range events {
			out, err := a.call(ctx, p, wasm.Transform, events[i].JSON)
			if err != nil {
				return nil, a.pluginFailed(err)
			}
			read, err := event.ReadOutput(out, event.Defaults{Received: original.Received, Base: &events[i]})
			if err != nil {
				return nil, a.nonsense(p, wasm.Transform, err)
			}
			made = append(made, read.Events...)
		}
		if len(made) > maxEvents {
			return nil, &Result{Class: Dead, Reason: fmt.Sprintf("plugin %s made more than %d events of one", p.Name(), maxEvents)}
		}
		if events = made; len(events) == 0 {
			return nil, &Result{Class: Dropped, Reason: fmt.Sprintf("transform %s let nothing pass", p.Name())}
		}
	}
	out := make([]outgoing, len(events))
	for i, ev := range events {
		out[i] = outgoing{ev.JSON, ev.ID}
	}
	return out, nil
}

// call runs a plugin's function and passes on what it logged.
func (a *attempt) call(ctx context.Context, p wasm.Plugin, fn wasm.Function, body []byte) ([]byte, error) {
	known := facts{delivery: a.delivery}
	if fn == wasm.Format { // the memo is the destination's plugin's own; judge reads it in its input
		known.memo = a.memo
	}
	in := wasm.Input{Body: body, Facts: known, Pending: a.memory.of(p.Name())}
	out, err := p.Call(ctx, fn, in)
	if s := a.opts.Shadows[a.delivery.Route]; s != nil && p == a.opts.Plugin {
		s.Offer(shadow.Call{Event: a.delivery.Event.ID, Delivery: a.delivery.ID, Function: fn, Input: in, Outcome: shadow.Outcome{Output: out.Body, Err: err}})
	}
	a.memory.add(p.Name(), out.State)
	for _, line := range out.Log {
		a.opts.Log.Log(ctx, level(line.Level), a.display(line.Message), "plugin", p.Name(), "function", fn.String(),
			"destination", a.Name(), "event_id", a.delivery.Event.ID)
	}
	if a.said = ""; err != nil {
		a.said = a.display(out.Said())
	}
	return out.Body, err
}

// nonsense is the outcome when what a plugin wrote cannot be read.
func (a *attempt) nonsense(p wasm.Plugin, fn wasm.Function, err error) *Result {
	return &Result{Class: Retry, Reason: fmt.Sprintf("plugin %s, %s: its output cannot be read: %s", p.Name(), fn, a.display(err.Error()))}
}
