package queuetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plugboard/plugboard/queue"
)

func testRejected(h *harness) {
	id, err := h.q.SetAside(h.ctx, queue.Rejected{Source: "s1", Received: time.Now(), Reason: "no JSON", Raw: []byte("<x>")})
	h.must(err)
	large := strings.Repeat("r", 5<<18)
	other, err := h.q.SetAside(h.ctx, queue.Rejected{Source: "s2", Received: time.Now(), Reason: "trapped", Raw: []byte(large)})
	h.must(err)
	if id == "" || id == other {
		h.Errorf("IDs %q and %q", id, other)
	}
	page, err := h.q.Rejected(h.ctx, queue.Filter{})
	h.must(err)
	if len(page.Items) != 2 || page.Items[0].ID != other || string(page.Items[0].Raw) != large || page.Items[1].Reason != "no JSON" {
		h.Errorf("set aside: %d, the first %q", len(page.Items), page.Items[0].ID)
	}
	page, err = h.q.Rejected(h.ctx, queue.Filter{Source: "s1"})
	h.must(err)
	if len(page.Items) != 1 || page.Items[0].ID != id {
		h.Errorf("of s1: %+v", page.Items)
	}
	if r := h.audit(); !h.f.NoAudit && r.Rejected != 2 {
		h.Errorf("the audit counts %d", r.Rejected)
	}
}

func testFilters(h *harness) {
	was := time.Now()
	for i := range 12 {
		e := event(fmt.Sprint(i), fmt.Sprint("agent/", i%3), []string{"a", "b"}[i%2])
		e.Event.Source, e.Event.Type = fmt.Sprint("s", i%2), fmt.Sprint("t", i%4)
		e.Event.Received = was.Add(time.Duration(i) * time.Second)
		h.put(e)
	}
	h.done(h.one("a", "0"), h.one("a", "2"))
	h.must(h.one("b", "1").Done(h.ctx, queue.Dead, attempt("dead")))
	events := map[string]struct {
		filter queue.Filter
		want   string
	}{
		"source":      {queue.Filter{Source: "s1"}, "11 9 7 5 3 1"},
		"type":        {queue.Filter{Type: "t3"}, "11 7 3"},
		"subject":     {queue.Filter{Subject: "agent/0"}, "9 6 3 0"},
		"since":       {queue.Filter{Since: was.Add(9 * time.Second)}, "11 10 9"},
		"until":       {queue.Filter{Until: was.Add(2 * time.Second)}, "2 1 0"},
		"destination": {queue.Filter{Destination: "b", Type: "t1"}, "9 5 1"},
		"state":       {queue.Filter{State: queue.Delivered}, "2 0"},
		"id":          {queue.Filter{EventID: "7"}, "7"},
		"none":        {queue.Filter{Source: "s9"}, ""},
	}
	for name, c := range events {
		page, err := h.q.Events(h.ctx, c.filter)
		h.must(err)
		var got []string
		for _, e := range page.Items {
			got = append(got, e.Event.ID)
		}
		if strings.Join(got, " ") != c.want || page.Next != "" {
			h.Errorf("events by %s: %v, want %s (next %q)", name, got, c.want, page.Next)
		}
	}
	deliveries := map[string]struct {
		filter queue.Filter
		want   string
	}{
		"nothing":              {queue.Filter{Since: was.Add(-time.Hour)}, "11/b 10/a 9/b 8/a 7/b 6/a 5/b 4/a 3/b 2/a 1/b 0/a"},
		"destination":          {queue.Filter{Destination: "a"}, "10/a 8/a 6/a 4/a 2/a 0/a"},
		"destination, state":   {queue.Filter{Destination: "a", State: queue.Delivered}, "2/a 0/a"},
		"pending":              {queue.Filter{State: queue.Pending, Source: "s0"}, "10/a 8/a 6/a 4/a"},
		"dead of all":          {queue.Filter{State: queue.Dead}, "1/b"},
		"dead of one":          {queue.Filter{State: queue.Dead, Destination: "b"}, "1/b"},
		"event":                {queue.Filter{EventID: "4"}, "4/a"},
		"destination, subject": {queue.Filter{Destination: "b", Subject: "agent/1"}, "7/b 1/b"},
		"unknown destination":  {queue.Filter{Destination: "z"}, ""},
	}
	for name, c := range deliveries {
		page, err := h.q.Deliveries(h.ctx, c.filter)
		h.must(err)
		var got []string
		for _, d := range page.Items {
			got = append(got, d.ID)
		}
		if strings.Join(got, " ") != c.want || page.Next != "" {
			h.Errorf("deliveries by %s: %v, want %s (next %q)", name, got, c.want, page.Next)
		}
	}
}

