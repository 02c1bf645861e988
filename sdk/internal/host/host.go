// Package host is the gateway as a plugin sees it: the imports of plugboard_v1. In a WebAssembly build they are just
// that; in every other build they go to a Host that a test puts in their place, so that a plugin runs as an ordinary
// program under the test tool, the race detector and the debugger.
//
// Sizes are those of the interface: the whole size even where the buffer was too small, in which case nothing is copied,
// and -1 for what is absent.
package host

// Absent is the size of what is not there.
const Absent = -1

// The kinds of Stop.
const (
	Reject int32 = 1 // bad input: the sender gets 400 and the text
	Drop   int32 = 2
	Retry  int32 = 3
	Fail   int32 = 4
)
