package edge

import (
	"sync"
	"sync/atomic"
)

// use counts the requests that a pipeline is reading, so that a reload can tell when the old one is done with: its
// plugins must not be closed before.
type use struct {
	count atomic.Int64 // one for the server that holds it, and one for each request
	once  sync.Once
	done  chan struct{}
}

func (u *use) init() {
	u.count.Store(1)
	u.done = make(chan struct{})
}

func (u *use) release() {
	if u.count.Add(-1) == 0 {
		u.once.Do(func() { close(u.done) })
	}
}

// acquire gives the pipeline in use, which stays usable until release; nil when there is none.
func acquire(current *atomic.Pointer[Pipeline]) *Pipeline {
	for {
		p := current.Load()
		if p == nil {
			return nil
		}
		p.use.count.Add(1)
		if current.Load() == p {
			return p
		}
		// It was replaced between the two: perhaps nobody waited for this count. What replaced it is there by now.
		p.use.release()
	}
}
