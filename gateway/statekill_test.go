package gateway_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue"
)

var stateKills = flag.Int("state.kills", 6, "how often TestKillUnderLoadKeepsStateWhole kills the gateway; 4 with -short")

// stateApart, as the planted fault of a child, has it commit what plugins remember in a commit of its own, after the events.
const stateApart = "state apart"

type apart struct {
	queue.Queue
	queue.Memory
}

func planApart(q queue.Queue) queue.Queue { return apart{q, q.(queue.Memory)} }

func (a apart) Enqueue(ctx context.Context, entries ...queue.Entry) ([]queue.Receipt, error) {
	var writes []queue.StateWrite
	for i := range entries {
		writes = append(writes, entries[i].Writes...)
		entries[i].Writes = nil
	}
	receipts, err := a.Queue.Enqueue(ctx, entries...)
	if err == nil {
		err = a.Remember(ctx, writes...)
	}
	return receipts, err
}

// countingKills is a gateway that is killed under load, whose plugin counts what it sees and sends. Each sender has an id of
// its own and waits for each answer, and deliveries have one key, so that each waits for what became of the one before: so
// each count must be that of the events or attempts that are stored, exactly.
type countingKills struct {
	*probing
	planted string
}

const countingSenders = 8

func newCountingKills(t *testing.T, planted string) *countingKills {
	t.Helper()
	r := gatewaytest.NewReceiver(t)
	return &countingKills{planted: planted, probing: probeFiles(t, fmt.Sprintf(`
[sources.probe]
plugin = "probe"
verify = { scheme = "none" }
config = { count = true }
[destinations.there]
plugin = "probe"
config = { count = true }
url = %q
order_by = "type"
allow_http = true
allow_private = true
[[routes]]
name = "all"
to = ["there"]
`, r.URL), nil)}
}

// cycle starts the gateway, loads it, and kills it at a random moment.
func (c *countingKills) cycle(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+c.file, plantedEnv+"="+c.planted)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var addr string
	if _, err := fmt.Fscanln(out, &addr); err != nil {
		t.Fatalf("the gateway did not start: %v\n%s", err, log.String())
	}
	var senders sync.WaitGroup
	for n := range countingSenders {
		senders.Go(func() {
			body := fmt.Sprintf(`{"id":"s%d"}`, n)
			for {
				resp, err := http.Post("http://"+addr+"/hooks/probe", "application/json", strings.NewReader(body))
				if err != nil {
					return // it was killed
				}
				_, err = io.Copy(io.Discard, resp.Body)
				if resp.Body.Close() != nil || err != nil {
					return
				}
				if resp.StatusCode != http.StatusAccepted {
					t.Errorf("answered %s", resp.Status)
					return
				}
			}
		})
	}
	time.Sleep(time.Duration(50+rand.IntN(150)) * time.Millisecond) // the random moment is the test
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	senders.Wait()
	_ = cmd.Wait() // it was killed; that is its error
}

// compare opens the store and sets what the plugin counted beside what is stored. It names what differs, and gives how many
// events and attempts there are.
func (c *countingKills) compare(t *testing.T) (wrong []string, events, attempts int) {
	t.Helper()
	cfg, err := config.Load(c.file, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	store, err := gateway.OpenStore(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	seen := map[string]int{}
	for f := (queue.Filter{Limit: 1000}); ; {
		page, err := store.Events(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			seen[strings.TrimPrefix(e.Event.Subject, "agent/")]++
			events++
			for _, d := range e.Deliveries {
				attempts += d.Attempts
			}
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	count := func(owner, key string, want int) {
		text, _ := store.Recall(owner, key)
		if n, _ := strconv.Atoi(string(text)); n != want {
			wrong = append(wrong, fmt.Sprintf("%s remembers %s as %d, and %d are stored", owner, key, n, want))
		}
	}
	for n := range countingSenders {
		id := fmt.Sprintf("s%d", n)
		count("sources/probe/probe", "seen "+id, seen[id])
	}
	count("destinations/there/probe", "sent", attempts)
	return wrong, events, attempts
}

// TestKillUnderLoadKeepsStateWhole kills the gateway in the middle of load, again and again on the same store: what a plugin
// wrote is there with the event or the attempt that its call came to, or not at all.
//
//	go test ./gateway -run TestKillUnderLoadKeepsStateWhole -state.kills 200 -timeout 20m -v
func TestKillUnderLoadKeepsStateWhole(t *testing.T) {
	kills := *stateKills
	if testing.Short() {
		kills = min(kills, 4)
	}
	c := newCountingKills(t, "")
	events, attempts := 0, 0
	for i := range kills {
		c.cycle(t)
		var wrong []string
		if wrong, events, attempts = c.compare(t); len(wrong) > 0 {
			t.Fatalf("after kill %d: %s", i+1, strings.Join(wrong, "; "))
		}
	}
	if events < kills || attempts < kills {
		t.Errorf("%d events and %d attempts in %d runs show nothing", events, attempts, kills)
	}
	t.Logf("%d kills: %d events and %d attempts, each counted by the plugin exactly once", kills, events, attempts)
}

// TestStateApartIsFound is the control: a gateway that commits what plugins remember after the events.
func TestStateApartIsFound(t *testing.T) {
	c := newCountingKills(t, stateApart)
	for range 20 {
		c.cycle(t)
		if wrong, _, _ := c.compare(t); len(wrong) > 0 {
			t.Log(wrong)
			return
		}
	}
	t.Error("state in a commit of its own: killed 20 times, and no difference was seen")
}
