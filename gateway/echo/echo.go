// Package echo recognises what the gateway itself caused when it comes back.
//
// An agent goes away in Zendesk, the gateway sets the presence in babelforce, babelforce reports that the presence changed:
// sent on to Zendesk, that would be the beginning of a loop. So a destination's plugin says with each request what it will
// cause (effect: key "agent/7", value "away"), and that is put down here before the request is sent. When a source that
// reports from the same system then says just that, key and value, within its window, its event is the echo: it is stored
// like any other, and its deliveries with it, but as dropped ("echo of delivery …").
//
//	deliver: effect ──► Line.Expect ──► memory, and the queue's store: synced before the request goes out
//	                                        │ one delivery: one echo
//	edge: event with key and value ──► Watch.Take ──► taken: in the event's own commit
//	                                        └────────► Return: the event was a repeat, or not stored
//
// Each effect answers for one report of its value. Another value is no echo and leaves what is expected standing; so does a
// second report of the same value pass, because somebody caused it. What is known to have caused nothing (the receiver
// refused it) is withdrawn.
//
// What is expected is committed before it is caused and taken in the commit of the event that is its echo, so neither a crash
// nor a restart within the window makes an echo of a real event, or loses count. Only destinations that a source reports
// from have a Line, so where nothing comes back nothing is written.
package echo

import (
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/queue"
)

// Effect is what a delivery will cause, and what an event reports. Values are compared without regard to case, as the names
// of states are.
type Effect = event.Effect

// hash is an effect as it is kept: of bounded length, whatever a plugin writes.
type hash [16]byte

func hashOf(e Effect) (h hash) {
	sum := sha256.Sum256([]byte(strings.TrimSpace(e.Key) + "\x00" + strings.ToLower(strings.TrimSpace(e.Value))))
	copy(h[:], sum[:])
	return h
}

// Guard holds what is expected at all destinations. It outlives the configurations. It is safe for concurrent use.
type Guard struct {
	now     func() time.Time
	started time.Time
	memory  atomic.Pointer[queue.Memory]

	mu     sync.Mutex
	lines  map[string]*expectations // by destination
	groups map[string]*group        // by plugin
	counts map[string]*atomic.Int64 // by source
}

// group is the destinations with one plugin: endpoints come and go, and what a source reports from is looked up anew.
type group struct {
	lines atomic.Pointer[[]*expectations]
}

func (o *group) all() []*expectations {
	if list := o.lines.Load(); list != nil {
		return *list
	}
	return nil
}

// New makes a Guard. now may be nil: time.Now. Until Keep it holds what is expected in memory alone.
func New(now func() time.Time) *Guard {
	if now == nil {
		now = time.Now
	}
	return &Guard{now: now, started: now(), lines: map[string]*expectations{}, groups: map[string]*group{}, counts: map[string]*atomic.Int64{}}
}

// Keep makes the Guard put down in m what is expected, and find there what was before a restart.
func (g *Guard) Keep(m queue.Memory) { g.memory.Store(&m) }

func (g *Guard) line(destination string) *expectations {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lines[destination]
	if l == nil {
		l = &expectations{g: g, destination: destination, owner: "echo/" + destination, waiting: map[hash][]*Expected{}, found: map[string]bool{}}
		g.lines[destination] = l
	}
	return l
}

// At is what the deliveries of a destination with that plugin are told to, for as long as the window.
func (g *Guard) At(destination, plugin string, window time.Duration) *Line {
	l, o := g.line(destination), g.group(plugin)
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := o.all(); !slices.Contains(known, l) {
		next := append(slices.Clone(known), l)
		o.lines.Store(&next)
	}
	return &Line{l, window}
}

func (g *Guard) group(plugin string) *group {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.groups[plugin] == nil {
		g.groups[plugin] = &group{}
	}
	return g.groups[plugin]
}

// Watch is what a source asks that reports what happens at these destinations. Nil: it reports from none.
func (g *Guard) Watch(source string, window time.Duration, of ...string) *Watch {
	if window <= 0 || len(of) == 0 {
		return nil
	}
	o := &group{}
	var lines []*expectations
	for _, destination := range of {
		lines = append(lines, g.line(destination))
	}
	o.lines.Store(&lines)
	return &Watch{window: window, of: o, count: g.counter(source)}
}

// WatchPlugin is Watch for whatever destinations have the plugin, now or later.
func (g *Guard) WatchPlugin(source string, window time.Duration, plugin string) *Watch {
	if window <= 0 || plugin == "" {
		return nil
	}
	return &Watch{window: window, of: g.group(plugin), count: g.counter(source)}
}

func (g *Guard) counter(source string) *atomic.Int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.counts[source] == nil {
		g.counts[source] = new(atomic.Int64)
	}
	return g.counts[source]
}

// Count is how many echoes of a source were stored since the process began.
func (g *Guard) Count(source string) int64 { return g.counter(source).Load() }
