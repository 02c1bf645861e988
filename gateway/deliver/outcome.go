package deliver

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/plugboard/plugboard/gateway/auth"
	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/gateway/echo"
	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// Class is what an attempt came to.
type Class uint8

// The classes. Disable is a dead letter that also says that nothing more should be sent to this destination.
const (
	Delivered Class = iota + 1
	Retry
	Dead
	Dropped
	Disable
)

var classNames = [...]string{Delivered: "delivered", Retry: "retry", Dead: "dead", Dropped: "dropped", Disable: "dead"}

// String gives the result as records and metrics name it.
func (c Class) String() string { return classNames[c] }

// Result is what an attempt came to. Nothing in it holds a secret.
type Result struct {
	Class     Class
	Reason    string        // why, unless delivered
	At        time.Time     // Retry: when, as the plugin read it out of the answer; zero: by the policy
	NotBefore time.Time     // Retry: what the receiver asked for with Retry-After; zero: nothing
	Memo      []byte        // Retry: JSON for the next attempt's format
	SlowDown  time.Duration // how long to leave the destination alone, as the plugin says, whatever the class
	Pace      retry.Pace    // what the last answer says of how fast the receiver wants to be asked
	Failing   bool          // the system did not work (no answer, 5xx): counts towards its breaker
	Effect    *Effect       // what the plugin said the delivery will cause; nil: nothing
	Requests  []string      // "PUT https://host/path → 201", one for each exchange
	Err       error         // from the Exchanger, when no response arrived
	Attempt   queue.Attempt // the record
}

// Effect is what a delivery will cause at a source: the echo to expect.
type Effect = echo.Effect

// byStatus decides by the status code alone. nil means delivered.
func (a *attempt) byStatus(resp *Response) *Result {
	r := &Result{Class: a.statuses.of(resp.Status), Reason: statusLine(resp.Status)}
	switch s := resp.Status; {
	case r.Class == Delivered:
		return nil
	case r.Class == Retry:
		r.NotBefore = a.askedFor(resp)
	case s >= 300 && s < 400:
		r.Reason += "; redirects are not followed beyond redirects = N, a POST by 307 and 308 alone: set url to where it leads"
	}
	return r
}

// askedFor is when the receiver wants to be asked again, by Retry-After; zero when it does not say.
func (a *attempt) askedFor(resp *Response) time.Time {
	now := a.opts.Now()
	if wait, ok := retry.Wait(resp.Header, now); ok {
		return now.Add(wait)
	}
	return time.Time{}
}

func statusLine(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("answered %d %s", status, text)
	}
	return fmt.Sprintf("answered %d", status)
}

// failed is the outcome when no response arrived.
func (a *attempt) failed(err error) *Result {
	a.err = err
	r := &Result{Class: Retry, Reason: a.display(err.Error()), Failing: true}
	var sending *send.Error
	if errors.As(err, &sending) && sending.Permanent {
		r.Class, r.Failing = Dead, false
	}
	var token *auth.Error
	if errors.As(err, &token) {
		r.NotBefore = token.NotBefore
	}
	return r
}

// pluginFailed is the outcome when a plugin's call ended with an error. A fault of the plugin itself is tried again:
// a corrected plugin may have been loaded by then.
func (a *attempt) pluginFailed(err error) *Result {
	r := &Result{Class: Retry, Reason: a.display(err.Error())}
	var e *wasm.Error
	if !errors.As(err, &e) {
		return r
	}
	switch e.Kind {
	case wasm.Dropped:
		r.Class, r.Reason = Dropped, a.display(e.Reason)
	case wasm.RetryLater:
		r.Reason = a.display(e.Reason)
	case wasm.GaveUp, wasm.Rejected:
		r.Class, r.Reason = Dead, a.display(e.Reason)
	}
	return r
}
