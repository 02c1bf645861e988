package wasm

import (
	"bytes"
	"testing"
)

// vendorEvent is an event as a vendor posts it, of about 600 bytes.
var vendorEvent = bytes.TrimSpace([]byte(`
{"type":"zen:event-type:agent.state_changed","account_id":22129848,"id":"01JM2D9G1X3HZ8A6V4R5T7Y9QK","time":"2026-02-14T09:30:11.123456789Z","zendesk_event_version":"2022-11-06","subject":"zen:agent:8447388090494","detail":{"agent_id":8447388090494,"work_item_id":"01JM2D9G1X3HZ8A6V4R5T7Y9QL","previous_state":"online","current_state":"away","updated_at":"2026-02-14T09:30:11Z","channel":"messaging","team_id":360001234567,"brand_id":360002345678,"group_ids":[360003456789,360004567890],"reason":"lunch break, back soon","version":"7"},"event":{"current":"AWAY","previous":"ONLINE","queue":"main"}}`))

// BenchmarkCall shows side by side what a call costs with nothing that could end it, with the counter, and with the
// engine's own deadline.
func BenchmarkCall(b *testing.B) {
	guests := []struct {
		name string
		fn   Function
		wasm func(testing.TB) []byte
		body []byte
	}{
		{"go-scanner", Receive, goGuest, vendorEvent},
		{"go-encoding-json", Transform, goGuest, vendorEvent},
		{"go-garbage", Judge, goGuest, nil},
		{"wat-loops", Receive, func(t testing.TB) []byte { return testdata(t, "work.wasm") }, []byte("\xe8\x03\x00\x00")},
		{"wat-nothing", Transform, func(t testing.TB) []byte { return testdata(t, "work.wasm") }, nil},
	}
	modes := []struct {
		name string
		mode mode
	}{{"plain", unbounded}, {"counter", counted}, {"deadline", contextBound}}
	for _, g := range guests {
		for _, m := range modes {
			b.Run(g.name+"/"+m.name, func(b *testing.B) {
				h := openHost(b, HostOptions{CacheDir: b.TempDir(), Limits: patient}, m.mode)
				p := openModule(b, load(b, h, g.name, g.wasm(b)), PluginOptions{Instances: 1, Ready: 1})
				in := Input{Body: g.body}
				cost := uint64(0)
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					out, err := p.Call(b.Context(), g.fn, in)
					if err != nil {
						b.Fatal(err)
					}
					cost = out.Cost
				}
				b.ReportMetric(float64(cost), "counts/op")
			})
		}
	}
}

// BenchmarkLoad is what a file costs when it appears: rewriting alone, and all of it with the compiled code at hand.
func BenchmarkLoad(b *testing.B) {
	wasm := goGuest(b)
	b.Run("from-cache", func(b *testing.B) {
		dir := b.TempDir()
		load(b, openHost(b, HostOptions{CacheDir: dir}), "go", wasm)
		b.ResetTimer()
		for range b.N {
			load(b, openHost(b, HostOptions{CacheDir: dir}), "go", wasm)
		}
	})
	b.Run("instance", func(b *testing.B) {
		h := openHost(b, HostOptions{CacheDir: b.TempDir(), Limits: patient})
		m := load(b, h, "go", wasm)
		b.ResetTimer()
		for range b.N {
			openModule(b, m, PluginOptions{Instances: 1, Ready: 1})
		}
	})
}
