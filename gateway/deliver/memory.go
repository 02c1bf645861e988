package deliver

import (
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// memory is what the plugins of an attempt want remembered, each for itself. It is committed with the attempt's outcome;
// until then later calls of the attempt read it.
type memory []ownMemory

type ownMemory struct {
	plugin string
	writes []wasm.StateWrite
}

// of gives what a plugin has written so far.
func (m memory) of(plugin string) []wasm.StateWrite {
	for i := range m {
		if m[i].plugin == plugin {
			return m[i].writes
		}
	}
	return nil
}

func (m *memory) add(plugin string, writes []wasm.StateWrite) {
	if len(writes) == 0 {
		return
	}
	for i := range *m {
		if own := &(*m)[i]; own.plugin == plugin {
			own.writes = append(own.writes, writes...)
			return
		}
	}
	*m = append(*m, ownMemory{plugin, writes})
}

// writes are all of it, as the queue takes them.
func (m memory) writes(destination string) []queue.StateWrite {
	var out []queue.StateWrite
	for i := range m {
		owner := queue.Owner("destinations", destination, m[i].plugin)
		for _, w := range m[i].writes {
			out = append(out, queue.StateWrite{Owner: owner, Key: w.Key, Value: w.Value, TTL: w.TTL})
		}
	}
	return out
}
