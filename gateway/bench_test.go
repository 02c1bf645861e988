package gateway_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/gateway/wasm"
)

// The benchmarks of the whole path. Read them as ratios to BenchmarkEcho of the same run, which is the limit of this
// machine for one client and one server on it, and to BenchmarkSyncedLog of queue/queuetest, the limit of its disk:
//
//	go test ./gateway -run '^$' -bench 'Echo|Accept|EndToEnd' -benchtime 3s
//
// Load, gateway and receiver share the processors, in all of them.
var connections = []int{1, 64, 256}

// BenchmarkEcho is a plain fasthttp server that sends back what it gets: no plugin, no disk.
func BenchmarkEcho(b *testing.B) {
	addr := serve(b, func(ctx *fasthttp.RequestCtx) { ctx.SetBody(ctx.PostBody()) })
	for _, n := range connections {
		b.Run(fmt.Sprint(n), func(b *testing.B) { post(b, "http://"+addr+"/", n, fasthttp.StatusOK) })
	}
}

// BenchmarkAccept is from the edge to the commit: a 1 KiB Zendesk event through the compiled plugin, synced before 202.
func BenchmarkAccept(b *testing.B) {
	g := start(b, benchConfig(b, ""))
	for _, n := range connections {
		b.Run(fmt.Sprint(n), func(b *testing.B) { post(b, g.url("/hooks/zendesk"), n, fasthttp.StatusAccepted) })
	}
}

// BenchmarkEndToEnd is from the edge to a receiver that got every event, with a plugin on both sides.
func BenchmarkEndToEnd(b *testing.B) {
	var got atomic.Int64
	arrived := make(chan struct{}, 1)
	receiver := serve(b, func(*fasthttp.RequestCtx) {
		got.Add(1)
		select {
		case arrived <- struct{}{}:
		default:
		}
	})
	g := start(b, benchConfig(b, `
[destinations.receiver]
plugin = "webhook"
url = "http://`+receiver+`/"
allow_http = true
allow_private = true
concurrency = 64
config = { format = "json", body = '{"agent": "{{data.agent.id}}", "state": "{{data.state.name}}", "time": "{{time}}"}' }
[[routes]]
name = "all"
to = ["receiver"]
`))
	for _, n := range connections {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			want := got.Load() + int64(b.N)
			post(b, g.url("/hooks/zendesk"), n, fasthttp.StatusAccepted)
			for got.Load() < want {
				select {
				case <-arrived:
				case <-time.After(time.Minute):
					b.Fatalf("%d of %d arrived", b.N-int(want-got.Load()), b.N)
				}
			}
		})
	}
}

func benchConfig(b *testing.B, rest string) string {
	return gatewaytest.Write(b, `
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
per_address = 1000
[queue]
dir = "data"
[plugins]
`+gatewaytest.PluginsTable(b)+`
[sources.zendesk]
plugin = "zendesk"
verify = { scheme = "none" }
`+rest)
}

func serve(b *testing.B, h fasthttp.RequestHandler) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := &fasthttp.Server{Handler: h}
	go s.Serve(l) //nolint:errcheck // ends with Shutdown
	b.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			b.Error(err)
		}
	})
	return l.Addr().String()
}

var serial atomic.Int64 // so that no event repeats another, over all benchmarks of a run

// post makes b.N requests over n connections, each with the next before the last is answered: a closed loop.
func post(b *testing.B, url string, n, want int) {
	client := &fasthttp.Client{MaxConnsPerHost: n, MaxIdemponentCallAttempts: 1}
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	var senders sync.WaitGroup
	for range n {
		senders.Go(func() {
			req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			req.SetRequestURI(url)
			req.Header.SetMethod(fasthttp.MethodPost)
			req.Header.SetContentType("application/json")
			for left.Add(-1) >= 0 {
				i := serial.Add(1)
				req.SetBodyRaw(benchBody(i))
				if err := client.Do(req, resp); err != nil || resp.StatusCode() != want {
					b.Errorf("answered %d, %v", resp.StatusCode(), err)
					return
				}
			}
		})
	}
	senders.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	client.CloseIdleConnections()
}

// padding does not get shorter by being packed, as a repeated letter would.
var padding = func() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 540)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ."[random.IntN(64)]
	}
	return b
}()

// benchBody is 1 KiB of Zendesk's envelope.
func benchBody(i int64) []byte {
	return fmt.Appendf(nil, `{"account_id":22129848,"detail":{"account_id":"22129848","agent_id":"%d","version":"17","note":"%s"},`+
		`"event":{"new_unified_state":{"id":"3","name":"online","reason":"AGENT_STATUS_SWITCHER"},"previous_unified_state":{"id":"2","name":"offline","reason":"AGENT_LOGOUT"},"updated_at":"2025-03-04T08:00:01.204117530Z"},`+
		`"id":"bench-%012d","subject":"zen:agent:%d","time":"2025-03-04T08:00:01.411902233Z","type":"zen:event-type:agent.unified_state_changed","zendesk_event_version":"2022-11-06"}`,
		8447388000000+i%5000, padding, i, 8447388000000+i%5000)
}

// BenchmarkPluginCall is one call of a bundled plugin, through the host with all its limits.
func BenchmarkPluginCall(b *testing.B) {
	host, err := wasm.NewHost(b.Context(), wasm.HostOptions{CacheDir: filepath.Join(gatewaytest.Plugins(b), "cache")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := host.Close(b.Context()); err != nil {
			b.Error(err)
		}
	})
	event, err := os.ReadFile("testdata/canonical/zendesk.01-agent-unified-online.event.json")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		plugin string
		fn     wasm.Function
		config string
		body   []byte
	}{
		{"zendesk", wasm.Receive, `{}`, benchBody(1)},
		{"babelforce", wasm.Format, `{"presence_map":{"online":"available"}}`, event},
		{"webhook", wasm.Format, `{"format":"json","body":"{\"agent\":\"{{data.agent.id}}\",\"state\":\"{{data.state.name}}\"}"}`, event},
	} {
		b.Run(c.plugin+"/"+c.fn.String(), func(b *testing.B) {
			code, err := os.ReadFile(filepath.Join(gatewaytest.Plugins(b), c.plugin+".wasm"))
			if err != nil {
				b.Fatal(err)
			}
			m, err := host.Load(b.Context(), c.plugin, code)
			if err != nil {
				b.Fatal(err)
			}
			p, err := m.New(b.Context(), wasm.PluginOptions{Config: []byte(c.config)})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = p.Close(context.Background()) })
			b.ReportAllocs()
			var cost uint64
			for b.Loop() {
				out, err := p.Call(b.Context(), c.fn, wasm.Input{Body: c.body})
				if err != nil {
					b.Fatal(err)
				}
				cost = out.Cost
			}
			b.ReportMetric(float64(cost), "counts/op")
		})
	}
}
