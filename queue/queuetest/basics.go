package queuetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/queue"
)

func testCycle(h *harness) {
	receipts := h.put(event("1", "k", "a"))
	if want := []queue.Receipt{{ID: "1", Deliveries: 1}}; !cmp.Equal(receipts, want) {
		h.Error(cmp.Diff(want, receipts))
	}
	l := h.one("a", "1")
	h.idle("a")
	h.done(l)
	h.idle("a")
	d := h.state("1/a", queue.Delivered)
	if d.Ended.IsZero() || d.Attempts != 1 || d.First.IsZero() {
		h.Errorf("ended %v, attempts %d, first %v", d.Ended, d.Attempts, d.First)
	}
	r := h.audit()
	if r.Events != 1 || r.Owed != 1 || r.States["delivered"] != 1 {
		h.Errorf("audit counts %+v", r)
	}
}

// testDroppedAtOnce checks that a delivery which is not to be made is ended when it is stored: never leased, in nobody's
// way, counted, and replayed like any other.
func testDroppedAtOnce(h *harness) {
	drop := func(e queue.Entry, destinations ...int) queue.Entry {
		for _, i := range destinations {
			e.Owed[i].Dropped = "echo of delivery 7"
		}
		return e
	}
	receipts := h.put(drop(event("1", "k", "a", "b"), 0), drop(event("2", "k", "a"), 0), event("3", "k", "a"))
	if receipts[0].Deliveries != 2 || receipts[1].Deliveries != 1 {
		h.Errorf("receipts %+v", receipts)
	}
	check := func() {
		h.Helper()
		for _, id := range []string{"1/a", "2/a"} {
			d := h.state(id, queue.Dropped)
			if d.Ended.IsZero() || d.Attempts != 0 || d.Reason != "echo of delivery 7" || d.Route != "route to a" {
				h.Errorf("dropped: %+v", d)
			}
		}
		if r := h.audit(); !h.f.NoAudit && (r.Owed != 4 || r.States["dropped"] != 2) {
			h.Errorf("audit counts %+v", r)
		}
	}
	check()
	h.done(h.one("a", "3"))
	h.idle("a")
	depth, err := h.q.Depth(h.ctx)
	h.must(err)
	if depth["a"].Pending != 0 || depth["b"].Pending != 1 {
		h.Errorf("depth %+v", depth)
	}
	id, err := h.q.Replay(h.ctx, "2/a")
	h.must(err)
	l := h.take("a", 1)[0]
	if l.Delivery().ID != id || l.Delivery().State != queue.Pending || len(l.Delivery().Event.Body) == 0 {
		h.Errorf("replayed: %+v", l.Delivery())
	}
	h.done(l)
	h.reopen()
	check()
	h.done(h.one("b", "1"))
	h.idle("a")
}

// testFields checks that what goes in comes out: at the lease, after a retry, and in Inspector.
func testFields(h *harness) {
	e := event("id with spaces/and:slash", "agent/1", "a")
	e.Event.Raw = []byte("POST /hooks HTTP/1.1")
	h.put(e)
	check := func(d *queue.Delivery) {
		h.Helper()
		want := e.Event
		want.Window = 0
		if !d.Event.Received.Equal(want.Received) {
			h.Errorf("received %v, want %v", d.Event.Received, want.Received)
		}
		want.Received = d.Event.Received
		if diff := cmp.Diff(want, d.Event); diff != "" {
			h.Error(diff)
		}
		if d.ID != "id with spaces/and:slash/a" || d.Destination != "a" || d.Route != "route to a" || d.Key != "agent/1" ||
			d.State != queue.Pending || d.Created.IsZero() {
			h.Errorf("delivery %+v", d)
		}
	}
	l := h.take("a", 1)[0]
	check(l.Delivery())
	first, second := attempt("retry"), attempt("retry")
	h.must(l.Retry(h.ctx, time.Now(), []byte(`{"agent":7}`), first))
	l = h.take("a", 1)[0]
	check(l.Delivery())
	if d := l.Delivery(); string(d.Memo) != `{"agent":7}` || d.Attempts != 1 || d.Reason != first.Error {
		h.Errorf("after one attempt: %+v", d)
	}
	h.must(l.Retry(h.ctx, time.Now(), nil, second))
	h.done(h.take("a", 1)...)
	d, attempts, err := h.q.Delivery(h.ctx, l.Delivery().ID)
	h.must(err)
	d.State = queue.Pending
	check(&d)
	if len(attempts) != 3 {
		h.Fatalf("%d attempts, want 3", len(attempts))
	}
	first.Number, first.Started = 1, attempts[0].Started
	if diff := cmp.Diff(first, attempts[0]); diff != "" {
		h.Error(diff)
	}
	if attempts[1].Number != 2 || attempts[2].Number != 3 || attempts[2].Result != "delivered" {
		h.Errorf("attempts %+v", attempts)
	}
}

