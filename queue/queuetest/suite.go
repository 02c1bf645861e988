// Package queuetest is the one suite that every engine behind package queue has to pass, and the one benchmark by which
// they are compared.
//
//	func TestConformance(t *testing.T) {
//		queuetest.Run(t, queuetest.Features{FakeClock: true}, func(t *testing.T, o queuetest.Options) queuetest.Engine { … })
//	}
//
// Every test opens an engine in a new folder, goes through the public methods alone, and ends with an audit that must find
// no fault. Where an engine's goroutines can run in a testing/synctest bubble, hours of waiting take no time.
package queuetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// Engine is what is tested: both halves of package queue.
type Engine interface {
	queue.Queue
	queue.Inspector
}

// Options is what a test asks of the engine. Opening one with the same Dir again, after Close, must find everything.
type Options struct {
	Dir    string
	Retain time.Duration
	Keys   int              // that one owner may have remembered
	Window int              // entries of a destination held in memory; an engine without such a bound ignores it
	Now    func() time.Time // the wall clock; nil: time.Now
}

// Open opens an engine or fails the test. The suite closes it.
type Open func(t *testing.T, o Options) Engine

// Features states honest differences between engines.
type Features struct {
	FakeClock bool // runs in a synctest bubble; otherwise waits are real and short
	NoReopen  bool // keeps nothing across Close
	NoAudit   bool // Audit is not to be had
	NoMemory  bool // is no queue.Memory
	NoRecords bool // is no queue.Registry
	MaxEvent  int  // bytes of the largest event it takes; 0: at least 2 MiB
}

// tests are the promises, by name.
var tests = []struct {
	name string
	run  func(*harness)
}{
	{"Cycle", testCycle}, {"Fields", testFields}, {"FanOut", testFanOut}, {"ReceiveBlocks", testReceiveBlocks},
	{"ReceiveMax", testReceiveMax}, {"CloseWakes", testCloseWakes}, {"Misuse", testMisuse}, {"Atomic", testAtomic},
	{"DroppedAtOnce", testDroppedAtOnce}, {"Unrouted", testUnrouted}, {"Large", testLarge},
	{"OrderWithinKey", testOrderWithinKey}, {"KeysSideBySide", testKeysSideBySide}, {"Isolation", testIsolation},
	{"OrderAfterRetry", testOrderAfterRetry}, {"OrderAfterRelease", testOrderAfterRelease}, {"Backlog", testBacklog},
	{"BacklogBehindBlockedKey", testBacklogBehindBlockedKey}, {"HotKey", testHotKey},
	{"RetryTime", testRetryTime}, {"RetryHoldsFollowers", testRetryHoldsFollowers}, {"ManyRetries", testManyRetries},
	{"ManyKeysRetried", testManyKeysRetried},
	{"RetriesAndFreshTakeTurns", testTurns}, {"ReleaseUntil", testReleaseUntil},
	{"Repeat", testRepeat}, {"RepeatInOneCall", testRepeatInOneCall}, {"RepeatConcurrent", testRepeatConcurrent},
	{"RepeatAfterWindow", testRepeatAfterWindow}, {"NoWindow", testNoWindow},
	{"DeadLetters", testDeadLetters}, {"Replay", testReplay}, {"CancelPending", testCancelPending},
	{"Requeue", testRequeue}, {"RequeueLasts", testRequeueLasts}, {"PutAway", testPutAway}, {"Forget", testForget}, {"OldestFirst", testOldestFirst},
	{"CancelLeased", testCancelLeased}, {"CancelFollower", testCancelFollower}, {"RetryNow", testRetryNow},
	{"Rejected", testRejected}, {"Filters", testFilters}, {"Paging", testPaging}, {"Depth", testDepth},
	{"NotFound", testNotFound}, {"Retention", testRetention}, {"RetentionKeepsPending", testRetentionKeepsPending},
	{"Hammer", testHammer},
	{"Remember", testRemember}, {"RememberWithEntry", testRememberWithEntry}, {"RememberWithAttempt", testRememberWithAttempt},
	{"RememberForATime", testRememberForATime}, {"RememberNoMoreThan", testRememberNoMoreThan}, {"RememberConcurrent", testRememberConcurrent},
	{"Spared", testSpared}, {"Replace", testReplace}, {"ReplaceNotInFlight", testReplaceNotInFlight}, {"ReplaceRetry", testReplaceRetry},
	{"ReplaceCancelled", testReplaceCancelled}, {"ReplaceBacklog", testReplaceBacklog}, {"ReplaceHammer", testReplaceHammer},
	{"Records", testRecords}, {"RecordsAllOrNone", testRecordsAllOrNone}, {"RecordsStay", testRecordsStay}, {"RecordsConcurrent", testRecordsConcurrent},
	{"ReopenPending", testReopenPending}, {"ReopenRetries", testReopenRetries}, {"ReopenFollowers", testReopenFollowers},
	{"ReopenRepeat", testReopenRepeat}, {"ReopenEmptied", testReopenEmptied},
}

// Run runs every test against an engine.
func Run(t *testing.T, f Features, open Open) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			run := func(t *testing.T) {
				h := &harness{T: t, f: f, open: open, opt: Options{Dir: dir, Retain: 3 * time.Minute, Window: 64, Keys: 5}}
				h.start()
				test.run(h)
				h.stop()
			}
			if f.FakeClock {
				synctest.Test(t, run)
			} else {
				run(t)
			}
		})
	}
}

