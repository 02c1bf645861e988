package gateway_test

import (
	"context"
	"math"
	"runtime"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugboard/plugboard/gateway"
)

// TestSettleMemory: the limit follows what is live, never below what a small gateway needs, and is gone at the end; one that
// somebody set stays.
func TestSettleMemory(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64)) // whatever the environment says
	synctest.Test(t, func(t *testing.T) {
		settle := func() context.CancelFunc {
			ctx, cancel := context.WithCancel(t.Context())
			go gateway.SettleMemory(ctx)
			synctest.Wait()
			return cancel
		}
		stop := settle()
		if limit := debug.SetMemoryLimit(-1); limit < 320<<20 || limit == math.MaxInt64 {
			t.Errorf("with little live the limit is %d, want 320 MiB", limit)
		}
		live := make([]byte, 200<<20)
		runtime.GC() // what is live is known from here on
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if limit := debug.SetMemoryLimit(-1); limit < 600<<20 {
			t.Errorf("with 200 MiB live the limit is %d, want three times that", limit)
		}
		runtime.KeepAlive(live)
		stop()
		synctest.Wait()
		if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
			t.Errorf("at the end the limit is %d, want none", limit)
		}

		debug.SetMemoryLimit(1 << 40)
		defer debug.SetMemoryLimit(math.MaxInt64)
		stop = settle()
		defer stop()
		if limit := debug.SetMemoryLimit(-1); limit != 1<<40 {
			t.Errorf("a limit that was set became %d", limit)
		}
	})
}
