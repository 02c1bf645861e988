package queuetest

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	"github.com/plugboard/plugboard/queue"
)

// registry is the engine's, of what is set up at run time.
func (h *harness) registry() queue.Registry {
	h.Helper()
	if h.f.NoRecords {
		h.Skip("this engine keeps nothing that is set up at run time")
	}
	g, ok := h.q.(queue.Registry)
	if !ok {
		h.Fatal("the engine is no queue.Registry")
	}
	return g
}

func record(kind, key, value string) queue.Record {
	return queue.Record{Kind: kind, Key: key, Value: []byte(value)}
}

// records checks what a kind has: "key=value" in order of the keys.
func (h *harness) records(kind string, want ...string) {
	h.Helper()
	var got []string
	for _, r := range h.registry().Records(kind) {
		got = append(got, r.Key+"="+string(r.Value))
		if value, ok := h.registry().Record(kind, r.Key); r.Kind != kind || !ok || !bytes.Equal(value, r.Value) {
			h.Errorf("%s %q is listed in %q as %q, and alone is %q, %v", kind, r.Key, r.Kind, r.Value, value, ok)
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		h.Errorf("%s: %q, want %q", kind, got, want)
	}
}

func testRecords(h *harness) {
	g := h.registry()
	h.records("token")
	mine := []byte("1")
	h.must(g.Put(h.ctx, queue.Record{Kind: "token", Key: "b", Value: mine}, record("token", "a", "x"), record("token", "a", "2"), record("endpoint", "a/\x00ä", "3"), record("endpoint", "e", "")))
	mine[0] = '9'
	h.must(g.Put(h.ctx))
	for _, again := range []bool{false, true} {
		if again {
			h.reopen()
			g = h.registry()
		}
		h.records("token", "a=2", "b=1")
		h.records("endpoint", "a/\x00ä=3", "e=")
		h.records("tok")
		if v, ok := g.Record("token", "c"); ok || v != nil {
			h.Errorf("there is %q, which nobody put", v)
		}
	}
	gone := queue.Record{Kind: "token", Key: "a"}
	h.must(g.Put(h.ctx, gone, queue.Record{Kind: "token", Key: "never"}, record("token", "b", "4")))
	h.records("token", "b=4")
	h.must(g.Put(h.ctx, gone))
	h.reopen()
	h.records("token", "b=4")
	h.must(h.registry().Put(h.ctx, record("token", "a", "back")))
	h.records("token", "a=back", "b=4")
}

// testRecordsAllOrNone: what cannot be kept keeps what stands beside it out too.
func testRecordsAllOrNone(h *harness) {
	g := h.registry()
	good := record("token", "good", "1")
	long := strings.Repeat("k", 201)
	for _, bad := range []queue.Record{record("", "k", "v"), record("Upper", "k", "v"), record("to\x00ken", "k", "v"), record("token", "", "v"),
		record("token", long, "v"), record("token", "k", strings.Repeat("v", 64<<10+1)), {Kind: "token", Key: long}} {
		if err := g.Put(h.ctx, good, bad); err == nil {
			h.Errorf("took %.20q %.20q of %d bytes", bad.Kind, bad.Key, len(bad.Value))
		} else if len(bad.Value) > 1 && strings.Contains(err.Error(), string(bad.Value)) {
			h.Errorf("the error shows the value: %v", err)
		}
	}
	h.records("token")
	large := record("token", long[:200], strings.Repeat("v", 64<<10))
	h.must(g.Put(h.ctx, large, good))
	h.reopen()
	h.records("token", "good=1", large.Key+"="+string(large.Value))
}

// testRecordsStay: nothing that happens to events touches a record.
func testRecordsStay(h *harness) {
	h.needClock()
	g := h.registry()
	h.must(g.Put(h.ctx, record("paused", "a", "why")))
	h.putN(3*h.opt.Window, "", "")
	for range 3 * h.opt.Window {
		h.done(h.take("a", 1)...)
	}
	h.idleFor(3 * h.opt.Retain)
	if got := h.listed(); len(got) != 0 {
		h.Errorf("kept %d events", len(got))
	}
	h.records("paused", "a=why")
	if r := h.audit(); !h.f.NoAudit && r.Records != 1 {
		h.Errorf("the audit counts %d records, want 1", r.Records)
	}
	h.reopen()
	h.records("paused", "a=why")
}

// testRecordsConcurrent: what Put was told is there when it returns, also beside others.
func testRecordsConcurrent(h *harness) {
	g := h.registry()
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			key := fmt.Sprint("of-", n)
			for i := range 40 {
				value := fmt.Sprint(i)
				if err := g.Put(h.ctx, record("token", key, value), record("token", "shared", value)); err != nil {
					h.Error(err)
				}
				if got, ok := g.Record("token", key); !ok || string(got) != value {
					h.Errorf("%s: %q, %v; want %s", key, got, ok, value)
				}
				if got := g.Records("token"); len(got) < 2 {
					h.Errorf("%d records", len(got))
				}
			}
		})
	}
	all.Wait()
	if n := len(g.Records("token")); n != 9 {
		h.Errorf("%d records, want 9", n)
	}
}
