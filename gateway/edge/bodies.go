package edge

import (
	"math"
	"net/http"
	"runtime/debug"
	"sync/atomic"
)

// fasthttp makes room for a whole body as soon as its length is announced, so 10,000 connections that each say 1 MiB and
// send little are 10 GiB. What bodies may take is therefore one budget for all connections. The scanner draws on it when
// a head, or a chunk's line, says what is coming, before fasthttp knows of it; it is given back when the answer is out.
const (
	bodiesShare   = 16        // of the memory limit: beside the body lie its copies, the event, and what Go has not collected
	bodiesNoLimit = 256 << 20 // without a memory limit
	leastBodies   = 4         // times max_body, so that a body that is allowed finds room
	smallBody     = 64 << 10  // a larger one leaves a quarter free: large ones do not keep small ones out
	memoryConns   = 4         // part of the memory limit that open connections may take
	perConnection = 32 << 10  // buffers, a goroutine's stack and the kernel's part
)

// budget bounds the bytes of bodies in memory. It is safe for concurrent use.
type budget struct {
	limit   int64
	maxBody int64
	used    atomic.Int64
}

// newBudget takes what is configured, 0 for a part of the memory limit.
func newBudget(configured, maxBody, memory int64) *budget {
	limit := configured
	switch {
	case limit > 0:
	case memory == math.MaxInt64:
		limit = bodiesNoLimit
	default:
		limit = memory / bodiesShare
	}
	return &budget{limit: max(limit, leastBodies*maxBody), maxBody: maxBody}
}

// memoryLimit is Go's, in bytes; math.MaxInt64 when there is none.
func memoryLimit() int64 { return debug.SetMemoryLimit(-1) }

// take takes n bytes for a body that will have whole bytes at least, unless there is no room.
func (b *budget) take(n, whole int64) bool {
	room := b.limit
	if whole > smallBody {
		room -= room / 4
	}
	for {
		used := b.used.Load()
		if used+n > room {
			return false
		}
		if b.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// hold is what one connection has taken of the budget. One goroutine grows it; giving back may come from another.
type hold struct {
	budget *budget
	body   int64 // bytes announced of the body that is being read
	taken  atomic.Int64
}

// grow takes room for n more bytes of a body; one that is packed may come to twenty times what is sent, up to max_body.
func (h *hold) grow(n int64, packed bool) *wireError {
	if h == nil || n == 0 || h.body > h.budget.maxBody {
		return nil
	}
	before := h.cost(packed)
	if h.body += n; h.body > h.budget.maxBody {
		return nil // fasthttp refuses it by its length
	}
	cost := h.cost(packed)
	if !h.budget.take(cost-before, cost) {
		return &wireError{http.StatusServiceUnavailable, "more request bodies at once than there is memory for"}
	}
	h.taken.Add(cost - before)
	return nil
}

func (h *hold) cost(packed bool) int64 {
	if packed {
		return h.body + min(h.body*maxRatio, h.budget.maxBody)
	}
	return h.body
}

// giveBack returns everything: no body of this connection is in memory any more.
func (h *hold) giveBack() {
	if h == nil || h.taken.Load() == 0 {
		return
	}
	h.budget.used.Add(-h.taken.Swap(0))
}
