package badgerqueue_test

import (
	"bytes"
	"context"
	"flag"
	"io"
	"log/slog"
	"testing"

	"github.com/plugboard/plugboard/queue/badgerqueue"
	"github.com/plugboard/plugboard/queue/queuetest"
)

// quiet drops the log: tests read errors, not lines.
var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func TestConformance(t *testing.T) { conformance(t, nil) }

// TestConformanceSealed holds a sealed store to the same.
func TestConformanceSealed(t *testing.T) { conformance(t, bytes.Repeat([]byte{7}, 32)) }

func conformance(t *testing.T, key []byte) {
	queuetest.Run(t, queuetest.Features{FakeClock: true}, func(t *testing.T, o queuetest.Options) queuetest.Engine {
		q, err := badgerqueue.Open(context.Background(), badgerqueue.Options{
			Dir: o.Dir, Retain: o.Retain, Window: o.Window, StateKeys: o.Keys, MemTable: 16 << 20, Cache: 4 << 20, MinFree: -1, Logger: quiet, Key: key,
		})
		if err != nil {
			t.Fatal(err)
		}
		return q
	})
}

var sealed = flag.Bool("queue.sealed", false, "measure a sealed store")

func BenchmarkQueue(b *testing.B) {
	var key []byte
	if *sealed {
		key = make([]byte, 32)
	}
	queuetest.Bench(b, func(b *testing.B, dir string) queuetest.Engine {
		q, err := badgerqueue.Open(context.Background(), badgerqueue.Options{Dir: dir, MinFree: -1, Logger: quiet, Key: key})
		if err != nil {
			b.Fatal(err)
		}
		return q
	})
}
