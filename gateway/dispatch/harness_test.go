package dispatch_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/queue"
)

// receiver is an Attempter: it takes a while and answers as it is told.
type receiver struct {
	takes   time.Duration
	outcome func(q *queue.Delivery) deliver.Result // nil: delivered

	mu      sync.Mutex
	order   []string
	running int
	most    int
}

func (r *receiver) Attempt(ctx context.Context, q *queue.Delivery) deliver.Result {
	started := time.Now()
	r.mu.Lock()
	r.order = append(r.order, q.Event.ID)
	r.running++
	r.most = max(r.most, r.running)
	r.mu.Unlock()
	defer func() { r.mu.Lock(); r.running--; r.mu.Unlock() }()
	select {
	case <-time.After(r.takes):
	case <-ctx.Done():
		return result(deliver.Result{Class: deliver.Retry, Reason: "interrupted", Failing: true}, q, started)
	}
	if r.outcome == nil {
		return result(status(200), q, started)
	}
	return result(r.outcome(q), q, started)
}

func (r *receiver) attempts() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.order)
}

// status is the outcome that a status code has for a destination without a plugin.
func status(code int) deliver.Result {
	r := deliver.Result{Class: deliver.Delivered, Attempt: queue.Attempt{Status: code}}
	if code >= 400 {
		r.Class, r.Reason = deliver.Dead, fmt.Sprint("answered ", code)
	}
	if code >= 500 {
		r.Class, r.Failing = deliver.Retry, true
	}
	return r
}

func result(r deliver.Result, q *queue.Delivery, started time.Time) deliver.Result {
	r.Attempt.Number, r.Attempt.Started, r.Attempt.Duration = q.Attempts+1, started, time.Since(started)
	r.Attempt.Result, r.Attempt.Error = r.Class.String(), r.Reason
	return r
}

func policy(t testing.TB, c config.Retry) retry.Policy {
	t.Helper()
	p, err := retry.New(c, exact)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var exact = retry.Options{Rand: func() float64 { return 0 }}

func lane(t testing.TB, name string, a dispatch.Attempter) dispatch.Lane {
	return dispatch.Lane{Destination: name, Attempter: a, Policy: policy(t, config.Retry{}), Concurrency: 10}
}

// start runs a Dispatcher in the bubble and closes it at the end of the test.
func start(t *testing.T, o dispatch.Options, lanes ...dispatch.Lane) *dispatch.Dispatcher {
	t.Helper()
	o.Retry = exact
	d := dispatch.New(o)
	if err := d.Swap(lanes...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

// pass lets the bubble's time pass, and everything in it come to rest.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func bubble(t *testing.T, f func(t *testing.T)) { t.Helper(); synctest.Test(t, f) }
