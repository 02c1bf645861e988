package faults_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
	"github.com/plugboard/plugboard/queue/queuetest"
)

var stepRounds = flag.Int("steps.rounds", 1, "how often TestCrashAtEachStep crashes the gateway at each step")

// crashEnv tells a child the step at which it ends, and at which time it comes there: "synced 17".
const crashEnv = "PLUGBOARD_TEST_CRASH"

// The steps of an event's way, besides those of the queue.
const (
	stepAccept   = "accept"   // the request was read; the store knows nothing
	stepAnswer   = "answer"   // the event is committed, and its sender not answered
	stepAnswered = "answered" // a sender has its answer; the test itself ends the child then
	stepSend     = "send"     // a delivery is to be sent
	stepSent     = "sent"     // the receiver has answered, and the outcome is not stored
)

// crashSteps are all of them; the number is how often a child may come there before it ends.
var crashSteps = []struct {
	name string
	most int
}{
	{stepAccept, 400}, {string(badgerqueue.StepBuilt), 100}, {string(badgerqueue.StepSynced), 100}, {string(badgerqueue.StepApplied), 100},
	{string(badgerqueue.StepTold), 100}, {stepAnswer, 400}, {stepAnswered, 400}, {stepSend, 300}, {stepSent, 300},
	{string(badgerqueue.StepMark), 2}, {string(badgerqueue.StepMarked), 2},
}

// The planted bugs that the test has to find.
const (
	answersEarly = "answer before the commit"
	settlesEarly = "call it delivered before it is sent"
)

// crasher ends its process, as kill -9 does, when it comes to a step for the nth time.
type crasher struct {
	step   string
	left   atomic.Int64
	loaded atomic.Bool // the first event has come: what opening does is not counted
}

func (c *crasher) at(step string) {
	if step == c.step && c.loaded.Load() && c.left.Add(-1) == 0 {
		fmt.Fprintln(os.Stderr, "crash at", step)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // nothing is done after it, not even in the moment until it ends
	}
}

// plan has a gateway tell the crasher of each step, and plants bugs.
func (c *crasher) plan(o *gateway.Options, planted string) error {
	n := 0
	if _, err := fmt.Sscan(os.Getenv(crashEnv), &c.step, &n); err != nil {
		return fmt.Errorf("%s: %w", crashEnv, err)
	}
	c.left.Store(int64(n))
	o.Step = func(s badgerqueue.Step) { c.at(string(s)) }
	o.Wrap = func(q queue.Queue) queue.Queue {
		if planted == answersEarly {
			q = queuetest.Eager(q)
		}
		return steppedQueue{q, c}
	}
	o.Lane = func(l *dispatch.Lane) {
		if planted == settlesEarly {
			l.Attempter = hasty{l.Attempter}
		}
		l.Attempter = steppedAttempts{l.Attempter, c}
	}
	return nil
}

type steppedQueue struct {
	queue.Queue
	c *crasher
}

func (q steppedQueue) Enqueue(ctx context.Context, entries ...queue.Entry) ([]queue.Receipt, error) {
	q.c.loaded.Store(true)
	q.c.at(stepAccept)
	receipts, err := q.Queue.Enqueue(ctx, entries...)
	q.c.at(stepAnswer)
	return receipts, err
}

type steppedAttempts struct {
	dispatch.Attempter
	c *crasher
}

func (a steppedAttempts) Attempt(ctx context.Context, d *queue.Delivery) deliver.Result {
	a.c.at(stepSend)
	r := a.Attempter.Attempt(ctx, d)
	a.c.at(stepSent)
	return r
}

// hasty is a planted bug: it says that a delivery was made, and makes it a little later.
type hasty struct{ dispatch.Attempter }

func (h hasty) Attempt(_ context.Context, d *queue.Delivery) deliver.Result {
	kept := *d
	time.AfterFunc(20*time.Millisecond, func() { h.Attempter.Attempt(context.Background(), &kept) })
	return deliver.Result{Class: deliver.Delivered, Attempt: queue.Attempt{Number: d.Attempts + 1, Started: time.Now(),
		Result: deliver.Delivered.String(), Status: http.StatusOK}}
}

// crashAt runs a gateway under load until it crashes at the nth time that it comes to a step, starts it again without load
// until all that was accepted has been delivered, and gives what is not in the store and what never came.
func crashAt(t *testing.T, step string, n int, planted string) (lost, missing []string) {
	t.Helper()
	r := gatewaytest.NewReceiver(t)
	s := &site{config: gatewaytest.Minimal(t, t.TempDir(), r.URL, ""), planted: planted}
	g := s.start(t, "env", fmt.Sprintf("%s=%s %d", crashEnv, step, n))
	l := s.load(t, g.in, 8, 256)
	if step == stepAnswered {
		until(10*time.Second, func() bool { return l.Accepted.Load() >= int64(n) })
		g.kill()
	}
	if !g.gone(15 * time.Second) {
		t.Fatalf("the gateway never came to step %s for the %d. time; %d events were accepted", step, n, l.Accepted.Load())
	}
	l.End()
	if !g.wasKilled() || step != stepAnswered && !strings.Contains(g.log.String(), "crash at "+step) {
		t.Fatalf("the gateway ended by itself: %v\n%s", g.err, tail(g.log.String()))
	}
	r.TakeRepeats()
	s.planted = ""
	g = s.start(t)
	accepted := s.accepted.IDs()
	wait := 10 * time.Second
	if planted != "" {
		wait = 2 * time.Second
	}
	until(wait, func() bool { return len(r.Missing(accepted)) == 0 })
	g.stop(t)
	if again := r.TakeRepeats(); again > gatewaytest.InFlight {
		t.Errorf("%d events came again, %d could be in flight", again, gatewaytest.InFlight)
	}
	t.Logf("crash at %s, time %d: %d accepted, %d came", step, n, len(accepted), r.Len())
	return s.lost(t), r.Missing(accepted)
}

// TestCrashAtEachStep ends the gateway under load at each step of an event's way, from the request that was read to the
// mark beside the store, and starts it again. Nothing that was accepted may be lost, so nothing may be answered before its
// commit; and all of it must reach the receiver, again at most what was in flight.
//
//	go test ./gateway/faults -run 'TestCrashAtEachStep$' -steps.rounds 50 -timeout 1h
func TestCrashAtEachStep(t *testing.T) {
	for _, step := range crashSteps {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			for range *stepRounds {
				lost, missing := crashAt(t, step.name, 1+rand.IntN(step.most), "")
				if len(lost) > 0 || len(missing) > 0 {
					t.Errorf("of what was accepted %d events are not in the store, and %d never came", len(lost), len(missing))
				}
			}
		})
	}
}

// TestCrashAtEachStepControl plants a gateway that answers before its commit, and one that calls deliveries made before
// it sends them.
func TestCrashAtEachStepControl(t *testing.T) {
	for _, tt := range []struct {
		planted, step string
		finds         func(lost, missing []string) bool
	}{
		{answersEarly, string(badgerqueue.StepBuilt), func(lost, _ []string) bool { return len(lost) > 0 }},
		{settlesEarly, string(badgerqueue.StepApplied), func(lost, missing []string) bool { return len(lost) == 0 && len(missing) > 0 }},
	} {
		t.Run(tt.planted, func(t *testing.T) {
			t.Parallel()
			for range 10 {
				if tt.finds(crashAt(t, tt.step, 20+rand.IntN(80), tt.planted)) {
					return
				}
			}
			t.Error("ten crashes did not find it")
		})
	}
}
