package wasm

import (
	"context"

	"github.com/tetratelabs/wazero/api"
)

// grant is how many counts a guest gets at a time. At 1 to 5 ns each the clock is looked at every 16 to 80 µs, which the
// 0.2 µs of a look do not slow down; and between two looks at the depth of the stack recursion adds a few megabytes.
const grant = 1 << 14

// refill is called by the guest when its counter is below zero. It fills the counter, or ends the guest.
func refill(ctx context.Context, _ api.Module, _ []uint64) {
	c := ctx.(*call)
	over := uint64(-int64(int32(uint32(c.budget.Get())))) // an expensive instruction may have taken much more than was left
	c.granted += over
	if c.look().After(c.asks) {
		c.takeTurn()
	}
	c.checkStack()
	more := uint64(grant)
	if limit := c.plugin.limits.Cost; limit > 0 {
		if c.granted >= limit {
			c.budget.Set(0)
			c.fail(Limited, "it did more work than %d counts", limit)
		}
		more = min(more, limit-c.granted)
	}
	c.granted += more
	c.budget.Set(more)
}

// checkStack ends a guest whose calls lie too deep.
func (c *call) checkStack() {
	limit := maxStack
	if c.plugin.module.form == Script {
		limit = maxScriptStack
	}
	if c.stack.IsValid() && c.stack.Len() > limit {
		c.fail(Limited, "its calls lie deeper than %s of stack", size(int64(limit/2)))
	}
}

// firstGrant fills the counter for a call.
func (c *call) firstGrant() {
	more := uint64(grant)
	if limit := c.plugin.limits.Cost; limit > 0 {
		more = min(more, limit)
	}
	c.granted = more
	c.budget.Set(more)
}
