package wasm

import (
	"runtime"
	"time"
)

// Guests that run for long take turns. A short call asks nobody: it ends before others notice. One that has run longer than
// unasked needs a turn to run on, of at most turnLength, and goes to the end of the queue then. There is one turn fewer than there
// are processors, at least one, so that one stays free, whatever guests do, for all that is short and for the network, which Go
// looks at only when a processor has nothing to run. Of a plugin's calls half as many as there are processors have a turn or wait for
// the host's at a time, so that another's long calls wait for those and not for all of its instances.
//
// A turn is the plugin's and then the host's; nothing else is waited for with one in hand but the processor.
const (
	unasked    = time.Millisecond
	turnLength = time.Millisecond
)

// turns are a right to run, each a place in a channel, which serves who waits in the order of their coming.
type turns chan struct{}

// hostTurns and pluginTurns are what guests share of so many processors.
func hostTurns() turns   { return make(turns, max(1, runtime.GOMAXPROCS(0)-1)) }
func pluginTurns() turns { return make(turns, max(1, runtime.GOMAXPROCS(0)/2)) }

// takeTurn waits for a turn, and lets others run first if the call has had one.
func (c *call) takeTurn() {
	if c.inTurn {
		c.endTurn()
		runtime.Gosched()
	}
	c.plugin.turns <- struct{}{}
	c.plugin.module.host.turns <- struct{}{}
	c.inTurn = true
	c.looked = time.Now() // the wait is not the guest's
	c.asks = c.looked.Add(turnLength)
}

// endTurn gives the turn back, if there is one.
func (c *call) endTurn() {
	if c.inTurn {
		c.inTurn = false
		<-c.plugin.module.host.turns
		<-c.plugin.turns
	}
}
