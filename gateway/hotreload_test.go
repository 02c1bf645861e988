package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/queue"
)

// loaded is a gateway under load: eight senders post without a pause, and each answer but 202 with one event is wrong, as
// is a delivery that does not arrive.
type loaded struct {
	*probing
	mu       sync.Mutex
	wrong    []string
	notes    *feed.Listener
	log      *lockedBuffer
	received *arrivals
	sent     atomic.Int64
	stop     chan struct{}
	senders  sync.WaitGroup
	round    int // of load
}

// arrivals counts what comes to a destination, by what format wrote.
type arrivals struct {
	mu     sync.Mutex
	bodies map[string]int
}

func (a *arrivals) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bodies[string(body)]++
}

func (a *arrivals) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.bodies)
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// say notes what is wrong, the first few times.
func (l *loaded) say(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.wrong) < 20 {
		l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
	}
}

// underLoad starts it. change, which may be nil, changes how the gateway is made.
func underLoad(t *testing.T, change func(*gateway.Options)) *loaded {
	t.Helper()
	l := &loaded{received: &arrivals{bodies: map[string]int{}}, log: new(lockedBuffer)}
	receiver := httptest.NewServer(l.received)
	t.Cleanup(receiver.Close)
	l.probing = probeFiles(t, probeSource+fmt.Sprintf(`
[destinations.there]
plugin = "probe"
url = %q
order_by = ""
allow_http = true
allow_private = true
[[routes]]
name = "all"
to = ["there"]
`, receiver.URL), nil)
	o := gateway.Options{ConfigFile: l.file, Watch: true, Logger: newTextLog(l.log)}
	if change != nil {
		change(&o)
	}
	l.running = startWith(t, o)
	l.notes = l.feed.Listen(1 << 15) // each event has several
	l.load(t)
	return l
}

// load starts the senders; end ends them.
func (l *loaded) load(t *testing.T) {
	l.stop = make(chan struct{})
	l.round++
	for n := range 8 {
		l.senders.Go(func() { l.send(t, n) })
	}
}

func (l *loaded) end() {
	close(l.stop)
	l.senders.Wait()
}

func (l *loaded) send(t *testing.T, sender int) {
	for n := 0; ; n++ {
		select {
		case <-l.stop:
			return
		default:
		}
		status, a := l.post(t, "/hooks/probe", fmt.Sprintf(`{"id":"%d-%d-%d"}`, l.round, sender, n))
		if status != http.StatusAccepted || a.Aside || len(a.Events) != 1 {
			l.say("answered %d %+v", status, a)
			continue
		}
		l.sent.Add(1)
	}
}

// settled waits for the next word about the plugin folder, and gives what the API says of the plugin then.
func (l *loaded) settled(t *testing.T) (feed.Note, admin.PluginInfo) {
	t.Helper()
	var last feed.Note
	for {
		n := waitFor(t, l.notes, feed.Plugin)
		if n.Plugin == "" { // the reload as a whole: what it did to plugins stood before it
			if last.Plugin == "" {
				last = n
			}
			return last, l.plugin(t)
		}
		last = n
	}
}

