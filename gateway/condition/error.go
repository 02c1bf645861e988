package condition

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/file"
)

// Error is a fault in an expression. What and Do are as in config.Fault.
type Error struct {
	Offset int // bytes into the expression
	Line   int // from 1, within the expression
	Column int // from 1, in characters
	What   string
	Do     string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%d:%d: %s; %s", e.Line, e.Column, e.What, e.Do)
}

// newError places a fault. at counts characters, as the parser does.
func newError(source string, at int, what, do string) *Error {
	e := &Error{Line: 1, Column: 1, What: what, Do: do}
	for i, r := range source {
		if at == 0 {
			e.Offset = i
			return e
		}
		at--
		if e.Column++; r == '\n' {
			e.Line, e.Column = e.Line+1, 1
		}
	}
	e.Offset = len(source)
	return e
}

// translate makes an Error of one of the parser's or the checker's.
func translate(source string, err error) *Error {
	var f *file.Error
	if !errors.As(err, &f) {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return newError(source, 0, first, "see the list of operators and functions in config.toml")
	}
	do := "correct the expression there"
	switch {
	case strings.Contains(f.Message, "mismatched types"), strings.Contains(f.Message, "invalid operation"):
		do = `compare a text with a text in quotes, a number with a number`
	case strings.Contains(f.Message, `Operator("=")`):
		do = "compare with =="
	case strings.Contains(f.Message, "exceeds maximum allowed nodes"):
		do = "split it over several routes"
	}
	return newError(source, f.From, f.Message, do)
}

// failed makes an Error of one that evaluating an expression ends with.
func failed(source string, err error) *Error {
	what, at := err.Error(), 0
	var f *file.Error
	if errors.As(err, &f) {
		what, at = f.Message, f.From
	}
	what, _, _ = strings.Cut(what, "\n")
	return newError(source, at, what, "the event holds there what the expression cannot work on; compare it with what it may be first, or leave such events to another route")
}

// nearest is the name most like the wanted one; "" when none is.
func nearest(name string, names []string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, candidate := range names {
		if d := distance(strings.ToLower(name), candidate); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance counts the characters to put in, take out or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
