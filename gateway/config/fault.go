package config

import (
	"fmt"
	"strings"
)

// Position is a place in a file; Line and Column count from 1, columns in characters. Line 0: the file as a whole.
type Position struct {
	File   string
	Line   int
	Column int
}

func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Fault is one mistake: where it is, what is wrong, what to do about it. Neither What nor Do ends in a full stop.
type Fault struct {
	Position
	What string
	Do   string
}

func (f Fault) Error() string { return f.String() + ": " + f.What + "; " + f.Do }

// Faults is every mistake found, in the file's order.
type Faults []Fault

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}