// TestHotReloadUnderLoad changes a plugin's file in every way there is while requests come in without a pause and are
// delivered by the same plugin: none sees an error, none is lost, what is broken is refused with its reason in the log and
// the API while the former goes on, and each attempt says which file it ran.
func TestHotReloadUnderLoad(t *testing.T) {
	l := underLoad(t, nil)
	plugin := filepath.Join(l.dir, "plugins/probe.wasm")
	first := l.plugin(t).Hash
	hashes := []string{first}
	taken := func(how, version string) {
		t.Helper()
		n, i := l.settled(t)
		if n.Result != "loaded" || n.Plugin != "probe" || i.Version != version || i.Refused != nil || slices.Contains(hashes, i.Hash) {
			t.Fatalf("%s: %+v, %+v", how, n, i)
		}
		hashes = append(hashes, i.Hash)
	}
	refused := func(how, why string) {
		t.Helper()
		running := hashes[len(hashes)-1]
		n, i := l.settled(t)
		if !strings.Contains(n.Result, "refused") || !strings.Contains(n.Reason, why) {
			t.Errorf("%s: %+v", how, n)
		}
		if i.Hash != running || i.Refused == nil || !strings.Contains(i.Refused.Reason, why) || i.Refused.At.IsZero() {
			t.Errorf("%s: the API says %+v", how, i)
		}
		if !strings.Contains(l.log.String(), why) {
			t.Errorf("%s: the log says %s", how, l.log)
		}
	}
	version := func(v string) []byte { return probeNamed(t, `{"version":"`+v+`"}`) }

	l.write(t, "plugins/probe.wasm", string(version("2")))
	taken("written over", "2")

	next := filepath.Join(l.dir, "next")
	if err := os.WriteFile(next, version("3"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, plugin); err != nil {
		t.Fatal(err)
	}
	taken("replaced by a rename", "3")

	whole := version("4")
	l.write(t, "plugins/probe.wasm", string(whole[:len(whole)/2]))
	refused("half-written", "")
	l.write(t, "plugins/probe.wasm", string(whole))
	taken("written to its end", "4")

	l.write(t, "plugins/probe.wasm", "this is no module")
	refused("no module", "not a WebAssembly module")

	l.write(t, "plugins/probe.wasm", string(probeNamed(t, `{"version":"5","config":{"type":"object","required":["greeting"]}}`)))
	refused("other configuration wanted", "the configuration has no greeting")

	if err := os.Remove(plugin); err != nil {
		t.Fatal(err)
	}
	refused("removed", "there is no ")

	l.write(t, "config.toml", strings.Replace(readFile(t, l.file), `plugin = "probe"`, "plugin = \"probe\"\nconfig = { greeting = \"hi\" }", 1))
	if n, i := l.settled(t); n.Result != "reloaded" || i.Hash != hashes[len(hashes)-1] || i.Refused == nil {
		t.Errorf("a change of the configuration beside a plugin that is gone: %+v, %+v", n, i)
	}
	l.write(t, "plugins/probe.wasm", string(version("6")))
	taken("there again", "6")

	l.write(t, "plugins/other.wasm", "this is no module either") // nothing names it
	l.loose(t, func(i admin.PluginInfo) bool {
		return i.Hash == "" && i.Refused != nil && strings.Contains(i.Refused.Reason, "not a WebAssembly module")
	})
	if i := l.plugin(t); i.Refused != nil || i.Version != "6" {
		t.Errorf("after a file that nobody asked for: %+v", i)
	}
	l.write(t, "plugins/other.wasm", string(version("7")))
	l.loose(t, func(i admin.PluginInfo) bool { return i.Version == "7" && i.Refused == nil && len(i.UsedBy) == 0 })

	l.end()
	l.arrive(t, hashes, 20*time.Second)
	for _, w := range l.wrong {
		t.Error(w)
	}
}

// TestHotReloadFaultsAreFound is the control: a gateway that refuses requests while it reloads, one that takes a delivery
// for made that it never sent, and one whose attempts say that another file made them.
func TestHotReloadFaultsAreFound(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		plant      func(*gateway.Options)
	}{
		{"refusing while it reloads", "answered 503", refuseWhileReloading},
		{"a delivery that is not sent", "events arrived", func(o *gateway.Options) {
			o.Lane = func(l *dispatch.Lane) { l.Attempter = &forgetful{Attempter: l.Attempter} }
		}},
		{"another file's hash", "which never ran", func(o *gateway.Options) {
			o.Lane = func(l *dispatch.Lane) { l.Attempter = mislabelled{l.Attempter} }
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := underLoad(t, tt.plant)
			hashes := []string{l.plugin(t).Hash}
			for _, v := range []string{"2", "3"} {
				l.write(t, "plugins/probe.wasm", string(probeNamed(t, `{"version":"`+v+`"}`)))
				_, i := l.settled(t)
				hashes = append(hashes, i.Hash)
			}
			l.end()
			l.arrive(t, hashes, 2*time.Second)
			if !slices.ContainsFunc(l.wrong, func(w string) bool { return strings.Contains(w, tt.want) }) {
				t.Errorf("not found; named is only %q", l.wrong)
			}
		})
	}
}

