package queuetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plugboard/plugboard/queue"
)

func again(source, id, destination, key string) queue.Again {
	return queue.Again{Source: source, Event: id, Owed: queue.Owed{Destination: destination, Route: "by hand", Key: key}}
}

// testRequeue queues events again: for where they went, for another destination that nothing was ever queued for, and one
// that owed nothing; in the order given, also within a key, and none that is not there.
func testRequeue(h *harness) {
	h.put(event("1", "k", "a"), event("2", "k", "a"), event("3", "", "a"))
	none := event("none", "")
	other := event("1", "k", "b") // the same ID from another source
	other.Event.Source = "elsewhere"
	h.put(none, other)
	h.done(h.one("b", "1"))
	for range 3 {
		h.must(h.take("a", 1)[0].Done(h.ctx, queue.Dead, attempt("dead")))
	}
	src := none.Event.Source
	ids, err := h.q.Requeue(h.ctx, again(src, "2", "new", "k"), again(src, "gone", "new", "k"), again(src, "1", "new", "k"),
		again(src, "none", "new", ""), again(src, "1", "a", "k"))
	h.must(err)
	if len(ids) != 5 || ids[1] != "" || !strings.HasPrefix(ids[0], "2/new#") || !strings.HasPrefix(ids[4], "1/a#") {
		h.Errorf("queued as %q", ids)
	}
	l := h.one("new", "2")
	if d := l.Delivery(); d.ID != ids[0] || d.Route != "by hand" || d.Key != "k" || string(d.Event.Body) != `{"id":"2"}` {
		h.Errorf("%+v", d)
	}
	h.done(h.one("new", "none")) // 1 waits behind 2
	h.idle("new")
	h.done(l)
	l = h.one("new", "1")
	if d := l.Delivery(); d.Event.Source != src {
		h.Errorf("the event of %s was queued", d.Event.Source)
	}
	h.done(l, h.one("a", "1"))
	for _, id := range []string{ids[0], ids[2], ids[3], ids[4]} {
		h.state(id, queue.Delivered)
	}
	if _, err := h.q.Requeue(h.ctx, again(src, "1", "", "")); err == nil {
		h.Error("an event was queued for no destination")
	}
}

// testRequeueLasts has what was queued for a new destination be there after the engine was opened again.
func testRequeueLasts(h *harness) {
	h.put(event("1", "k", "a"))
	h.done(h.one("a", "1"))
	ids, err := h.q.Requeue(h.ctx, again(event("1", "").Event.Source, "1", "new", "k"))
	h.must(err)
	h.reopen()
	h.done(h.one("new", "1"))
	h.state(ids[0], queue.Delivered)
}

func testPutAway(h *harness) {
	h.putN(3, "", "")
	for _, l := range h.take("a", 3) {
		h.must(l.Done(h.ctx, queue.Dead, attempt("dead")))
	}
	h.must(h.q.Cancel(h.ctx, "1/a", "seen to"))
	if d := h.state("1/a", queue.Cancelled); d.Reason != "seen to" || d.Ended.IsZero() || d.Attempts != 1 {
		h.Errorf("put away: %+v", d)
	}
	h.is(h.q.Cancel(h.ctx, "1/a", "again"), queue.ErrEnded)
	if got := h.list(queue.Filter{Destination: "a", State: queue.Dead}); got != "2/a 0/a" {
		h.Errorf("dead letters are %s", got)
	}
	_, err := h.q.Replay(h.ctx, "1/a") // it still can be
	h.must(err)
	h.done(h.one("a", "1"))
}

func testForget(h *harness) {
	large := strings.Repeat("r", 5<<18)
	var ids []string
	for _, r := range []queue.Rejected{{Raw: []byte("<x>")}, {Raw: []byte(large)}, {ID: "mine", Raw: []byte(large)}, {Raw: []byte("stays")}} {
		r.Source, r.Reason = "s", "no JSON"
		id, err := h.q.SetAside(h.ctx, r)
		h.must(err)
		ids = append(ids, id)
	}
	page, err := h.q.Rejected(h.ctx, queue.Filter{EventID: "mine"})
	h.must(err)
	if len(page.Items) != 1 || page.Items[0].ID != "mine" {
		h.Errorf("by ID: %+v", page.Items)
	}
	for _, id := range ids[:3] {
		h.must(h.q.Forget(h.ctx, id))
		h.is(h.q.Forget(h.ctx, id), queue.ErrNotFound)
	}
	h.is(h.q.Forget(h.ctx, "rejected-x"), queue.ErrNotFound)
	page, err = h.q.Rejected(h.ctx, queue.Filter{})
	h.must(err)
	if len(page.Items) != 1 || page.Items[0].ID != ids[3] {
		h.Errorf("left are %+v", page.Items)
	}
}

func (h *harness) list(f queue.Filter) string {
	h.Helper()
	page, err := h.q.Deliveries(h.ctx, f)
	h.must(err)
	var out []string
	for _, d := range page.Items {
		out = append(out, d.ID)
	}
	return strings.Join(out, " ")
}

// testOldestFirst reads every list from its other end, whole and page by page.
func testOldestFirst(h *harness) {
	was := time.Now()
	for i := range 7 {
		e := event(fmt.Sprint(i), "", "a", "b")
		e.Event.Received = was.Add(time.Duration(i) * time.Second)
		h.put(e)
	}
	_, err := h.q.Replay(h.ctx, "2/a")
	h.must(err)
	span := queue.Filter{Since: was.Add(time.Second), Until: was.Add(3 * time.Second)}
	for _, f := range []queue.Filter{{}, {Destination: "b"}, {EventID: "2"}, span} {
		newest := strings.Fields(h.list(f))
		slices.Reverse(newest)
		f.OldestFirst = true
		if got := h.list(f); got != strings.Join(newest, " ") || got == "" {
			h.Errorf("%+v: %s, backwards %s", f, got, newest)
		}
		var paged []string
		for f.Limit = 2; ; {
			page, err := h.q.Deliveries(h.ctx, f)
			h.must(err)
			for _, d := range page.Items {
				paged = append(paged, d.ID)
			}
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
		}
		if !slices.Equal(paged, newest) {
			h.Errorf("%+v: in pages %s, want %s", f, paged, newest)
		}
	}
	page, err := h.q.Events(h.ctx, queue.Filter{OldestFirst: true, Limit: 3, Since: was.Add(2 * time.Second)})
	h.must(err)
	if len(page.Items) != 3 || page.Items[0].Event.ID != "2" || page.Next == "" {
		h.Errorf("events: %+v", page)
	}
}
