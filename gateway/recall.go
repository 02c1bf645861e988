package gateway

import (
	"sync/atomic"

	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// recall is where plugins read what they remember. Plugins are made before the store is opened, and without one where a
// configuration is only checked or tried: then nothing is remembered.
type recall struct {
	memory atomic.Pointer[queue.Memory]
}

func (r *recall) from(m queue.Memory) { r.memory.Store(&m) }

// of is what one owner remembers.
func (r *recall) of(owner string) wasm.State { return ownRecall{r, owner} }

type ownRecall struct {
	*recall
	owner string
}

// Get implements wasm.State.
func (r ownRecall) Get(key string) ([]byte, bool) {
	m := r.memory.Load()
	if m == nil {
		return nil, false
	}
	return (*m).Recall(r.owner, key)
}
