package badgerqueue

import (
	"context"
	"log/slog"
	"testing"

	"github.com/plugboard/plugboard/queue/queuetest"
)

// clockEngine opens queues for the tests of set clocks.
func clockEngine(byWall bool) queuetest.Open {
	return func(t *testing.T, o queuetest.Options) queuetest.Engine {
		q, err := Open(context.Background(), Options{
			Dir: o.Dir, Retain: o.Retain, Window: o.Window, Now: o.Now, MemTable: 4 << 20, Cache: 4 << 20, MinFree: -1,
			Logger: slog.New(slog.DiscardHandler), byWall: byWall,
		})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
}

func TestClock(t *testing.T) {
	queuetest.RunClock(t, queuetest.Features{FakeClock: true}, clockEngine(false))
}

// TestClockControl plants a queue that decides by the wall clock.
func TestClockControl(t *testing.T) {
	queuetest.ClockControl(t, queuetest.Features{FakeClock: true}, clockEngine(true))
}