// testPaging goes through lists page by page while new events arrive: each is listed once, none is missing.
func testPaging(h *harness) {
	const n = 23
	for i := range n {
		h.put(event(fmt.Sprint(i), "", "a", "b", "c"))
		_, err := h.q.SetAside(h.ctx, queue.Rejected{ID: fmt.Sprint(i), Source: "s"})
		h.must(err)
	}
	pages := map[string]func(f queue.Filter) ([]string, string, error){
		"events": func(f queue.Filter) (out []string, next string, err error) {
			p, err := h.q.Events(h.ctx, f)
			for _, e := range p.Items {
				out = append(out, e.Event.ID)
			}
			return out, p.Next, err
		},
		"deliveries": func(f queue.Filter) (out []string, next string, err error) {
			p, err := h.q.Deliveries(h.ctx, f)
			for _, d := range p.Items {
				out = append(out, d.ID)
			}
			return out, p.Next, err
		},
		"deliveries of b": func(f queue.Filter) (out []string, next string, err error) {
			f.Destination = "b"
			p, err := h.q.Deliveries(h.ctx, f)
			for _, d := range p.Items {
				out = append(out, d.ID)
			}
			return out, p.Next, err
		},
		"rejected": func(f queue.Filter) (out []string, next string, err error) {
			p, err := h.q.Rejected(h.ctx, f)
			for _, r := range p.Items {
				out = append(out, r.ID)
			}
			return out, p.Next, err
		},
	}
	for name, want := range map[string]int{"events": n, "deliveries": 3 * n, "deliveries of b": n, "rejected": n} {
		var got []string
		f := queue.Filter{Limit: 4}
		for rounds := 0; rounds < 100; rounds++ {
			items, next, err := pages[name](f)
			h.must(err)
			if len(items) > 4 {
				h.Errorf("%s: a page of %d", name, len(items))
			}
			got = append(got, items...)
			if f.Cursor = next; next == "" {
				break
			}
		}
		all, _, err := pages[name](queue.Filter{})
		h.must(err)
		if len(got) != want || !slices.Equal(got, all) {
			h.Errorf("%s: %d in pages of 4, %d at once, want %d", name, len(got), len(all), want)
		}
	}
	if _, err := h.q.Events(h.ctx, queue.Filter{Cursor: "nonsense"}); err == nil {
		h.Error("nonsense passed for a cursor")
	}
}

func testDepth(h *harness) {
	was := time.Now()
	h.putN(5, "", "")
	h.put(event("b", "", "b"))
	l := h.take("a", 3)
	h.done(l[0])
	h.retry(l[1], time.Hour)
	d, err := h.q.Depth(h.ctx)
	h.must(err)
	if a := d["a"]; a.Pending != 4 || a.Leased != 1 || a.Oldest.Before(was) || a.Oldest.After(time.Now()) {
		h.Errorf("a: %+v", a)
	}
	was = d["a"].Oldest
	h.reopen()
	if d, err = h.q.Depth(h.ctx); err != nil || d["a"].Pending != 4 || !d["a"].Oldest.Equal(was) {
		h.Errorf("a, after opening: %+v, %v; want the oldest of %v", d["a"], err, was)
	}
	h.done(h.one("b", "b"))
	if d, err = h.q.Depth(h.ctx); err != nil || d["b"] != (queue.Depth{}) {
		h.Errorf("b: %+v, %v", d["b"], err)
	}
}

func testNotFound(h *harness) {
	h.put(event("1", "", "a"))
	_, err := h.q.Event(h.ctx, "2")
	h.is(err, queue.ErrNotFound)
	for _, id := range []string{"2/a", "1/b", "1", "", "/", "1/a#9"} {
		_, _, err := h.q.Delivery(h.ctx, id)
		h.is(err, queue.ErrNotFound)
		_, err = h.q.Replay(h.ctx, id)
		h.is(err, queue.ErrNotFound)
		h.is(h.q.Cancel(h.ctx, id, ""), queue.ErrNotFound)
		h.is(h.q.RetryNow(h.ctx, id), queue.ErrNotFound)
	}
}
