package deliver

import (
	"context"
	"errors"
	"net/http"

	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// An effect is put down before the next request is sent, whichever it is: an echo may come sooner than the answer. It is taken
// back when the plugin says so (judge: "effect": null), and when the attempt ends in a way in which nothing can have come
// about.

// state reads an effect that a plugin states. null, where judge writes it, takes back what was stated; a member that is not
// there changes nothing.
func (a *attempt) state(e jsondoc.Value) {
	switch e.Kind() {
	case jsondoc.Object:
		a.withdraw()
		a.effect = &Effect{Key: e.Member("key").Str(), Value: e.Member("value").Str()}
	case jsondoc.Null:
		a.withdraw()
		a.effect = nil
	}
}

// expect puts the effect down, once.
func (a *attempt) expect(ctx context.Context) *Result {
	if a.opts.Echo == nil || a.effect == nil || a.expected != nil || a.effect.Key == "" {
		return nil
	}
	x, err := a.opts.Echo.Expect(ctx, a.delivery.ID, *a.effect)
	if err != nil {
		return &Result{Class: Retry, Reason: err.Error()}
	}
	a.expected = x
	return nil
}

func (a *attempt) withdraw() {
	if a.expected != nil {
		a.withdrawn = append(a.withdrawn, a.opts.Echo.Withdraw(a.expected)...)
		a.expected = nil
	}
}

// perhapsCaused says, of an event that was not delivered, whether its effect may have come about: the last request was sent
// and nobody knows what became of it.
func (a *attempt) perhapsCaused() bool {
	if a.err != nil {
		var e *send.Error
		return !errors.As(a.err, &e) || !e.Permanent
	}
	return a.last != nil && a.last.Status >= http.StatusInternalServerError
}
