package wasm

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// call is the state of an instance's running call, and the context.Context under which the engine runs it: host
// functions get it back without a search. It is used again by the next call; what it keeps is bounded by the limits.
type call struct {
	caller context.Context // of the running call
	plugin *plugin
	fn     Function
	in     Input

	memory   api.Memory
	budget   api.MutableGlobal
	stack    reflect.Value // the engine's stack of the running function; not valid: not known
	started  time.Time
	deadline time.Time     // by the clock: the end even of a guest that hardly gets to run
	asks     time.Time     // from when on it needs a turn to run on
	inTurn   bool          // it has one
	looked   time.Time     // when its time was last taken
	ran      time.Duration // of its own
	allowed  time.Duration // of ran
	granted  uint64        // counts given so far

	hostCalls int
	out       []byte
	log       logBuffer
	state     []StateWrite
	stateSize int64
	document  jsondoc.Doc
	parsed    bool // the input has been tried as JSON
	isJSON    bool
	scratch   []byte
	made      jsondoc.Player // the output of a guest that leaves the writing to the host
	building  int64          // bytes of texts that it was made of
	check     jsondoc.Doc
	extism    extism
	names     map[string]string

	arguments   []string // of a command, and its environment
	environment []string
	read        int // of a command's standard input

	word struct { // the guest's own, by stop
		kind Kind
		text string
	}
	fault struct { // the host's
		kind   Kind
		reason string
	}
	exited bool // by proc_exit, with
	status uint32
}

// Deadline, Done, Err and Value make a call a context.Context. The engine asks for values only: what ends a call is
// looked at by refill and by host functions.
func (c *call) Deadline() (time.Time, bool) { return c.deadline, true }
func (c *call) Done() <-chan struct{}       { return nil }
func (c *call) Err() error                  { return c.caller.Err() }
func (c *call) Value(any) any               { return nil }

// errEnd ends a guest from within a host function; why stands in the call.
var errEnd = errors.New("ended by the host")

// begin makes the state ready for a call.
func (c *call) begin(ctx context.Context, fn Function, in Input, allowed time.Duration) {
	c.caller, c.fn, c.in = ctx, fn, in
	if c.plugin.resting.is() && !c.plugin.module.host.relentless.Load() {
		c.takeTurn()
	}
	c.started = time.Now()
	c.asks, c.looked, c.ran = c.started.Add(unasked), c.started, 0
	c.allowed = allowed
	c.deadline = c.started.Add(patience * allowed)
	c.granted, c.hostCalls, c.read = 0, 0, 0
	c.out = c.out[:0]
	c.log.reset(c.plugin.limits.Log)
	c.state, c.stateSize = nil, 0
	c.parsed, c.isJSON = false, false
	c.word.kind, c.word.text = 0, ""
	c.fault.kind, c.fault.reason = 0, ""
	c.exited, c.status = false, 0
}

// end lets go of what belongs to the caller, and of what a large call has made grow.
func (c *call) end() {
	c.endTurn()
	if len(c.in.Body) > pageSize {
		c.document = jsondoc.Doc{}
		c.scratch = nil
	}
	if c.parsed && c.isJSON {
		_ = c.document.Reset(noDocument) // or it would keep the caller's bytes
	}
	c.endBuilding()
	c.extism.end()
	c.caller, c.in = nil, Input{}
	c.state, c.arguments, c.environment = nil, nil, nil
}

var noDocument = []byte("null")

// fail ends the guest.
func (c *call) fail(kind Kind, format string, a ...any) {
	if c.fault.kind == 0 {
		c.fault.kind, c.fault.reason = kind, fmt.Sprintf(format, a...)
	}
	panic(errEnd)
}

// A guest's time is its own: on a busy machine the clock goes on while others have the processor, and a call of 10 µs
// that was put off for 60 ms has done nothing wrong. Between two looks lie 16 to 80 µs of work (see grant), so of what
// passes between them at most longestTurn is the guest's: what that work takes if all of it misses the cache. By the
// clock a call may take patience times what is allowed.
const (
	longestTurn = 2 * time.Millisecond
	patience    = 20
)

// look ends a guest that is out of time or whose caller has gone.
func (c *call) look() (now time.Time) {
	now = time.Now()
	c.ran += min(now.Sub(c.looked), longestTurn)
	c.looked = now
	if c.ran > c.allowed {
		c.fail(Limited, "it ran longer than %v", c.allowed)
	}
	if now.After(c.deadline) {
		c.fail(Limited, "it was not done after %v, in which it hardly got to run: the machine is overloaded", patience*c.allowed)
	}
	if c.caller.Err() != nil {
		c.fail(Stopped, "the caller gave up: %v", context.Cause(c.caller))
	}
	return now
}

// enter counts a host call. The clock is read now and then only: it costs as much as the shorter calls.
func (c *call) enter() {
	c.hostCalls++
	if c.hostCalls > c.plugin.limits.HostCalls {
		c.fail(Limited, "it called the host more than %d times", c.plugin.limits.HostCalls)
	}
	if c.hostCalls%64 == 0 {
		c.look()
	}
}

// view gives n bytes of guest memory, valid until the guest runs again.
func (c *call) view(what string, at, n uint32) []byte {
	b, ok := c.memory.Read(at, n)
	if !ok {
		c.fail(Trapped, "%s: %d bytes at %d lie outside its memory of %d bytes", what, n, at, c.memory.Size())
	}
	if n > pageSize {
		c.look()
	}
	return b
}

// name gives a short string out of guest memory, made once for each that an instance uses.
func (c *call) name(what string, at, n uint32) string {
	if n > maxName {
		c.fail(Limited, "%s: a name of more than %s", what, size(maxName))
	}
	b := c.view(what, at, n)
	if s, ok := c.names[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(c.names) < 64 && len(s) < 64 {
		c.names[s] = s
	}
	return s
}

// give copies value to the guest's buffer if it fits, and answers its size.
func (c *call) give(what string, value []byte, at, room uint32) uint64 {
	if uint64(len(value)) > uint64(room) {
		c.view(what, at, room) // a bad pointer is a fault of the guest whatever the value
		return uint64(uint32(len(value)))
	}
	copy(c.view(what, at, room), value)
	return uint64(uint32(len(value)))
}

// absent is the answer -1.
const absent = uint64(0xffffffff)

// write appends to the output.
func (c *call) write(b []byte) {
	if int64(len(c.out)+len(b)) > c.plugin.limits.Output {
		c.fail(Limited, "it wrote more than %s of output", size(c.plugin.limits.Output))
	}
	c.out = append(c.out, b...)
}

// cost is what the call has used of the counter.
func (c *call) cost() uint64 {
	return c.granted - uint64(max(0, int32(uint32(c.budget.Get()))))
}
