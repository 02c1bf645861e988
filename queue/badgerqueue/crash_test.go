package badgerqueue

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/plugboard/plugboard/queue/queuetest"
)

var crashCycles = flag.Int("crash.cycles", 6, "how often the crash test kills its child")

// TestMain lets the test binary be the children that tests start.
func TestMain(m *testing.M) {
	queuetest.KillChild(func(dir string) (queuetest.Engine, error) { return Open(context.Background(), crashOptions(dir)) })
	if dir := os.Getenv(flipDir); dir != "" {
		os.Exit(flipChild(dir))
	}
	if orders := os.Getenv(waitingChild); orders != "" {
		if err := waitingPhase(orders); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func crashOptions(dir string) Options {
	o := Options{Dir: dir, MemTable: 16 << 20, Cache: 4 << 20, MinFree: -1, Window: 256, Logger: slog.New(slog.DiscardHandler)}
	if os.Getenv(crashSealed) != "" {
		o.Key = make([]byte, 32)
	}
	return o
}

// crashSealed names what tells the child of TestCrashSealed that the store is encrypted.
const crashSealed = "PLUGBOARD_TEST_CRASH_SEALED"

func openCrashed(t *testing.T, o queuetest.Options) queuetest.Engine {
	t.Helper()
	q, err := Open(t.Context(), crashOptions(o.Dir))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestCrash kills a process that uses the queue.
//
//	go test ./queue/badgerqueue -run 'TestCrash$' -crash.cycles 1000 -timeout 1h
func TestCrash(t *testing.T) {
	t.Parallel()
	queuetest.RunKills(t, *crashCycles, openCrashed)
}

// TestCrashSealed does so with an encrypted store.
func TestCrashSealed(t *testing.T) {
	t.Setenv(crashSealed, "true")
	queuetest.RunKills(t, (*crashCycles+1)/2, openCrashed)
}

func TestCrashControl(t *testing.T) {
	t.Parallel()
	queuetest.KillControl(t, openCrashed)
}
