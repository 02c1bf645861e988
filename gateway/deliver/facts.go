package deliver

import (
	"strconv"
	"time"

	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// facts answers what a plugin may ask about a delivery. The configuration and the function's name are the plugin
// host's to tell.
type facts struct {
	delivery *queue.Delivery
	memo     []byte
}

// Facts are what a plugin may ask about a delivery that has no memo.
func Facts(d *queue.Delivery) wasm.Facts { return facts{delivery: d} }

func (f facts) Fact(name string) ([]byte, bool) {
	q := f.delivery
	switch name {
	case "destination":
		return []byte(q.Destination), true
	case "route":
		return []byte(q.Route), true
	case "source":
		return []byte(q.Event.Source), true
	case "attempt":
		return strconv.AppendInt(nil, int64(q.Attempts)+1, 10), true
	case "received_at":
		return q.Event.Received.UTC().AppendFormat(nil, time.RFC3339Nano), true
	case "delivery":
		return []byte(q.ID), true
	case "memo":
		return f.memo, len(f.memo) > 0
	}
	return nil, false
}
