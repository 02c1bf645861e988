package edge_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"

	"github.com/plugboard/plugboard/gateway/edge"
)

// Each request that two parsers could read differently is answered once, with 400 or 431, and the connection is closed;
// nothing behind it is answered, and nothing is stored.
func TestServerRefusesOnTheWire(t *testing.T) {
	g := start(t, nil)
	for name, tt := range edge.WireFaults {
		statuses, bodies := g.raw(tt.Request)
		if len(statuses) == 0 && strings.HasPrefix(tt.Request, "\r\n") {
			continue // nothing but empty lines: closed without a word
		}
		if len(statuses) != 1 || statuses[0] != 400 && statuses[0] != 431 {
			t.Errorf("%s: answered %v %q", name, statuses, bodies)
		}
		if len(bodies) > 0 && !strings.Contains(bodies[0], `{"error":"`) {
			t.Errorf("%s: answered %q", name, bodies)
		}
	}
	// Behind a good request too.
	const good = "POST /hooks/plain HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
	for name, tt := range edge.WireFaults {
		statuses, bodies := g.raw(good + tt.Request)
		if diff := cmp.Diff(202, statuses[0]); diff != "" || len(statuses) > 2 || len(statuses) == 2 && statuses[1] != 400 && statuses[1] != 431 {
			t.Errorf("%s behind a good one: answered %v %q", name, statuses, bodies)
		}
	}
	if got := len(g.events()); got > len(edge.WireFaults) {
		t.Errorf("%d events stored from %d good requests", got, len(edge.WireFaults))
	}
}

// What passes the check is answered once for each request.
func TestServerPassesOnTheWire(t *testing.T) {
	g := start(t, nil)
	for name, tt := range edge.WireGood {
		last := strings.LastIndex(tt.Requests, "\r\nHost: h\r\n")
		requests := tt.Requests
		if last >= 0 { // have the connection closed behind the last one
			requests = requests[:last] + "\r\nConnection: close" + requests[last:]
		}
		if name == "100 headers" {
			requests = strings.Replace(requests, "A: b\r\n", "", 1)
		}
		statuses, bodies := g.raw(requests)
		if len(statuses) != tt.Count {
			t.Errorf("%s: %d answers %v %q, want %d", name, len(statuses), statuses, bodies, tt.Count)
		}
	}
}

// The control: without the scanner the same requests reach a handler, some of them more than once. If fasthttp comes to
// refuse them all by itself, the scanner can go.
func TestControlWithoutTheScanner(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	bare := fasthttp.Server{Handler: func(ctx *fasthttp.RequestCtx) { ctx.SetStatusCode(202) }, ReadTimeout: 300 * time.Millisecond}
	served := make(chan error, 1)
	go func() { served <- bare.Serve(ln) }()
	g := &gateway{t: t, addr: ln.Addr().String()}
	for _, name := range []string{"bare LF behind a header", "folded", "chunk extension", "underscore", "101 headers", "length and coding"} {
		statuses, _ := g.raw(edge.WireFaults[name].Request)
		if len(statuses) == 0 || statuses[0] != 202 {
			t.Errorf("%s: a bare server answers %v: the tests above prove nothing here", name, statuses)
		}
	}
	if err := bare.Shutdown(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