// refuseWhileReloading is a planted fault: the queue takes nothing for a moment whenever destinations are made anew.
func refuseWhileReloading(o *gateway.Options) {
	q := &closing{}
	o.Wrap = func(inner queue.Queue) queue.Queue { q.Queue = inner; return q }
	o.Lane = func(*dispatch.Lane) { q.refusals.Add(2) }
}

type closing struct {
	queue.Queue
	refusals atomic.Int64
}

func (q *closing) Enqueue(ctx context.Context, entries ...queue.Entry) ([]queue.Receipt, error) {
	if q.refusals.Load() > 0 && q.refusals.Add(-1) >= 0 {
		return nil, queue.ErrClosed
	}
	return q.Queue.Enqueue(ctx, entries...)
}

// forgetful is a planted fault: of a hundred attempts one is not made.
type forgetful struct {
	dispatch.Attempter
	n atomic.Int64
}

func (f *forgetful) Attempt(ctx context.Context, q *queue.Delivery) deliver.Result {
	if f.n.Add(1)%100 == 0 {
		return deliver.Result{Class: deliver.Delivered, Attempt: queue.Attempt{Number: 1, Started: time.Now(), Result: "delivered"}}
	}
	return f.Attempter.Attempt(ctx, q)
}

// mislabelled is a planted fault: what stands in the record as the plugin is another.
type mislabelled struct{ dispatch.Attempter }

func (m mislabelled) Attempt(ctx context.Context, q *queue.Delivery) deliver.Result {
	r := m.Attempter.Attempt(ctx, q)
	r.Attempt.Plugin = "probe@000000000000"
	return r
}

// loose waits for word of the plugin that nothing names, and holds what the API says of it.
func (l *loaded) loose(t *testing.T, as func(admin.PluginInfo) bool) {
	t.Helper()
	for n := waitFor(t, l.notes, feed.Plugin); n.Plugin != "other"; n = waitFor(t, l.notes, feed.Plugin) {
	}
	var page struct{ Items []admin.PluginInfo }
	l.api(t, "/v1/plugins", &page)
	if !slices.ContainsFunc(page.Items, func(i admin.PluginInfo) bool { return i.Name == "other" && as(i) }) {
		t.Errorf("the API says %+v", page.Items)
	}
}

// arrive waits for every delivery and looks at which plugin made it.
func (l *loaded) arrive(t *testing.T, hashes []string, patience time.Duration) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for l.received.len() < int(l.sent.Load()) && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if n := l.received.len(); n < int(l.sent.Load()) {
		l.say("%d of %d events arrived", n, l.sent.Load())
	}
	seen := map[string]int{}
	for cursor, more := "", true; more; {
		page, err := l.Store().Deliveries(t.Context(), queue.Filter{Limit: 1000, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(page.Items); i += 50 { // a sample
			_, attempts, err := l.Store().Delivery(t.Context(), page.Items[i].ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range attempts {
				if a.Result != "delivered" {
					l.say("an attempt failed: %+v", a)
				}
				seen[a.Plugin]++
			}
		}
		cursor = page.Next
		more = cursor != ""
	}
	for label := range seen {
		if !slices.ContainsFunc(hashes, func(h string) bool { return label == "probe@"+h[:12] }) {
			l.say("an attempt was made by %q, which never ran", label)
		}
	}
	if len(seen) < 3 {
		l.say("attempts were made by %v; that shows nothing", seen)
	}
	t.Logf("%d events; by plugin: %v", l.sent.Load(), seen)
}
