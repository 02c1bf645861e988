package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/plugboard/plugboard/queue"
)

// syncedLog has n writers append records as large as an event, each the next when the last is on disk.
func (r *run) syncedLog(ctx context.Context, n int) (row Row, err error) {
	log, err := openLog(filepath.Join(r.dir, "log"))
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, log.close()) }()
	record := make([]byte, bodySize)
	return r.repeat(ctx, n, func() error { return log.append(record) })
}

// repeat has n goroutines do a thing over and over until the measurement's time is over.
func (r *run) repeat(ctx context.Context, n int, do func() error) (Row, error) {
	var count atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	for range n {
		group.Go(func() error {
			for time.Since(start) < r.length() && ctx.Err() == nil {
				if err := do(); err != nil {
					return err
				}
				count.Add(1)
			}
			return ctx.Err()
		})
	}
	err := group.Wait()
	return rate(count.Load(), time.Since(start)), err
}

// cycle takes events through a queue without a gateway: n writers enqueue, as many workers end what is leased.
func (r *run) cycle(ctx context.Context, n int) (row Row, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.length()+time.Minute)
	defer cancel()
	dir := filepath.Join(r.dir, "queue")
	q, err := r.Open(ctx, dir)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, q.Close(context.WithoutCancel(ctx)), os.RemoveAll(dir)) }()
	c := &cycle{q: q, body: filler, leases: make(chan queue.Lease, n), all: make(chan struct{})}
	group, working := errgroup.WithContext(ctx)
	leasing, stop := context.WithCancel(working)
	defer stop()
	start := time.Now()
	group.Go(func() error { return c.lease(leasing, min(n, 64)) })
	for range n {
		group.Go(func() error { return c.end(working) })
	}
	group.Go(func() error {
		defer stop()
		if _, err := r.repeat(working, n, func() error { return c.enqueue(working) }); err != nil {
			return err
		}
		c.wrote.Store(c.enqueued.Load())
		c.checkAll()
		select {
		case <-c.all:
		case <-working.Done():
		}
		return working.Err()
	})
	err = group.Wait()
	return rate(c.ended.Load(), c.last.Sub(start)), err
}

// cycle is a queue at work.
type cycle struct {
	q               queue.Queue
	body            []byte
	leases          chan queue.Lease
	enqueued, ended atomic.Int64
	wrote           atomic.Int64 // all that will be enqueued, once it is known
	told            atomic.Bool
	last            time.Time     // when the last one ended
	all             chan struct{} // closed when everything has ended
}

const lineName = "receiver"

func (c *cycle) enqueue(ctx context.Context) error {
	_, err := c.q.Enqueue(ctx, queue.Entry{
		Event: queue.Event{ID: fmt.Sprintf("0197c2f4-7a01-7c3e-9d55-%012d", c.enqueued.Add(1)), Source: "zendesk", Type: "agent.state.changed",
			Received: time.Now(), Body: c.body},
		Owed: []queue.Owed{{Destination: lineName, Route: "all"}},
	})
	return err
}

// lease hands out leases until it is told to stop.
func (c *cycle) lease(ctx context.Context, most int) error {
	defer close(c.leases)
	for {
		got, err := c.q.Receive(ctx, lineName, most)
		if err != nil {
			if ctx.Err() != nil {
				return nil // told to: whoever failed says why
			}
			return err
		}
		for _, l := range got {
			select {
			case c.leases <- l:
			case <-ctx.Done():
				return nil
			}
		}
	}
}

func (c *cycle) end(ctx context.Context) error {
	for l := range c.leases {
		if err := l.Done(ctx, queue.Delivered, queue.Attempt{Started: time.Now(), Result: "delivered", Status: 200}); err != nil {
			return err
		}
		c.ended.Add(1)
		c.checkAll()
	}
	return nil
}

// checkAll closes all when everything that was enqueued has ended.
func (c *cycle) checkAll() {
	if wrote := c.wrote.Load(); wrote > 0 && c.ended.Load() == wrote && c.told.CompareAndSwap(false, true) {
		c.last = time.Now()
		close(c.all)
	}
}

func rate(n int64, took time.Duration) Row {
	if took <= 0 {
		return Row{Count: n}
	}
	return Row{Count: n, PerSecond: float64(n) / took.Seconds()}
}