// harness is one test's engine with shorthand for what tests do all the time.
type harness struct {
	*testing.T
	f      Features
	open   Open
	opt    Options
	q      Engine
	ctx    context.Context
	cancel context.CancelFunc
}

func (h *harness) start() {
	h.Helper()
	h.ctx, h.cancel = context.WithTimeout(context.Background(), 3*time.Hour)
	q := h.open(h.T, h.opt)
	h.q = q
	h.Cleanup(func() { _ = q.Close(context.Background()) }) // after a failure; else it is closed already
}

// stop audits and closes.
func (h *harness) stop() {
	h.Helper()
	h.audit()
	h.must(h.q.Close(h.ctx))
	h.cancel()
}

// reopen closes the engine and opens it again in the same folder.
func (h *harness) reopen() {
	h.Helper()
	if h.f.NoReopen {
		h.Skip("this engine keeps nothing across Close")
	}
	h.stop()
	h.start()
}

func (h *harness) audit() queue.AuditReport {
	h.Helper()
	if h.f.NoAudit {
		return queue.AuditReport{}
	}
	report, err := h.q.Audit(h.ctx)
	h.must(err)
	for _, fault := range report.Faults {
		h.Errorf("audit: %s", fault)
	}
	if n := report.FaultCount - len(report.Faults); n > 0 {
		h.Errorf("audit: and %d more", n)
	}
	return report
}

func (h *harness) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *harness) is(err, want error) {
	h.Helper()
	if !errors.Is(err, want) {
		h.Errorf("error: %v, want: %v", err, want)
	}
}

// event makes an event for destinations, all with the same ordering key.
func event(id, key string, destinations ...string) queue.Entry {
	e := queue.Entry{Event: queue.Event{
		ID: id, Source: "source", Type: "agent.state.changed", Subject: key, Received: time.Now(),
		Body: []byte(`{"id":"` + id + `"}`),
	}}
	for _, d := range destinations {
		e.Owed = append(e.Owed, queue.Owed{Destination: d, Route: "route to " + d, Key: key})
	}
	return e
}

// put enqueues entries in one call.
func (h *harness) put(entries ...queue.Entry) []queue.Receipt {
	h.Helper()
	receipts, err := h.q.Enqueue(h.ctx, entries...)
	h.must(err)
	return receipts
}

// putN enqueues events named prefix0, prefix1, … for destination a.
func (h *harness) putN(n int, prefix, key string) {
	h.Helper()
	for i := range n {
		h.put(event(fmt.Sprint(prefix, i), key, "a"))
	}
}

// take leases exactly n deliveries, waiting for them.
func (h *harness) take(destination string, n int) []queue.Lease {
	h.Helper()
	var out []queue.Lease
	for len(out) < n {
		leases, err := h.q.Receive(h.ctx, destination, n-len(out))
		h.must(err)
		out = append(out, leases...)
	}
	return out
}

// one leases one delivery, which must be of an event.
func (h *harness) one(destination, id string) queue.Lease {
	h.Helper()
	l := h.take(destination, 1)[0]
	if got := l.Delivery().Event.ID; got != id {
		h.Fatalf("received event %s, want %s", got, id)
	}
	return l
}

// idle checks that nothing may be received now. In a bubble that is certain: its time stands still while anything moves.
func (h *harness) idle(destination string) {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.ctx, 20*time.Millisecond)
	defer cancel()
	leases, err := h.q.Receive(ctx, destination, 1)
	if err == nil {
		h.Fatalf("received %s, want nothing", leases[0].Delivery().ID)
	}
	h.is(err, context.DeadlineExceeded)
}

// attempt is a plausible attempt.
func attempt(result string) queue.Attempt {
	return queue.Attempt{Started: time.Now(), Duration: 12 * time.Millisecond, Result: result, Status: 503,
		Request: "POST https://receiver.example/events", Response: []byte("busy"), Error: "503 from the receiver", Plugin: "webhook@1f3a",
		Size: 5000, Sent: []byte("fingerprint")}
}

// done ends leases as delivered.
func (h *harness) done(leases ...queue.Lease) {
	h.Helper()
	for _, l := range leases {
		h.must(l.Done(h.ctx, queue.Delivered, queue.Attempt{Started: time.Now(), Result: "delivered", Status: 200}))
	}
}

// retry ends a lease with a failure, due again after d.
func (h *harness) retry(l queue.Lease, d time.Duration) {
	h.Helper()
	h.must(l.Retry(h.ctx, time.Now().Add(d), nil, attempt("retry")))
}

func (h *harness) state(id string, want queue.State) queue.Delivery {
	h.Helper()
	d, _, err := h.q.Delivery(h.ctx, id)
	h.must(err)
	if d.State != want {
		h.Errorf("delivery %s is %s, want %s", id, d.State, want)
	}
	return d
}

// pause is how long "later" is: no time at all in a bubble.
func (h *harness) pause() time.Duration {
	if h.f.FakeClock {
		return 10 * time.Second
	}
	return 300 * time.Millisecond
}

func ids(leases []queue.Lease) []string {
	out := make([]string, len(leases))
	for i, l := range leases {
		out[i] = l.Delivery().Event.ID
	}
	return out
}
