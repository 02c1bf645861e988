package edge_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"testing"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"github.com/plugboard/plugboard/gateway/edge"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/queue"
)

// forgets takes everything and stores nothing: what is left is the edge's own cost.
type forgets struct{}

func (forgets) Enqueue(_ context.Context, entries ...queue.Entry) ([]queue.Receipt, error) {
	out := make([]queue.Receipt, len(entries))
	for i := range entries {
		out[i] = queue.Receipt{ID: entries[i].Event.ID, Deliveries: len(entries[i].Owed)}
	}
	return out, nil
}
func (forgets) SetAside(context.Context, queue.Rejected) (string, error) { return "", nil }

func zendeskBody(b *testing.B) []byte {
	body, err := os.ReadFile("testdata/zendesk-01.json")
	if err != nil {
		b.Fatal(err)
	}
	return body
}

func request(path string, body []byte) []byte {
	return []byte("POST " + path + " HTTP/1.1\r\nHost: gateway.example.com\r\nUser-Agent: Zendesk Webhook\r\nContent-Type: application/json\r\n" +
		"X-Zendesk-Account-Id: 22129848\r\nX-Zendesk-Webhook-Id: 01JABCDEFGHJKMNPQRSTVWXYZ0\r\nX-Zendesk-Webhook-Invocation-Id: 8350205601\r\n" +
		"X-Zendesk-Webhook-Signature: OQckNT0FiuQWoUXlBbX4yoiW8AByciQUll/TcT5+04g=\r\nX-Zendesk-Webhook-Signature-Timestamp: 2025-03-04T08:00:02Z\r\n" +
		fmt.Sprintf("Webhook-Id: msg_1\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
}

// exchange sends the request again and again over one connection in memory.
func exchange(b *testing.B, serve func(net.Listener) error, request []byte, status int) {
	ln := fasthttputil.NewInmemoryListener()
	served := make(chan error, 1)
	go func() { served <- serve(ln) }()
	c, err := ln.Dial()
	if err != nil {
		b.Fatal(err)
	}
	r := bufio.NewReader(c)
	var res fasthttp.Response
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		if err := res.Read(r); err != nil || res.StatusCode() != status {
			b.Fatal(res.StatusCode(), string(res.Body()), err)
		}
	}
	_ = c.Close()
	_ = ln.Close()
	if err := <-served; err != nil {
		b.Error(err)
	}
}

// BenchmarkServer compares the edge with a fasthttp server that answers the same bytes to the same request, under the same
// timeouts, and does nothing else.
func BenchmarkServer(b *testing.B) {
	body := zendeskBody(b)
	b.Run("echo", func(b *testing.B) {
		server := fasthttp.Server{ReadTimeout: limits.ReadTimeout, WriteTimeout: limits.WriteTimeout, IdleTimeout: limits.IdleTimeout, Handler: func(ctx *fasthttp.RequestCtx) {
			ctx.SetStatusCode(202)
			ctx.SetContentType("application/json")
			ctx.SetBodyString(`{"id":"msg_1","events":["msg_1"],"deliveries":1}`)
		}}
		exchange(b, server.Serve, request("/hooks/plain", body), 202)
	})
	for name, path := range map[string]string{"plain": "/hooks/plain", "signed": "/hooks/zendesk/main"} {
		b.Run(name, func(b *testing.B) {
			server := edge.NewServer(edge.Options{Config: limits, Store: forgets{}, Metrics: metrics.New(nil), Logger: slog.New(slog.DiscardHandler)})
			server.Swap(pipeline(b, sources(), metrics.New(nil)))
			exchange(b, server.Serve, request(path, body), 202)
		})
	}
}

// BenchmarkPipeline is the edge's part without HTTP.
func BenchmarkPipeline(b *testing.B) {
	body := zendeskBody(b)
	p := pipeline(b, sources(), nil)
	req := &edge.Request{Method: http.MethodPost, Path: "/hooks/plain", RemoteAddr: "192.0.2.7", Body: body,
		Headers: []event.Header{{Name: "content-type", Value: "application/json"}, {Name: "webhook-id", Value: "msg_1"}}}
	now := received
	b.ReportAllocs()
	for b.Loop() {
		if r := p.Read(context.Background(), req, now); r.Refused() || len(r.Entries) != 1 {
			b.Fatal(r.Reason)
		}
	}
}

// BenchmarkCommit is the edge with the store on disk behind it, from many connections at once: every answer waits for a
// synced commit.
func BenchmarkCommit(b *testing.B) {
	for _, connections := range []int{1, 64} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			body := []byte(`{"agent":"7","state":"online"}`)
			request := []byte(fmt.Sprintf("POST /hooks/plain HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
			server := edge.NewServer(edge.Options{Config: limits, Store: open(b), Logger: slog.New(slog.DiscardHandler)})
			server.Swap(pipeline(b, sources(), nil))
			ln := fasthttputil.NewInmemoryListener()
			served := make(chan error, 1)
			go func() { served <- server.Serve(ln) }()
			b.SetParallelism((connections + 1) / 2)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				c, err := ln.Dial()
				if err != nil {
					b.Error(err)
					return
				}
				defer func() { _ = c.Close() }()
				r := bufio.NewReader(c)
				var res fasthttp.Response
				for pb.Next() {
					if _, err := c.Write(request); err != nil {
						b.Error(err)
						return
					}
					if err := res.Read(r); err != nil || res.StatusCode() != 202 {
						b.Error(res.StatusCode(), err)
						return
					}
				}
			})
			_ = ln.Close()
			if err := <-served; err != nil {
				b.Error(err)
			}
		})
	}
}
