// Package wasm runs plugins: WebAssembly modules that read and write vendors' messages. It is the only place that
// knows the WebAssembly engine, and the only thing a plugin can reach is what this package gives it.
//
// A file becomes a plugin in three steps. [Host.Load] checks the module, rewrites it so that its work is counted
// (package meter) and compiles it: seconds for a large one, milliseconds from the cache on disk. [Module.New] binds it
// to one configuration, makes the first instances and tries `init`: milliseconds. [Plugin].Call runs one function on
// one instance: microseconds. All that can fail on a reload happens in the first two, while the old plugin runs on;
// whoever swaps the plugins then closes the old one, and Close lets running calls end.
//
// A call holds one instance from the pool and writes its state (input, output so far, limits left) into a record that
// belongs to the instance. The record is itself the context handed to the engine, so a host function finds it by a type
// assertion: nothing is allocated for a call but what it gives back. Host functions never block except in poll_oneoff,
// which sleeps no longer than the deadline.
//
// Limits are kept in three places. The module's declared memory and tables are bounded when it is rewritten. Time, the
// counter and the depth of the stack are looked at when the counter runs out (refill.go), every few host calls, and
// around everything whose length the guest chooses. Output, log, state and host calls are counted where they happen. A
// limit that is passed ends the call by a panic that the engine turns into a trap; the instance is thrown away.
//
// What a call leaves behind is Go's collector's to fetch, and holds up whoever allocates: so a plugin that breaks one
// instance after the other rests in between (rest.go), while its own callers wait. A Go guest's document is made here, of the
// steps that it has noted (build.go).
//
// Nor may a plugin keep the processors from others while it is within its limits: guests that run for more than a millisecond
// take turns, of which there are fewer than processors (turn.go).
//
// What a limit weighs. The counter runs out every 16,384 counts, a count being a function entry or loop turn and 256
// bytes of code; that is 16 to 80 µs of ordinary work and some tens of milliseconds of the worst that can be written.
// Recursion is found when the counter runs out too, by the length of the engine's stack: it costs guests nothing, and the
// few megabytes that a call adds in the meantime are the price.
//
// Pitfalls, each of them met. An instance answers after a trap, with half-changed memory: it must not be used again.
// i32 arguments have rubbish in their upper half. A view of guest memory dies when the memory grows. Go guests need a
// real monotonic clock, or their garbage collector stops after some 200,000 calls. The text of a Go or Rust panic is on
// standard error only. The cache holds machine code: whoever can write it can run anything, so its folder is private.
package wasm
