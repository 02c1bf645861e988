package gateway_test

import (
	"bytes"
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
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/queue"
)

// loaded is a gateway under load: eight senders post without a pause, and each answer but 202 with one event fails the
// test, as does a delivery that does not arrive.
type loaded struct {
	*probing
	notes    *feed.Listener
	log      *lockedBuffer
	received *arrivals
	sent     atomic.Int64
	stop     chan struct{}
	senders  sync.WaitGroup
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

func underLoad(t *testing.T) *loaded {
	t.Helper()
	l := &loaded{received: &arrivals{bodies: map[string]int{}}, log: new(lockedBuffer), stop: make(chan struct{})}
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
	l.running = startWith(t, gateway.Options{ConfigFile: l.file, Watch: true, Logger: newTextLog(l.log)})
	l.notes = l.feed.Listen(1 << 15) // each event has several
	for n := range 8 {
		l.senders.Go(func() { l.send(t, n) })
	}
	return l
}

func (l *loaded) send(t *testing.T, sender int) {
	for n := 0; ; n++ {
		select {
		case <-l.stop:
			return
		default:
		}
		status, a := l.post(t, "/hooks/probe", fmt.Sprintf(`{"id":"%d-%d"}`, sender, n))
		if status != http.StatusAccepted || a.Aside || len(a.Events) != 1 {
			t.Errorf("answered %d %+v", status, a)
			return
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
	l := underLoad(t)
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

	close(l.stop)
	l.senders.Wait()
	l.mustArrive(t, hashes)
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

// mustArrive waits for every delivery and looks at which plugin made it.
func (l *loaded) mustArrive(t *testing.T, hashes []string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for l.received.len() < int(l.sent.Load()) {
		select {
		case <-deadline:
			t.Fatalf("%d of %d events arrived", l.received.len(), l.sent.Load())
		case <-time.After(10 * time.Millisecond):
		}
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
					t.Errorf("an attempt failed: %+v", a)
				}
				seen[a.Plugin]++
			}
		}
		cursor = page.Next
		more = cursor != ""
	}
	for label := range seen {
		if !slices.ContainsFunc(hashes, func(h string) bool { return label == "probe@"+h[:12] }) {
			t.Errorf("an attempt was made by %q, which never ran", label)
		}
	}
	if len(seen) < 3 {
		t.Errorf("attempts were made by %v; that shows nothing", seen)
	}
	t.Logf("%d events, none refused, none lost; by plugin: %v", l.sent.Load(), seen)
}
