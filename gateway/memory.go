package gateway

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// memoryShare is the part of a cgroup's memory that Go may fill. Beside Go's heap lie what the store maps and buffers, the
// plugins' memories and the kernel's sockets.
const memoryShare = 0.6

// LimitMemory sets Go's memory limit by the cgroup (version 1 or 2) that this process runs in, unless GOMEMLIMIT is set. It
// is for a program that is the gateway and nothing else, before New, which derives bounds from the limit. Without a cgroup
// or a limit nothing changes.
func LimitMemory(log *slog.Logger) {
	limit, err := memlimit.Set(memlimit.WithRatio(memoryShare))
	switch {
	case errors.Is(err, memlimit.ErrNoCgroup), errors.Is(err, memlimit.ErrCgroupsNotSupported):
	case err != nil:
		log.Warn("the cgroup's memory limit cannot be read; set GOMEMLIMIT", "err", err)
	case limit != math.MaxInt64:
		log.Info("Go's memory is limited", "bytes", limit)
	}
}

// endpointMemory is what idle plugins of endpoints may hold, in bytes: an eighth of the memory limit, or without one what the
// host thinks right. It lies beside Go's heap for the most part.
func endpointMemory() int64 {
	limit := debug.SetMemoryLimit(-1)
	if limit == math.MaxInt64 {
		return 0
	}
	return max(limit/8, 1)
}

const (
	smallHeap   = 320 << 20   // bytes: what Go may always fill before it collects more often
	settleEvery = time.Second // how often the limit follows what is live
)

// SettleMemory keeps memory near what is in use where nothing else limits it, until ctx is done. Go lets a heap double and
// holds on to what a peak took, as when Badger merges tables; so 150 MB in use would be up to 800 resident. A limit of three
// times what is live, but no less than smallHeap, ends that and leaves the collector as much to do as before. It is for a
// program that is the gateway and nothing else, after New, whose bounds go by the limit that people set.
func SettleMemory(ctx context.Context) {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return
	}
	defer debug.SetMemoryLimit(math.MaxInt64)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for {
		metrics.Read(live)
		debug.SetMemoryLimit(max(smallHeap, 3*int64(min(live[0].Value.Uint64(), math.MaxInt64/4))))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
