// Package condition evaluates the expressions of the configuration over events: a route's `when`, which is true or
// false, and a destination's `order_by`, which is a key.
//
// The language is that of github.com/expr-lang/expr, checked in full when the configuration is loaded: a name that the
// canonical event does not have, or a comparison of a text with a number, is an error with its place. A field written
// in brackets, data["order"]["total"], is taken on trust, for events that are not canonical.
//
// Evaluating reads no more than it needs. Each chain of names, data.state.base, becomes one variable when the expression
// is compiled, and a View looks that variable up in the event's JSON, which it parses at most once however many
// expressions ask. What an event does not have reads as "", 0 or false: never an error.
//
// The cost of an evaluation is bounded by the length of the expression times the length of the event: there are at most
// 200 nodes, no variables, no loops within loops, nothing in a loop that works through more than the element it is at, no
// function whose result may outgrow its input, and no pattern that is not written out (patterns are RE2: no backtracking).
// And the event's share is bounded too, by what the expression does with it (cost.go): a list read whole may hold 10,000
// values, a text that is put together with others 64 KiB, one that is held against a pattern the less the larger that is.
// What is beyond is a fault of that event, told like every fault. The worst expressions over the worst events that the tests
// know of take about 0.1 s (BenchmarkHostile), those of the reference a microsecond.
package condition

import (
	"github.com/expr-lang/expr/vm"
)

// Bool is a compiled condition. It is safe for concurrent use with a View for each goroutine.
type Bool struct {
	program
	always bool
}

// Key is a compiled ordering key. It is safe for concurrent use with a View for each goroutine.
type Key struct {
	program
	none bool
}

// program is what an expression became: code over variables, or a single variable that needs no code.
type program struct {
	source string
	code   *vm.Program // nil: the only variable is the result
	slots  []slot
}

// CompileBool compiles a condition. The empty one is always true. An error is an *Error.
func CompileBool(source string) (*Bool, error) {
	if source == "" {
		return &Bool{always: true}, nil
	}
	p, err := compile(source, true)
	if err != nil {
		return nil, err
	}
	return &Bool{program: p}, nil
}

// CompileKey compiles an ordering key: text, a number or true and false. The empty one gives "" for every event. An error
// is an *Error.
func CompileKey(source string) (*Key, error) {
	if source == "" {
		return &Key{none: true}, nil
	}
	p, err := compile(source, false)
	if err != nil {
		return nil, err
	}
	return &Key{program: p}, nil
}

// String gives the expression.
func (b *Bool) String() string { return b.source }

// String gives the expression.
func (k *Key) String() string { return k.source }

// Eval says whether the condition holds. It fails on what can be known at run time only: a field without a type in the
// canonical model that holds something else than the expression does with it, or a list of absurd length.
func (b *Bool) Eval(v *View) (bool, error) {
	if b.always {
		return true, nil
	}
	result, err := v.run(&b.program)
	if err != nil {
		return false, err
	}
	return result.(bool), nil // the type was checked when it was compiled
}

// Eval gives the event's ordering key. The string is the caller's to keep.
func (k *Key) Eval(v *View) (string, error) {
	if k.none {
		return "", nil
	}
	if k.code == nil && k.slots[0].attribute != nil {
		return *k.slots[0].attribute(v.event), nil
	}
	result, err := v.run(&k.program)
	if err != nil {
		return "", err
	}
	return text(result)
}