func testFanOut(h *harness) {
	h.put(event("1", "k", "a", "b", "c"))
	for _, d := range []string{"c", "a", "b"} {
		l := h.one(d, "1")
		if d == "a" {
			h.must(l.Done(h.ctx, queue.Dropped, queue.Attempt{Result: "dropped", Started: time.Now(), Error: "echo"}))
			continue
		}
		h.done(l)
	}
	if got := h.state("1/a", queue.Dropped).Reason; got != "echo" {
		h.Errorf("reason %q", got)
	}
	h.state("1/b", queue.Delivered)
	info, err := h.q.Event(h.ctx, "1")
	h.must(err)
	if len(info.Deliveries) != 3 || string(info.Event.Body) != `{"id":"1"}` {
		h.Errorf("event %+v", info)
	}
}

func testReceiveBlocks(h *harness) {
	got := make(chan string)
	go func() {
		l, err := h.q.Receive(h.ctx, "a", 5)
		if err != nil {
			got <- err.Error()
			return
		}
		got <- l[0].Delivery().Event.ID
	}()
	h.idle("a") // a second waiter that gives up must not take the first one's place
	h.put(event("1", "", "a"))
	if id := <-got; id != "1" {
		h.Errorf("received %s", id)
	}
}

func testReceiveMax(h *harness) {
	for i := range 5 {
		h.put(event(fmt.Sprint(i), "", "a"))
	}
	l, err := h.q.Receive(h.ctx, "a", 3)
	h.must(err)
	if len(l) == 0 || len(l) > 3 {
		h.Errorf("%d leases, want up to 3", len(l))
	}
}

func testCloseWakes(h *harness) {
	h.put(event("1", "", "b"))
	l := h.one("b", "1")
	errs := make(chan error)
	go func() {
		_, err := h.q.Receive(context.Background(), "a", 1)
		errs <- err
	}()
	h.idle("a")
	h.audit()
	h.must(h.q.Close(h.ctx))
	h.is(<-errs, queue.ErrClosed)
	_, err := h.q.Enqueue(h.ctx, event("2", "", "a"))
	h.is(err, queue.ErrClosed)
	_, err = h.q.Receive(h.ctx, "a", 1)
	h.is(err, queue.ErrClosed)
	_, err = h.q.Events(h.ctx, queue.Filter{})
	h.is(err, queue.ErrClosed)
	h.is(l.Done(h.ctx, queue.Delivered, attempt("delivered")), queue.ErrClosed)
	h.must(h.q.Close(h.ctx))
	h.start()
}

func testMisuse(h *harness) {
	h.put(event("1", "", "a"))
	l := h.one("a", "1")
	for _, s := range []queue.State{0, queue.Pending, queue.Cancelled} {
		if err := l.Done(h.ctx, s, attempt("")); err == nil {
			h.Errorf("Done took state %v", s)
		}
	}
	h.done(l)
	h.is(l.Done(h.ctx, queue.Delivered, attempt("")), queue.ErrEnded)
	h.is(l.Retry(h.ctx, time.Now(), nil, attempt("")), queue.ErrEnded)
	l.Release(time.Time{})
	h.idle("a")
	for name, e := range map[string]queue.Entry{
		"no id": event("", "", "a"), "no destination": event("2", "", ""), "twice": event("3", "", "a", "a"),
	} {
		if _, err := h.q.Enqueue(h.ctx, e); err == nil {
			h.Errorf("%s: was taken", name)
		}
	}
}

// testAtomic checks that an Enqueue of several entries is refused as a whole.
func testAtomic(h *harness) {
	if _, err := h.q.Enqueue(h.ctx, event("1", "", "a"), event("2", "", "a"), event("3", "", "a", "a")); err == nil {
		h.Error("an entry that owes two deliveries to one destination was taken")
	}
	h.idle("a")
	h.put(event("1", "", "a"), event("2", "", "a"), event("3", "", "b"))
	h.done(h.one("a", "1"), h.one("a", "2"), h.one("b", "3"))
}

