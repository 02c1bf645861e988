// Package meter checks a WebAssembly module and rewrites it so that its work is counted.
//
// Why. The engine compiles a guest to machine code that Go's scheduler cannot interrupt: one endless loop keeps the
// garbage collector, and with it the process, waiting for ever. The engine's own remedy leaves the guest at every loop
// turn, which makes a guest 5 to 13 times slower. Here the guest lowers a counter of its own and leaves only when the
// counter has run out, some ten thousand turns apart.
//
// What is added. A mutable i32 global (exported as [BudgetExport]); one imported function ([RefillModule],
// [RefillName]) that the host uses to look at the clock and the depth of the stack, and to fill the counter or to
// trap; and at each function entry and loop header
//
//	global.get B; i32.const W; i32.sub; local.tee T; global.set B; local.get T; i32.const 0; i32.lt_s; if; call refill; end
//
// A body of code moves only forward between two loop headers, so W (one, and one more for each 256 bytes of code that
// belong to the header and to no loop within) bounds the work between two looks. A loop that nothing goes back to counts
// as part of what is around it, and one that each call enters is charged in place of the entry. Instructions whose work depends on an
// operand (memory.fill, memory.copy, table.grow and their like) are charged by that operand before they run.
//
// Where the import goes. Imported functions come before a module's own, so the import moves every own function up by
// one and each mention of one is rewritten: calls, ref.func, elements, exports, the start function, names. The other
// way, an own function that reaches the host through a table, moves nothing but costs an indirect call and moves the
// tables instead. Every code body is read and copied anyway; the shift costs nothing then.
//
// What is taken away. A jump that Go's compiler sends through a loop's table of branches, although it leads on, goes
// straight to where the table would send it (thread.go); else each of them would pay for the whole function again. A
// function that can be taken up again in the middle becomes two, so that the one that is called most can be compiled as if
// it could not (resume.go). Conditions that are turned round and round are folded into one (fold.go).
//
// A module may mention only what it has: indexes are checked here, because an index one past the end, which is a fault
// in the original, would reach what has been added. All else about validity is the engine's to check. Sections whose
// content is nothing to the engine (debugging information) are left out.
package meter

import (
	"fmt"
)

// Names that the rewriting takes. A module that uses them already is refused.
const (
	RefillModule = "plugboard.meter" // the import's module
	RefillName   = "refill"          // the import: () -> ()
	BudgetExport = "plugboard.budget"
	StartExport  = "plugboard.start" // the start function, exported instead of started so that it runs under limits

	reserved = "plugboard."
)

// Limits bound what is accepted. All of them are checked before the engine sees the module.
type Limits struct {
	MemoryPages uint32 // of 64 KiB: the memory's maximum; a module that starts with more is refused
	TableSize   uint32 // elements of all tables together at the start, of all segments, and to which each may grow
	Nesting     int    // blocks within blocks; the engine's compiler takes quadratic time over them
	Locals      int    // of one function, parameters included
	Body        int    // bytes of one function
	Functions   int
	Effort      int // of the engine's compiler, beyond what each byte of code may take (effort.go)

	FunctionEffort int // the same for one function, in all: a unit is 8 bytes of the compiler's memory

	Types, Signature, Imports, Globals, Exports, Segments int // how many there may be; of a signature, values
}

// DefaultLimits are wide enough for what compilers make: Go's nests one block for each place where a function can be
// resumed, 2,000 in large ones.
func DefaultLimits() Limits {
	return Limits{MemoryPages: 512, TableSize: 1 << 16, Nesting: 5000, Locals: 10000, Body: 512 << 10, Functions: 100000,
		Effort: 1 << 20, FunctionEffort: 2 << 20,
		Types: 10000, Signature: 1000, Imports: 1000, Globals: 1 << 14, Exports: 10000, Segments: 100000}
}

// Signature is a function's type, a byte for each value as in the binary format.
type Signature struct{ Params, Results string }

// String writes a signature as the text format does.
func (s Signature) String() string {
	return "(" + valueNames(s.Params) + ") -> (" + valueNames(s.Results) + ")"
}

// Import is a function that a module asks for.
type Import struct {
	Module, Name string
	Signature    Signature
}

// Result is a checked and rewritten module.
type Result struct {
	Wasm     []byte
	Imports  []Import             // as the module has them; all are functions
	Exports  map[string]Signature // exported functions
	Start    bool                 // it has a start function, now exported as StartExport
	Manifest []byte               // the custom section plugboard.manifest; nil without one
}

// Error is a fault in a module.
type Error struct {
	Offset int // of the place in the file; -1: the module as a whole
	What   string
}

func (e *Error) Error() string {
	if e.Offset < 0 {
		return e.What
	}
	return fmt.Sprintf("%s (at byte %d)", e.What, e.Offset)
}

// Rewrite checks wasm and adds the counter. It keeps nothing of wasm but views in the Result's Manifest. The same input
// gives the same output, byte for byte, as a cache of compiled code needs.
func Rewrite(wasm []byte, limits Limits) (*Result, error) {
	m := &module{limits: limits, exports: map[string]Signature{}}
	if err := m.split(wasm); err != nil {
		return nil, err
	}
	out, err := m.rewrite(len(wasm))
	if err != nil {
		return nil, err
	}
	return &Result{Wasm: out, Imports: m.imports, Exports: m.exports, Start: m.hasStart, Manifest: m.manifest}, nil
}

func valueNames(types string) string {
	s := ""
	for i := range len(types) {
		if i > 0 {
			s += " "
		}
		name, ok := map[byte]string{0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128", 0x70: "funcref", 0x6f: "externref"}[types[i]]
		if !ok {
			name = fmt.Sprintf("type %#x", types[i])
		}
		s += name
	}
	return s
}
