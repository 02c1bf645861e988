package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/queue"
)

// The test program runs itself as a gateway that can be killed.
const (
	childEnv   = "PLUGBOARD_TEST_GATEWAY" // configuration file
	plantedEnv = "PLUGBOARD_TEST_PLANTED" // a fault between edge and queue
)

func TestMain(m *testing.M) {
	if file := os.Getenv(childEnv); file != "" {
		os.Exit(child(file))
	}
	os.Exit(m.Run())
}

func child(file string) int {
	o := gateway.Options{ConfigFile: file, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	if os.Getenv(plantedEnv) != "" {
		o.Wrap = func(q queue.Queue) queue.Queue { return eager{q} }
	}
	g, err := gateway.New(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(g.Listen())
	if err := g.Run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// eager is the planted fault: it answers before the commit.
type eager struct{ queue.Queue }

func (e eager) Enqueue(_ context.Context, entries ...queue.Entry) ([]queue.Receipt, error) {
	receipts := make([]queue.Receipt, len(entries))
	kept := make([]queue.Entry, len(entries))
	for i, en := range entries {
		receipts[i] = queue.Receipt{ID: en.Event.ID, Deliveries: len(en.Owed)}
		kept[i] = en
		kept[i].Event.Body, kept[i].Event.Raw = bytes.Clone(en.Event.Body), bytes.Clone(en.Event.Raw)
	}
	go func() {
		time.Sleep(5 * time.Millisecond) // as a busy disk would have it
		_, _ = e.Queue.Enqueue(context.Background(), kept...)
	}()
	return receipts, nil
}

var killCycles = flag.Int("kill.cycles", 50, "how often TestKillUnderLoadLosesNothing kills the gateway; 10 with -short")

// inFlight is what may come again after a kill: the attempts of a destination, and its outcomes that wait for their commit.
const inFlight = 10 + 256

// TestKillUnderLoadLosesNothing kills the gateway in the middle of load, again and again on the same store. Every event
// that it answered with 202 must be in the store afterwards, with its delivery, and no more than what was in flight may
// reach the receiver again.
//
//	go test ./gateway -run TestKillUnderLoadLosesNothing -kill.cycles 1000 -timeout 1h -v
func TestKillUnderLoadLosesNothing(t *testing.T) {
	cycles := *killCycles
	if testing.Short() {
		cycles = min(cycles, 10)
	}
	c := newCrash(t, "")
	most, repeats := 0, 0
	for i := range cycles {
		c.cycle(t)
		again := c.receiver.takeRepeats()
		if again > inFlight {
			t.Errorf("%d deliveries came again after kill %d; at most %d were in flight", again, i, inFlight)
		}
		most, repeats = max(most, again), repeats+again
	}
	if len(c.receiver.seen) == 0 {
		t.Error("nothing was delivered; repeats could not be seen")
	}
	t.Logf("%d kills: %d delivered, %d of them again, at most %d after a kill (%d may be in flight); ready after %v at most",
		cycles, len(c.receiver.seen), repeats, most, inFlight, c.slowest.Round(time.Millisecond))
	c.mustHoldAll(t)
}

// TestKillControlIsCaught plants the fault that the test above is for: it must find it.
func TestKillControlIsCaught(t *testing.T) {
	c := newCrash(t, "answer before the commit")
	for range 20 {
		c.cycle(t)
		if lost := c.lost(t); len(lost) > 0 {
			return
		}
	}
	t.Errorf("a gateway that answers before its commit was killed 20 times with %d accepted events, and no loss was seen", len(c.accepted))
}

// receiver is the destination. It knows a delivery that it has had before.
type receiver struct {
	mu      sync.Mutex
	seen    map[string]bool // by webhook-id
	repeats int             // since the last takeRepeats
}

func (r *receiver) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	id := req.Header.Get("webhook-id")
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[id] {
		r.repeats++
	}
	r.seen[id] = true
}

func (r *receiver) takeRepeats() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.repeats
	r.repeats = 0
	return n
}

type crash struct {
	config   string
	planted  string
	receiver *receiver
	slowest  time.Duration // from start to ready
	mu       sync.Mutex
	accepted []string
}

func newCrash(t *testing.T, planted string) *crash {
	dir := t.TempDir()
	c := &crash{config: filepath.Join(dir, "config.toml"), planted: planted, receiver: &receiver{seen: map[string]bool{}}}
	there := httptest.NewServer(c.receiver)
	t.Cleanup(there.Close)
	text := fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
[queue]
dir = "data"
min_free = "1MiB"
[plugins]
dir = "."
[sources.any]
path = "/in"
verify = { scheme = "none" }
[destinations.there]
url = %q
concurrency = 10
allow_http = true
allow_private = true
[[routes]]
name = "all"
to = ["there"]
`, there.URL)
	if err := os.WriteFile(c.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// cycle starts the gateway, loads it, and kills it at a random moment.
func (c *crash) cycle(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+c.config, plantedEnv+"="+c.planted)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var addr string
	if _, err := fmt.Fscanln(out, &addr); err != nil {
		t.Fatalf("the gateway did not start: %v\n%s", err, log.String())
	}
	c.slowest = max(c.slowest, time.Since(started))
	ctx, cancel := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() { c.load(ctx, "http://"+addr+"/in") })
	}
	time.Sleep(time.Duration(20+rand.IntN(150)) * time.Millisecond) // the random moment is the test
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	cancel()
	senders.Wait()
	_ = cmd.Wait() // it was killed; that is its error
}

func (c *crash) load(ctx context.Context, url string) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		body := fmt.Sprintf(`{"n":%d,"pad":"%0512d"}`, rand.Uint64(), 0)
		resp, err := client.Post(url, "application/json", bytes.NewReader([]byte(body)))
		if err != nil {
			return // killed
		}
		answer, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		var a struct{ Events []string }
		if err != nil || resp.StatusCode != http.StatusAccepted || json.Unmarshal(answer, &a) != nil {
			continue
		}
		c.mu.Lock()
		c.accepted = append(c.accepted, a.Events...)
		c.mu.Unlock()
	}
}

// lost opens the store as a gateway would and gives the accepted events that it does not have.
func (c *crash) lost(t *testing.T) []string {
	t.Helper()
	cfg, err := config.Load(c.config, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := gateway.Audit(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if report.FaultCount > 0 {
		t.Errorf("the store is not consistent: %v", report.Faults)
	}
	q, err := gateway.OpenStore(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	var lost []string
	for _, id := range c.accepted {
		info, err := q.Event(t.Context(), id)
		if err != nil || len(info.Deliveries) != 1 {
			lost = append(lost, id)
		}
	}
	return lost
}

func (c *crash) mustHoldAll(t *testing.T) {
	t.Helper()
	if len(c.accepted) == 0 {
		t.Fatal("nothing was accepted; the test shows nothing")
	}
	if lost := c.lost(t); len(lost) > 0 {
		t.Errorf("%d of %d accepted events are missing, such as %s", len(lost), len(c.accepted), lost[0])
	}
	t.Logf("%d events accepted, none lost", len(c.accepted))
}
