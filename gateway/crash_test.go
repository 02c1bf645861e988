package gateway_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue/queuetest"
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
	switch os.Getenv(plantedEnv) {
	case "":
	case stateApart:
		o.Wrap = planApart
	default:
		o.Wrap = queuetest.Eager
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

var killCycles = flag.Int("kill.cycles", 50, "how often TestKillUnderLoadLosesNothing kills the gateway; 10 with -short")

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
		again := c.receiver.TakeRepeats()
		if again > gatewaytest.InFlight {
			t.Errorf("%d deliveries came again after kill %d; at most %d were in flight", again, i, gatewaytest.InFlight)
		}
		most, repeats = max(most, again), repeats+again
	}
	if c.receiver.Len() == 0 {
		t.Error("nothing was delivered; repeats could not be seen")
	}
	t.Logf("%d kills: %d delivered, %d of them again, at most %d after a kill (%d may be in flight); ready after %v at most",
		cycles, c.receiver.Len(), repeats, most, gatewaytest.InFlight, c.slowest.Round(time.Millisecond))
	c.accepted.MustHold(t, c.config)
}

// TestKillControlIsCaught plants the fault that the test above is for: it must find it.
func TestKillControlIsCaught(t *testing.T) {
	c := newCrash(t, "answer before the commit")
	for range 20 {
		c.cycle(t)
		if lost := c.accepted.Lost(t, c.config); len(lost) > 0 {
			return
		}
	}
	t.Errorf("a gateway that answers before its commit was killed 20 times with %d accepted events, and no loss was seen", len(c.accepted.IDs()))
}

type crash struct {
	config   string
	planted  string
	receiver *gatewaytest.Receiver
	slowest  time.Duration // from start to ready
	accepted gatewaytest.Accepted
}

func newCrash(t *testing.T, planted string) *crash {
	t.Helper()
	r := gatewaytest.NewReceiver(t)
	return &crash{config: gatewaytest.Minimal(t, "data", r.URL, ""), planted: planted, receiver: r}
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
	l := gatewaytest.StartLoad(t, "http://"+addr+"/in", 8, 512, &c.accepted)
	time.Sleep(time.Duration(20+rand.IntN(150)) * time.Millisecond) // the random moment is the test
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	l.End()
	_ = cmd.Wait() // it was killed; that is its error
}
