package edge_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/edge"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/route"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

var limits = config.Server{
	MaxBody: 64 << 10, MaxConnections: 100, PerAddress: 100,
	ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second, IdleTimeout: 5 * time.Second,
}

// plugin is a wasm.Plugin whose receive is a function.
type plugin struct {
	receive func(in wasm.Input) (string, error)
}

func (p plugin) Call(_ context.Context, fn wasm.Function, in wasm.Input) (wasm.Output, error) {
	body, err := p.receive(in)
	return wasm.Output{Body: []byte(body)}, err
}
func (plugin) Functions() wasm.FunctionSet { return 1 << wasm.Receive }
func (plugin) Name() string                { return "acme" }
func (plugin) Hash() string                { return "" }
func (plugin) Close(context.Context) error { return nil }

// echo makes of any body one event whose data is the body.
var echo = plugin{func(in wasm.Input) (string, error) {
	return `{"events":[{"type":"agent.state.changed","subject":"agent/7","id_from":[` + strconv.Quote(string(in.Body)) + `],"data":` + string(in.Body) + `}]}`, nil
}}

func none() []config.Verify { return []config.Verify{{Scheme: "none"}} }

func zendeskWay() []config.Verify {
	return []config.Verify{{Scheme: "zendesk", Secrets: []secret.Value{secret.New("dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==")}}}
}

// askedWays are those that HTTP has names for.
func askedWays() []config.Verify {
	password := []secret.Value{secret.New("s3cr3t-one")}
	return []config.Verify{{Scheme: "bearer", Secrets: password}, {Scheme: "all", All: []config.Verify{
		{Scheme: "basic", Username: "user", Secrets: password}, {Scheme: "header", Header: "x-key", Secrets: password}}}}
}

// sources is the configuration of these tests.
func sources() []edge.Source {
	return []edge.Source{
		{Config: &config.Source{Name: "plain", Path: "/hooks/plain", Verify: none(), Dedupe: time.Hour, Methods: []string{"POST", "PUT"}}},
		{Config: &config.Source{Name: "escaped", Path: "/hooks/a%2Fb", Verify: none()}},
		{Config: &config.Source{Name: "zendesk", Path: "/hooks/zendesk/main", Verify: zendeskWay()}},
		{Config: &config.Source{Name: "asked", Path: "/hooks/asked", Verify: askedWays()}},
		{Config: &config.Source{Name: "read", Path: "/hooks/read", Plugin: "acme", Verify: none(), Dedupe: time.Hour, Config: config.Settings{JSON: []byte(`{"account":"main"}`)}}, Plugin: echo},
	}
}

func pipeline(t testing.TB, sources []edge.Source, m *metrics.Set) *edge.Pipeline {
	t.Helper()
	routes, faults := route.Build([]*config.Route{
		{Index: 0, Name: "everything", When: `type != "quiet"`, To: []string{"out"}, Enabled: true},
		{Index: 1, Name: "agents", Types: []string{"agent.*"}, To: []string{"out", "agents"}, Enabled: true},
	}, []*config.Destination{{Name: "out"}, {Name: "agents", OrderBy: "subject"}})
	if faults != nil {
		t.Fatal(faults)
	}
	p, err := edge.NewPipeline(edge.PipelineOptions{Sources: sources, Routes: routes, MaxBody: limits.MaxBody, Metrics: m})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func open(t testing.TB) *badgerqueue.Queue {
	t.Helper()
	q, err := badgerqueue.Open(t.Context(), badgerqueue.Options{Dir: t.TempDir(), MinFree: -1, MemTable: 4 << 20, Cache: 1 << 20, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return q
}

// notes is a Feed that keeps what it is told.
type notes struct {
	mu   sync.Mutex
	list []feed.Note
}

func (n *notes) Busy() bool { return true }
func (n *notes) Publish(note feed.Note) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, note)
}

// of gives the notes of one kind.
func (n *notes) of(k feed.Kind) (list []feed.Note) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, note := range n.list {
		if note.Kind == k {
			list = append(list, note)
		}
	}
	return list
}

// gateway is an edge with a store on disk behind it.
type gateway struct {
	t       testing.TB
	addr    string
	server  *edge.Server
	queue   *badgerqueue.Queue
	notes   *notes
	log     *bytes.Buffer
	metrics *metrics.Set
	counts  *prometheus.Registry
}

func start(t testing.TB, change func(*edge.Options)) *gateway {
	t.Helper()
	g := &gateway{t: t, notes: &notes{}, log: &bytes.Buffer{}, counts: prometheus.NewRegistry()}
	g.metrics = metrics.New(g.counts)
	g.queue = open(t)
	o := edge.Options{Config: limits, Store: g.queue, Feed: g.notes, Metrics: g.metrics, Logger: slog.New(slog.NewTextHandler(&locked{w: g.log}, nil))}
	if change != nil {
		change(&o)
	}
	g.server = edge.NewServer(o)
	g.server.Swap(pipeline(t, sources(), g.metrics))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g.addr = ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- g.server.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := g.server.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return g
}

// counted gives a counter by its name and the values of its labels, in the order of their names.
func (g *gateway) counted(name string, labels ...string) float64 {
	g.t.Helper()
	families, err := g.counts.Gather()
	if err != nil {
		g.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			var values []string
			for _, l := range m.GetLabel() {
				values = append(values, l.GetValue())
			}
			if family.GetName() == name && slices.Equal(values, labels) {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// send makes a request with net/http.
func (g *gateway) send(method, target, body string, headers ...string) (status int, answer string, h http.Header) {
	g.t.Helper()
	req, err := http.NewRequest(method, "http://"+g.addr+target, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

// raw writes bytes to a new connection, and gives the status of each answer until the other side closes.
func (g *gateway) raw(bytes string) (statuses []int, bodies []string) {
	g.t.Helper()
	c, err := net.Dial("tcp", g.addr)
	if err != nil {
		g.t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, bytes); err != nil {
		g.t.Fatal(err)
	}
	r := bufio.NewReader(c)
	for {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
				g.t.Fatalf("after %v: %v", statuses, err)
			}
			return statuses, bodies
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			g.t.Fatal(err)
		}
		statuses, bodies = append(statuses, res.StatusCode), append(bodies, string(body))
	}
}

// events gives everything that is stored.
func (g *gateway) events() []queue.EventInfo {
	g.t.Helper()
	page, err := g.queue.Events(context.Background(), queue.Filter{})
	if err != nil {
		g.t.Fatal(err)
	}
	return page.Items
}
