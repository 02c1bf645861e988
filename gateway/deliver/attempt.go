package deliver

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/plugboard/plugboard/gateway/echo"
	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/gateway/trace"
	"github.com/plugboard/plugboard/queue"
)

// wholeAttempt is how many times the timeout of one exchange an attempt may take with all its steps and calls.
const wholeAttempt = 4

// Attempt makes one attempt. It always comes to a Result; when ctx ends it is a Retry.
func (d *Destination) Attempt(ctx context.Context, q *queue.Delivery) Result {
	if t := d.opts.Config.Timeout; t > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, wholeAttempt*t)
		defer cancel()
	}
	a := &attempt{Destination: d, delivery: q, started: d.opts.Now(), memo: q.Memo, trace: traceOf(q.Event.Raw, q.Event.Body)}
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
	trace     trace.Context
	started   time.Time
	memo      []byte
	memory    memory
	slowDown  time.Duration
	pace      retry.Pace // as the last answer says
	effect    *Effect
	expected  *echo.Expected // effect, put down; nil: not yet, or it is not to be
	withdrawn []queue.StateWrite
	requests  []string  // what was asked and answered, for people
	last      *Response // nil before the first
	lastLine  string
	sent      []byte // fingerprint of the first request
	refreshed bool   // new credentials were got in this attempt
	said      string // by a plugin whose call failed
	err       error
}

// send takes one event through format and the steps that follow. nil means delivered.
func (a *attempt) send(ctx context.Context, ev outgoing) *Result {
	a.effect, a.expected = nil, nil
	end := a.steps(ctx, ev)
	if end != nil && !a.perhapsCaused() {
		a.withdraw()
	}
	return end
}

func (a *attempt) steps(ctx context.Context, ev outgoing) *Result {
	doc, end := a.format(ctx, ev)
	for step := 1; end == nil; step++ {
		if end = a.expect(ctx); end != nil {
			break
		}
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
	url := a.display(req.URL)
	a.lastLine = req.Method + " " + url
	if a.sent == nil {
		a.sent = Fingerprint(req.Method, url, a.opts.Config.Vault.RedactBytes(req.Body))
	}
	resp, err := a.opts.Exchanger.Exchange(ctx, req)
	if err != nil {
		a.requests = append(a.requests, a.lastLine+" → "+a.display(err.Error()))
		a.last, a.pace = nil, retry.Pace{}
		return nil, err
	}
	a.requests = append(a.requests, resp.hops...)
	a.pace = retry.ReadPace(resp.Status, resp.Header, a.opts.Now())
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
