package jsondoc

import (
	"encoding/json"
	"os"
	"testing"
)

func sample(tb testing.TB) []byte {
	tb.Helper()
	b, err := os.ReadFile("testdata/agent-online.json")
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func BenchmarkParse(b *testing.B) {
	src := sample(b)
	var d Doc
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Reset(src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseStandardLibrary(b *testing.B) {
	src := sample(b)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		var v any
		if err := json.Unmarshal(src, &v); err != nil {
			b.Fatal(err)
		}
	}
}

var paths = []string{
	"id", "type", "time", "subject", "account_id", "detail.agent_id", "event.updated_at",
	"event.new_unified_state.name", "event.new_unified_state.id", "event.new_unified_state.reason",
	"event.previous_unified_state.name", "event.previous_unified_state.id", "event.previous_unified_state.reason",
}

func BenchmarkGet13(b *testing.B) {
	d, err := Parse(sample(b))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, p := range paths {
			n += len(d.Get(p).Str())
		}
		if n == 0 {
			b.Fatal("nothing read")
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	var w Builder
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		w.Reset()
		o := w.Root().Object("data")
		o.Str("agent.id", "8447388090494")
		o.Str("scope", "unified")
		o.Str("state.name", "online")
		o.Str("state.code", "3")
		o.Str("state.reason_raw", "AGENT_STATUS_SWITCHER")
		o.Bool("state.custom", false)
		o.Str("previous_state.name", "offline")
		o.Str("previous_state.code", "2")
		o.Time("emitted_at", "2025-03-04T08:00:01.411902233Z")
		out = w.AppendJSON(out[:0])
	}
}
