package wasm

import (
	"context"
	"fmt"
	"time"
)

// Function is something a plugin does, called by the name of its export.
type Function uint8

// The functions of the plugin interface.
const (
	Receive   Function = iota // a vendor's request into events, before the commit
	Transform                 // an event into zero or more events, on a route
	Format                    // an event into the request to send
	Judge                     // what came back into a verdict
	Encode                    // an event into the request that its vendor would have sent
	functions                 // how many there are
)

var functionNames = [functions]string{"receive", "transform", "format", "judge", "encode"}

// String gives the export's name.
func (f Function) String() string { return functionNames[f] }

// FunctionSet is the functions a plugin has.
type FunctionSet uint8

// Names are the functions' names, in the order of the interface.
func (s FunctionSet) Names() []string {
	var names []string
	for f := range functions {
		if s.Has(f) {
			names = append(names, f.String())
		}
	}
	return names
}

// Has says whether f is in the set.
func (s FunctionSet) Has(f Function) bool { return s&(1<<f) != 0 }

// Facts answers what a plugin may ask about its call: "config", "source", "attempt", "header.NAME" and so on. The
// answer is read before the next call of Fact and not kept. Implementations need not be safe for concurrent use.
type Facts interface {
	Fact(name string) (value []byte, ok bool)
}

// Input is one call.
type Input struct {
	Body  []byte // the request's body, an event, or a response document; not kept after the call
	Facts Facts  // nil: nothing is known

	// Pending is what earlier calls of the same attempt have written and nobody has committed yet: this call reads it.
	Pending []StateWrite
}

// Output is what a call made.
type Output struct {
	Body []byte    // what the plugin wrote; the caller's to keep
	Log  []LogLine // what it logged, its standard error included; at most Limits.Log bytes
	Cost uint64    // counted function entries and loop turns: does not depend on the machine

	Memory int64 // bytes of the instance's memory after the call, which it has touched or not

	// State is what the plugin wants remembered. The caller commits it together with what the call made, or not at all.
	State []StateWrite
}

// StateWrite is one value for a plugin's memory; a nil Value removes the key.
type StateWrite struct {
	Key   string
	Value []byte
	TTL   time.Duration // from now; 0: until it is overwritten
}

// LogLine is one line of a plugin's log.
type LogLine struct {
	Level   int // 0 debug, 1 info, 2 warning, 3 error
	Message string
}

// Plugin is a module with one configuration, ready to be called. It is safe for concurrent use: instances are pooled
// inside. Close waits for running calls.
type Plugin interface {
	// Call runs one function. Every failure is an *Error; Output then holds the log all the same.
	Call(ctx context.Context, fn Function, in Input) (Output, error)
	Functions() FunctionSet
	Name() string // as in the configuration: the file's name without .wasm
	Hash() string // SHA-256 of the file, in hex
	Close(ctx context.Context) error
}

// Kind says what a failed call means.
type Kind uint8

// Rejected, Dropped, RetryLater and GaveUp are the plugin's own word (stop in the interface); Trapped and Limited are
// faults of the plugin that end its instance, Refused a fault found when it is loaded.
const (
	Rejected    Kind = iota + 1 // bad input: the sender gets 400 and the reason
	Dropped                     // nothing is to be sent
	RetryLater                  // try again at the policy's time
	GaveUp                      // trying again cannot help
	Trapped                     // unreachable, out of bounds, exit status, a panic
	Limited                     // time, memory, output, log, host calls or stack beyond their limit
	Refused                     // not a module this host runs
	Unsupported                 // the plugin does not have that function
	Stopped                     // the plugin was closed, or the caller's context ended
)

var kindNames = [...]string{"", "rejected", "dropped", "retry later", "gave up", "trapped", "over its limit", "refused", "unsupported", "stopped"}

// String gives the kind in a word, as the metrics label it.
func (k Kind) String() string { return kindNames[k] }

// Error is a failed call or load.
type Error struct {
	Plugin   string
	Function string // "" while loading
	Kind     Kind
	Own      Kind   // while loading: with which of its own words init refused, Rejected to GaveUp; 0: it said none
	Reason   string // a sentence without a full stop: what happened, and for a limit which and how large
}

func (e *Error) Error() string {
	if e.Function == "" {
		return fmt.Sprintf("plugin %s: %s: %s", e.Plugin, e.Kind, e.Reason)
	}
	return fmt.Sprintf("plugin %s, %s: %s: %s", e.Plugin, e.Function, e.Kind, e.Reason)
}

// Limits bound what a plugin may use. The zero value of a field means its default.
type Limits struct {
	Deadline  time.Duration // of a call; 50 ms
	Memory    int64         // bytes of linear memory of an instance; 32 MiB
	Output    int64         // bytes a call writes; 1 MiB
	Log       int64         // bytes a call logs; 64 KiB
	State     int64         // bytes of one state value; 64 KiB
	HostCalls int           // calls of imports a call makes; 10,000
	Module    int64         // bytes of a file; 16 MiB
	Cost      uint64        // counts of a call, as in Output.Cost; 0: the deadline alone bounds it
}
