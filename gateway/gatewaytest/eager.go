package gatewaytest

import (
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/queuetest"
)

// Eager is the planted bug queuetest.Eager, for gateway.Options.Wrap.
func Eager(q queue.Queue) queue.Queue { return queuetest.Eager(q) }