func testUnrouted(h *harness) {
	if r := h.put(event("1", "")); r[0].Deliveries != 0 {
		h.Errorf("receipt %+v", r)
	}
	info, err := h.q.Event(h.ctx, "1")
	h.must(err)
	if info.Event.ID != "1" || len(info.Deliveries) != 0 {
		h.Errorf("event %+v", info)
	}
}

// testLarge stores an event with 1.5 MiB, and refuses one that is far too large without storing anything.
func testLarge(h *harness) {
	size := 3 << 19
	if h.f.MaxEvent > 0 {
		size = min(size, h.f.MaxEvent)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	e := event("large", "k", "a", "b")
	e.Event.Body = make([]byte, size/2)
	e.Event.Raw = make([]byte, size/2)
	for i := range e.Event.Body {
		e.Event.Body[i], e.Event.Raw[i] = byte(rng.Uint32()), byte(rng.Uint32())
	}
	h.put(e)
	for _, d := range []string{"a", "b"} {
		l := h.one(d, "large")
		if got := l.Delivery().Event; !bytes.Equal(got.Body, e.Event.Body) || !bytes.Equal(got.Raw, e.Event.Raw) {
			h.Errorf("%s: the event came out changed", d)
		}
		h.retry(l, time.Millisecond) // the next lease reads it from disk
		l = h.one(d, "large")
		if got := l.Delivery().Event; !bytes.Equal(got.Body, e.Event.Body) || !bytes.Equal(got.Raw, e.Event.Raw) {
			h.Errorf("%s: the event came out of the store changed", d)
		}
		h.done(l)
	}
	if page, err := h.q.Events(h.ctx, queue.Filter{}); err != nil || len(page.Items) != 1 || page.Items[0].Event.Body != nil {
		h.Errorf("listed %d events, %v", len(page.Items), err)
	}
	huge := event("huge", "", "a")
	huge.Event.Body = []byte(strings.Repeat("x", 64<<20))
	_, err := h.q.Enqueue(h.ctx, huge)
	h.is(err, queue.ErrTooLarge)
	h.idle("a")
}

// testHammer has many goroutines do everything at once and checks that each delivery ended once and in order.
func testHammer(h *harness) {
	const writers, each, keys = 8, 60, 5
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				key := fmt.Sprintf("%d-%d", w, i%keys)
				if _, err := h.q.Enqueue(h.ctx, event(fmt.Sprintf("%d.%d", w, i), key, "a", "b")); err != nil {
					h.Error(err)
				}
			}
		})
	}
	for _, d := range []string{"a", "b"} {
		c := &collector{want: writers * each, seen: map[string]int{}, last: map[string]int{}, full: make(chan struct{})}
		ctx, cancel := context.WithCancel(h.ctx)
		for range 6 {
			wg.Go(func() { c.consume(ctx, h, d) })
		}
		wg.Go(func() {
			<-c.full
			cancel()
		})
	}
	wg.Wait()
	r := h.audit()
	if !h.f.NoAudit && (r.States["delivered"] != 2*writers*each || len(r.States) != 1) {
		h.Errorf("states %v", r.States)
	}
}

// collector checks what consumers of one destination see.
type collector struct {
	mu   sync.Mutex
	want int
	seen map[string]int // attempts by event
	last map[string]int // last number by key
	full chan struct{}
}

func (c *collector) consume(ctx context.Context, h *harness, destination string) {
	rng := rand.New(rand.NewPCG(3, uint64(len(destination))))
	for {
		leases, err := h.q.Receive(ctx, destination, 4)
		if errors.Is(err, context.Canceled) {
			return
		}
		if err != nil {
			h.Error(err)
			return
		}
		for _, l := range leases {
			switch rng.IntN(8) {
			case 0:
				h.retry(l, time.Duration(rng.IntN(20))*time.Millisecond)
			case 1:
				l.Release(time.Time{})
			case 2:
				l.Release(time.Now().Add(time.Millisecond))
			default:
				c.note(h, l.Delivery())
				h.done(l)
			}
		}
	}
}

func (c *collector) note(h *harness, d *queue.Delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var w, n int
	if _, err := fmt.Sscanf(d.Event.ID, "%d.%d", &w, &n); err != nil {
		h.Error(err)
	}
	if c.seen[d.ID]++; c.seen[d.ID] > 1 {
		h.Errorf("%s was delivered twice", d.ID)
	}
	if last, ok := c.last[d.Key]; ok && last >= n {
		h.Errorf("%s came after %d of its key", d.ID, last)
	}
	c.last[d.Key] = n
	if len(c.seen) == c.want {
		close(c.full)
	}
}
