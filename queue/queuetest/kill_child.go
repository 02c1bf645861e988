package queuetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// The environment variables that turn a test binary into the child that is killed.
const (
	killDir   = "QUEUETEST_KILL_DIR"
	killEager = "QUEUETEST_KILL_EAGER"
	killCycle = "QUEUETEST_KILL_CYCLE"
)

// killKind is what the child's records are of.
const killKind = "killed"

// KillChild is to be called first in the TestMain of a package that calls RunKills: in the child that is killed it never
// returns. open opens the engine in a folder as RunKills is to find it.
func KillChild(open func(dir string) (Engine, error)) {
	dir := os.Getenv(killDir)
	if dir == "" {
		return
	}
	q, err := open(dir)
	if err == nil {
		var work queue.Queue = q
		if os.Getenv(killEager) != "" {
			work = Eager(q)
		}
		records, _ := q.(queue.Registry)
		if records != nil && os.Getenv(killEager) != "" {
			records = eagerRecords{records}
		}
		err = workUntilKilled(work, records, os.Getenv(killCycle))
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// workUntilKilled loads a queue and says on standard output what it was told: "+ID" for an event that was accepted, "-ID"
// for a delivery whose end was confirmed, "=KEY VALUE" for a record that was put. records may be nil.
func workUntilKilled(q queue.Queue, records queue.Registry, cycle string) error {
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	for w := range 32 {
		wg.Go(func() { errs <- killEnqueue(q, fmt.Sprintf("%s.%d", cycle, w), rand.New(rand.NewPCG(uint64(w), 7))) }) //nolint:gosec // a load to be made again
	}
	for _, d := range []string{"a", "a", "a", "b", "b", "c"} {
		wg.Go(func() { errs <- killConsume(q, d) })
	}
	if records != nil {
		wg.Go(func() { errs <- killPut(records, cycle) })
	}
	return <-errs
}

// killPut writes records over and over.
func killPut(g queue.Registry, cycle string) error {
	for i := 1; ; i++ {
		r := queue.Record{Kind: killKind, Key: fmt.Sprint(cycle, ".", i%3), Value: fmt.Append(nil, i)}
		if err := g.Put(context.Background(), r); err != nil {
			return err
		}
		say('=', fmt.Sprintf("%s %d", r.Key, i))
	}
}

func killEnqueue(q queue.Queue, prefix string, rng *rand.Rand) error {
	for i := 0; ; i++ {
		e := queue.Entry{
			Event: queue.Event{ID: fmt.Sprintf("%s.%d", prefix, i), Source: "s", Received: time.Now(), Window: time.Hour, Body: noise(rng.IntN(3000))},
			Owed:  []queue.Owed{{Destination: "a", Key: fmt.Sprint(rng.IntN(50))}, {Destination: "b"}, {Destination: "c", Key: fmt.Sprint(rng.IntN(30)), Replaces: true}},
		}
		if _, err := q.Enqueue(context.Background(), e); err != nil {
			return err
		}
		say('+', e.Event.ID)
	}
}

// killConsume ends deliveries in each way that there is.
func killConsume(q queue.Queue, destination string) error {
	ctx := context.Background()
	for i := 0; ; i++ {
		leases, err := q.Receive(ctx, destination, 8)
		if err != nil {
			return err
		}
		for _, l := range leases {
			a := queue.Attempt{Started: time.Now(), Result: "x"}
			switch i++; i % 7 {
			case 0:
				err = l.Retry(ctx, time.Now().Add(time.Duration(i%90)*time.Millisecond), nil, a)
			case 1:
				err = l.Done(ctx, queue.Dead, a)
			default:
				if err = l.Done(ctx, queue.Delivered, a); err == nil {
					say('-', l.Delivery().ID)
				}
			}
			if err != nil {
				return err
			}
		}
	}
}

// say writes one line in one write, so that lines of several goroutines do not mix.
func say(sign byte, id string) {
	if _, err := os.Stdout.WriteString(string(sign) + id + "\n"); err != nil {
		os.Exit(2)
	}
}
