package gateway

import (
	"errors"
	"log/slog"
	"math"

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
