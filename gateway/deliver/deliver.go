// Package deliver makes one attempt at one delivery, and says what came of it. When to try again is for package retry,
// what to do with the outcome for package dispatch.
//
//	event ─► via transforms ─► format ─► request ─► Exchanger ─► response ─► judge ─► outcome
//	         (zero or more)               ▲  secrets, credentials,             │
//	                                      │  address guard, one exchange       │
//	                                      └──────────── next step ─────────────┘
//
// A destination's plugin writes the requests (format) and reads the answers (judge); without a judge the status code
// decides, without a plugin the event goes out as it is, as a CloudEvent. Up to the Exchanger everything holds
// placeholders where secrets belong. The real Exchanger (Network) puts the values in, sends, and strikes them from
// the answer again, so neither a plugin nor a record ever sees one; a scripted Exchanger plays an attempt without a
// network.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// MaxSteps is how many exchanges one attempt may take for each event, so that a judge that always asks for a next one
// ends.
const MaxSteps = 16

// wholeAttempt is how many times the timeout of one exchange an attempt may take with all its steps and calls.
const wholeAttempt = 4

// Request is a request before secrets are put in.
type Request struct {
	Method string
	URL    string      // absolute, with placeholders
	Header http.Header // with placeholders
	Body   []byte      // with placeholders
}

// Response is what came back, with secrets struck out. A scripted Exchanger fills the exported fields.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	used credentials
}

// Exchanger makes one exchange. Implementations are safe for concurrent use.
type Exchanger interface {
	// Exchange returns an error when no response arrived. An error that is or wraps a *send.Error with Permanent set
	// makes a dead letter, any other a retry.
	Exchange(ctx context.Context, r *Request) (*Response, error)
}

// refresher is an Exchanger that can get new credentials after an answer of 401.
type refresher interface {
	refresh(ctx context.Context, r *Response) (bool, error)
}

// Options make a Destination.
type Options struct {
	Config    *config.Destination
	Plugin    wasm.Plugin              // nil: events go out as CloudEvents
	Via       map[string][]wasm.Plugin // transforms by route name, in their order
	Exchanger Exchanger
	Log       *slog.Logger     // for what plugins log; nil: nowhere
	Now       func() time.Time // nil: time.Now
}

// Destination attempts deliveries to one system. It is safe for concurrent use and holds no state between attempts.
type Destination struct {
	opts    Options
	base    address
	success successes
	label   string // of the plugin, for records
}

// New makes a Destination.
func New(o Options) (*Destination, error) {
	if o.Config == nil || o.Exchanger == nil {
		return nil, errors.New("deliver: a destination needs its configuration and an exchanger")
	}
	if o.Plugin != nil && !o.Plugin.Functions().Has(wasm.Format) {
		return nil, fmt.Errorf("deliver: destination %s: plugin %s has no format function; it cannot write requests", o.Config.Name, o.Plugin.Name())
	}
	success, err := parseSuccesses(o.Config.Success)
	if err != nil {
		return nil, fmt.Errorf("deliver: destination %s: %w", o.Config.Name, err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Destination{opts: o, base: address(o.Config.URL.Placeholder), success: success}
	if p := o.Plugin; p != nil {
		d.label = p.Name()
		if h := p.Hash(); h != "" {
			d.label += "@" + h[:min(len(h), 12)]
		}
	}
	return d, nil
}

// Name gives the destination's name.
func (d *Destination) Name() string { return d.opts.Config.Name }

// Attempt makes one attempt. It always comes to a Result; when ctx ends it is a Retry.
func (d *Destination) Attempt(ctx context.Context, q *queue.Delivery) Result {
	if t := d.opts.Config.Timeout; t > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, wholeAttempt*t)
		defer cancel()
	}
	a := &attempt{Destination: d, delivery: q, started: d.opts.Now(), memo: q.Memo}
	events, end := a.transform(ctx)
	for i := 0; end == nil && i < len(events); i++ {
		end = a.send(ctx, events[i])
	}
	if end == nil {
		end = &Result{Class: Delivered}
	}
	return a.finish(end)
}

// attempt is the state of one Attempt.
type attempt struct {
	*Destination
	delivery  *queue.Delivery
	started   time.Time
	memo      []byte
	slowDown  time.Duration
	effect    *Effect
	requests  []string  // what was asked and answered, for people
	last      *Response // nil before the first
	lastLine  string
	refreshed bool // new credentials were got in this attempt
	err       error
}

// send takes one event through format and the steps that follow. nil means delivered.
func (a *attempt) send(ctx context.Context, ev outgoing) *Result {
	doc, end := a.format(ctx, ev)
	for step := 1; end == nil; step++ {
		if step > MaxSteps {
			return &Result{Class: Dead, Reason: fmt.Sprintf("plugin %s asked for more than %d requests in one attempt", a.label, MaxSteps)}
		}
		req, err := a.build(doc, ev)
		if err != nil {
			return &Result{Class: Dead, Reason: err.Error()}
		}
		resp, err := a.exchange(ctx, req)
		if err != nil {
			return a.failed(err)
		}
		var done bool
		if doc, done, end = a.judge(ctx, ev, step, doc, resp); done {
			return nil
		}
	}
	return end
}

// exchange makes one exchange; an answer of 401 to shared credentials is worth one more with new ones, once in an
// attempt, which the plugin does not see.
func (a *attempt) exchange(ctx context.Context, req *Request) (*Response, error) {
	resp, err := a.exchangeOnce(ctx, req)
	if err != nil || resp.Status != http.StatusUnauthorized {
		return resp, err
	}
	if again, err := a.refresh(ctx, resp); err != nil {
		return nil, err
	} else if again {
		return a.exchangeOnce(ctx, req)
	}
	return resp, nil
}

func (a *attempt) exchangeOnce(ctx context.Context, req *Request) (*Response, error) {
	a.lastLine = req.Method + " " + a.display(req.URL)
	resp, err := a.opts.Exchanger.Exchange(ctx, req)
	if err != nil {
		a.requests = append(a.requests, a.lastLine+" → "+a.display(err.Error()))
		a.last = nil
		return nil, err
	}
	a.requests = append(a.requests, fmt.Sprintf("%s → %d", a.lastLine, resp.Status))
	a.last = resp
	return resp, nil
}

func (a *attempt) refresh(ctx context.Context, resp *Response) (bool, error) {
	r, ok := a.opts.Exchanger.(refresher)
	if !ok || a.refreshed {
		return false, nil
	}
	again, err := r.refresh(ctx, resp)
	a.refreshed = again
	return again, err
}
