package queuetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plugboard/plugboard/queue"
)

// benchWriters are the numbers of callers at the same time: one, and as many as an edge has connections.
var benchWriters = []int{1, 64, 256}

const benchBody = 1024 // bytes of an event's body

// Bench measures an engine beside a plain synced log with group commit, the most that the disk can do, in the same run:
// metric of-log is the ratio, which holds from machine to machine better than rates do.
//
//	go test ./queue/badgerqueue -run '^$' -bench Queue -benchtime 30000x -count 5
//
// log: append and fdatasync, one sync for all who wait. enqueue: an event for one destination. dedupe: with a window.
// cycle: enqueue, lease, end. full: a cycle with a window and an ordering key.
func Bench(b *testing.B, open func(b *testing.B, dir string) Engine) {
	for _, writers := range benchWriters {
		var log float64
		b.Run(fmt.Sprintf("log/writers=%d", writers), func(b *testing.B) {
			l := openLog(b, filepath.Join(b.TempDir(), "log"))
			record := make([]byte, benchBody)
			log = benchRun(b, writers, func(int) error { return l.append(record) })
			l.close(b)
		})
		for _, c := range []struct {
			name   string
			cycle  bool
			window time.Duration
			keys   int
		}{
			{"enqueue", false, 0, 0}, {"dedupe", false, time.Hour, 0}, {"cycle", true, 0, 0}, {"full", true, time.Hour, 1000},
		} {
			b.Run(fmt.Sprintf("%s/writers=%d", c.name, writers), func(b *testing.B) {
				q := open(b, b.TempDir())
				put := putter(q, c.window, c.keys)
				var rate float64
				if c.cycle {
					rate = benchCycle(b, q, writers, put)
				} else {
					rate = benchRun(b, writers, put)
				}
				if log > 0 {
					b.ReportMetric(rate/log, "of-log")
				}
				if err := q.Close(context.Background()); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

func putter(q Engine, window time.Duration, keys int) func(i int) error {
	body := noise(benchBody)
	return func(i int) error {
		id, key := fmt.Sprintf("0197c2f4-7a01-7c3e-9d55-%012d", i), ""
		if keys > 0 {
			key = fmt.Sprint("agent/", i%keys)
		}
		_, err := q.Enqueue(context.Background(), queue.Entry{
			Event: queue.Event{ID: id, Source: "zendesk", Type: "agent.state.changed", Subject: key, Received: time.Now(), Body: body, Window: window},
			Owed:  []queue.Owed{{Destination: "a", Route: "route", Key: key}},
		})
		return err
	}
}

// noise is text that an engine cannot make shorter.
func noise(n int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = ' ' + byte(random.IntN('~'-' '))
	}
	return b
}

// benchRun has writers do b.N things side by side and gives the rate in things a second.
func benchRun(b *testing.B, writers int, do func(i int) error) float64 {
	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := do(int(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	rate := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "ops/s")
	return rate
}

// benchCycle lets as many workers end deliveries as there are writers.
func benchCycle(b *testing.B, q Engine, writers int, put func(i int) error) float64 {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	leases := make(chan queue.Lease, writers)
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(leases)
		for n := 0; n < b.N; {
			got, err := q.Receive(ctx, "a", min(writers, 64))
			if err != nil {
				b.Error(err)
				return
			}
			for _, l := range got {
				leases <- l
			}
			n += len(got)
		}
	})
	for range writers {
		wg.Go(func() {
			for l := range leases {
				if err := l.Done(ctx, queue.Delivered, queue.Attempt{Started: time.Now(), Result: "delivered", Status: 200}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	for range writers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := put(int(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	rate := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "ops/s")
	return rate
}

// syncedLog is the plain synced log: records of all who wait are written together and synced once.
type syncedLog struct {
	file *os.File
	wake chan struct{}
	done chan struct{}

	mu      sync.Mutex
	buf     []byte
	waiting []chan error
	closed  bool
}

func openLog(b *testing.B, path string) *syncedLog {
	f, err := os.Create(path) //nolint:gosec // in the benchmark's own folder
	if err != nil {
		b.Fatal(err)
	}
	// As any serious log it does not grow by each record: then a sync would have to write the file's size as well.
	if err := unix.Fallocate(int(f.Fd()), 0, 0, 1<<30); err != nil {
		b.Fatal(err)
	}
	l := &syncedLog{file: f, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go l.run()
	return l
}

func (l *syncedLog) append(record []byte) error {
	done := make(chan error, 1)
	l.mu.Lock()
	l.buf = append(l.buf, record...)
	l.waiting = append(l.waiting, done)
	first := len(l.waiting) == 1
	l.mu.Unlock()
	if first {
		l.poke()
	}
	return <-done
}

func (l *syncedLog) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *syncedLog) run() {
	defer close(l.done)
	var buf []byte
	var waiting []chan error
	for range l.wake {
		for {
			l.mu.Lock()
			l.buf, buf = buf[:0], l.buf
			l.waiting, waiting = waiting[:0], l.waiting
			closed := l.closed
			l.mu.Unlock()
			if len(waiting) == 0 {
				if closed {
					return
				}
				break
			}
			_, err := l.file.Write(buf)
			if err == nil {
				err = unix.Fdatasync(int(l.file.Fd()))
			}
			for _, w := range waiting {
				w <- err
			}
		}
	}
}

func (l *syncedLog) close(b *testing.B) {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.poke()
	<-l.done
	if err := l.file.Close(); err != nil {
		b.Error(err)
	}
}
