package wasm

import (
	"container/list"
	"context"
	"fmt"
	"runtime"
	"sync"
)

// crowd is what the lazy plugins of a host share, of which there may be thousands: how many of them run at once, and the
// memory in which idle instances of theirs wait. Without it the first event for a thousand endpoints, or a thousand endpoints
// that are added, would leave an instance of each for as long as a lazy plugin rests. What has been idle longest goes first.
type crowd struct {
	running chan struct{}
	most    int64 // bytes

	mu   sync.Mutex // taken after a plugin's, never before it
	held int64
	idle list.List // of *bystander, the longest idle first
	at   map[*instance]*list.Element
}

type bystander struct {
	of   *plugin
	i    *instance
	size int64
}

const (
	lazyMemory  = 256 << 20 // bytes, unless the host is told: some ninety guests written in Go
	perInstance = 1 << 20   // bytes, beside a guest's memory: what the engine has of it on Go's heap
)

func newCrowd(most int64) *crowd {
	fill(&most, lazyMemory)
	return &crowd{running: make(chan struct{}, max(8, 4*runtime.GOMAXPROCS(0))), most: most, at: map[*instance]*list.Element{}}
}

// enter waits for the right to run.
func (c *crowd) enter(ctx context.Context, p *plugin) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case c.running <- struct{}{}: // without a look at ctx.Done, as acquire does
		return nil
	default:
	}
	select {
	case c.running <- struct{}{}:
		return nil
	case <-p.closed:
		return errClosed
	case <-ctx.Done():
		return fmt.Errorf("%d plugins of endpoints were busy: %w", cap(c.running), context.Cause(ctx))
	}
}

func (c *crowd) leave() { <-c.running }

// rests notes an idle instance, and gives those for which there is no more room. They are the caller's to let go of, with no
// lock held; one that is called meanwhile stays.
func (c *crowd) rests(p *plugin, i *instance) (gone []*bystander) {
	b := &bystander{p, i, int64(i.call.memory.Size()) + perInstance}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at[i] = c.idle.PushBack(b)
	for c.held += b.size; c.held > c.most && c.idle.Len() > 1; {
		gone = append(gone, c.remove(c.idle.Front()))
	}
	return gone
}

// wakes forgets an instance that is idle no more.
func (c *crowd) wakes(i *instance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.at[i]; at != nil {
		c.remove(at)
	}
}

func (c *crowd) remove(at *list.Element) *bystander {
	b := c.idle.Remove(at).(*bystander) //nolint:forcetypeassert // nothing else is in it
	delete(c.at, b.i)
	c.held -= b.size
	return b
}
