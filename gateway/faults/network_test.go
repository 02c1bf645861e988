package faults_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue"
)

// toxics are what a network does to a delivery. Toxicity is the share of connections that it does it to: each delivery has
// one of its own, and a destination that failed ten times in a row would be left alone for some seconds.
var toxics = []struct {
	name, toxic string
	repeats     bool // the receiver has had the event although no answer came back
}{
	{"latency", `{"type":"latency","stream":"downstream","attributes":{"latency":20,"jitter":20}}`, false},
	{"sliced request", `{"type":"slicer","stream":"upstream","attributes":{"average_size":16,"size_variation":8,"delay":10}}`, false},
	{"sliced answer", `{"type":"slicer","stream":"downstream","attributes":{"average_size":8,"size_variation":4,"delay":10}}`, false},
	{"reset at the request", `{"type":"reset_peer","stream":"upstream","toxicity":0.3,"attributes":{"timeout":0}}`, false},
	{"request cut short", `{"type":"limit_data","stream":"upstream","toxicity":0.3,"attributes":{"bytes":300}}`, false},
	{"answer lost", `{"type":"limit_data","stream":"downstream","toxicity":0.3,"attributes":{"bytes":0}}`, true},
	{"answer cut short", `{"type":"limit_data","stream":"downstream","toxicity":0.3,"attributes":{"bytes":25}}`, true},
	{"reset at the answer", `{"type":"reset_peer","stream":"downstream","toxicity":0.3,"attributes":{"timeout":0}}`, true},
	{"answer swallowed", `{"type":"timeout","stream":"downstream","toxicity":0.3,"attributes":{"timeout":0}}`, true},
	{"answer too late", `{"type":"latency","stream":"downstream","toxicity":0.2,"attributes":{"latency":600}}`, true},
}

// Row 20 of the faults, the network: whatever happens between gateway and receiver, each accepted event arrives, under its
// own id however often it comes. Two planted bugs have to be found: one that takes an error for an answer, one that gives
// each attempt an id of its own.
//
//	go test ./gateway/faults -run ToxicNetwork
func TestToxicNetwork(t *testing.T) {
	n := newToxicNetwork(t, nil)
	for _, tt := range toxics {
		t.Run(tt.name, func(t *testing.T) {
			n.receiver.TakeRepeats()
			missing := n.through(t, tt.toxic)
			if repeats := n.receiver.TakeRepeats(); missing > 0 || tt.repeats != (repeats > 0) {
				t.Errorf("%d missing, %d came again", missing, repeats)
			}
		})
	}
	n.stop()
	if came, accepted := n.receiver.Len(), len(n.site.accepted.IDs()); came != accepted {
		t.Errorf("%d events were accepted, and %d came", accepted, came)
	}
	n.site.mustHoldAll(t)
}

func TestToxicNetworkControls(t *testing.T) {
	t.Run("an error is taken for an answer", func(t *testing.T) {
		n := newToxicNetwork(t, func(a dispatch.Attempter) dispatch.Attempter { return hopeful{a} })
		if n.through(t, toxics[4].toxic) == 0 {
			t.Error("not found")
		}
	})
	t.Run("each attempt has an id of its own", func(t *testing.T) {
		n := newToxicNetwork(t, func(a dispatch.Attempter) dispatch.Attempter { return forgetful{a} })
		n.through(t, toxics[5].toxic)
		n.stop()
		if came, accepted := n.receiver.Len(), len(n.site.accepted.IDs()); came == accepted {
			t.Errorf("not found: %d accepted, %d came", accepted, came)
		}
	})
}

// hopeful is a planted bug: where no answer came it says that the delivery was made.
type hopeful struct{ dispatch.Attempter }

func (h hopeful) Attempt(ctx context.Context, d *queue.Delivery) deliver.Result {
	r := h.Attempter.Attempt(ctx, d)
	if r.Err != nil {
		r.Class = deliver.Delivered
	}
	return r
}

// forgetful is a planted bug: a repeat cannot be told from another event.
type forgetful struct{ dispatch.Attempter }

func (f forgetful) Attempt(ctx context.Context, d *queue.Delivery) deliver.Result {
	again := *d
	again.Event.ID = fmt.Sprintf("%s-%d", d.Event.ID, d.Attempts)
	return f.Attempter.Attempt(ctx, &again)
}

// toxicNetwork is a gateway and a receiver with Toxiproxy between them.
type toxicNetwork struct {
	site     *site
	receiver *gatewaytest.Receiver
	proxy    *toxiproxy.Proxy
	in       string
	ended    atomic.Int64 // deliveries
	stop     func()
}

// newToxicNetwork starts one; change may plant a bug.
func newToxicNetwork(t *testing.T, change func(dispatch.Attempter) dispatch.Attempter) *toxicNetwork {
	t.Helper()
	n := &toxicNetwork{receiver: gatewaytest.NewReceiver(t)}
	closing := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			panic(http.ErrAbortHandler) // half an event is none
		}
		n.receiver.ServeHTTP(w, r)
	}))
	closing.Config.SetKeepAlivesEnabled(false) // a connection for each request, so that a toxic meets many
	closing.Start()
	t.Cleanup(closing.Close)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	n.proxy = toxiproxy.NewProxy(server, "receiver", "127.0.0.1:0", strings.TrimPrefix(closing.URL, "http://"))
	if err := n.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.proxy.Stop)
	file := gatewaytest.Minimal(t, t.TempDir(), "http://"+n.proxy.Listen, "")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("concurrency = 10"), []byte("concurrency = 10\ntimeout = \"300ms\"\nretry = { backoff = \"20ms\", max = \"50ms\", attempts = 1000 }"), 1)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	n.site = &site{config: file}
	o := gateway.Options{ConfigFile: file}
	o.Lane = func(l *dispatch.Lane) {
		if change != nil {
			l.Attempter = change(l.Attempter)
		}
		l.Attempter = counted{l.Attempter, n}
	}
	g, err := gateway.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	n.in = "http://" + g.Listen() + "/in"
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	stopped := false
	n.stop = func() {
		if !stopped {
			stopped = true
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(n.stop)
	return n
}

// through sends events through a toxic, waits until their deliveries have ended, and says how many never came.
func (n *toxicNetwork) through(t *testing.T, toxic string) (missing int) {
	t.Helper()
	added, err := n.proxy.Toxics.AddToxicJson(strings.NewReader(toxic))
	if err != nil {
		t.Fatal(err)
	}
	var sent gatewaytest.Accepted
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			for range 15 {
				a, err := gatewaytest.Post(t.Context(), http.DefaultClient, n.in, 400)
				if err != nil || a.Status != http.StatusAccepted {
					t.Errorf("%d, %v", a.Status, err)
				}
				sent.Add(a.Events...)
			}
		})
	}
	senders.Wait()
	n.site.accepted.Add(sent.IDs()...)
	if want := int64(len(n.site.accepted.IDs())); !until(20*time.Second, func() bool { return n.ended.Load() >= want }) {
		t.Errorf("%d of %d deliveries have ended", n.ended.Load(), want)
	}
	if err := n.proxy.Toxics.RemoveToxic(t.Context(), added.Name); err != nil {
		t.Fatal(err)
	}
	return len(n.receiver.Missing(sent.IDs()))
}

// counted counts the attempts after which a delivery has ended.
type counted struct {
	dispatch.Attempter
	n *toxicNetwork
}

func (c counted) Attempt(ctx context.Context, d *queue.Delivery) deliver.Result {
	r := c.Attempter.Attempt(ctx, d)
	if r.Class != deliver.Retry {
		c.n.ended.Add(1)
	}
	return r
}
