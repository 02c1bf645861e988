package condition

import (
	"errors"
	"regexp/syntax"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// What an evaluation may cost at most is settled when the expression is compiled: how long it may be, and for each field of
// the event that it reads, how large that may be for what is done with it. A larger one is an error when it comes.
const (
	maxSource = 16 << 10 // bytes of an expression
	maxValues = 10_000   // values in a list or object that is read whole: a loop over it takes milliseconds
	maxJoined = 64 << 10 // bytes of a text that is put together with others: each + copies it again
	maxSteps  = 8 << 20  // bytes of a text times instructions of the patterns it is held against: 0.05 to 0.1 s at worst
	maxNested = 100      // levels of what is read whole
)

var (
	errValues = errors.New("holds more than 10,000 values, or more than 100 levels of them")
	errJoined = errors.New("has more than 64 KiB, too much for a text that is put together with others")
	errSteps  = errors.New("is too long for the patterns that it is held against")
)

// cost is what the resolver keeps of what is done at the place where it is.
type cost struct {
	work  bool  // each evaluation of the place works through a whole value; within a loop that must not be a field's
	join  bool  // the place is put together with other texts
	steps int   // instructions of the patterns that the place is held against
	read  []int // slots, in the order of their reading
	list  []int // slots that the loop goes over
}

func plainly(walk func()) { walk() }

func (c *cost) working(walk func()) {
	before := c.work
	c.work = true
	walk()
	c.work = before
}

func (c *cost) joining(walk func()) {
	before := c.join
	c.join = true
	c.working(walk)
	c.join = before
}

// matching counts the instructions of a pattern. One that is wrong the checker tells of.
func (c *cost) matching(pattern string, walk func()) {
	before := c.steps
	if parsed, err := syntax.Parse(pattern, syntax.Perl); err == nil {
		if program, err := syntax.Compile(parsed.Simplify()); err == nil {
			c.steps += len(program.Inst)
		}
	}
	c.working(walk)
	c.steps = before
}

// charge notes what is done with a slot at this place.
func (r *resolver) charge(slot int) {
	s := &r.slots[slot]
	s.steps += r.steps
	s.joined = s.joined || r.join
	r.read = append(r.read, slot)
}

// element notes the same for what a loop goes over: it is done with its elements.
func (r *resolver) element() {
	for _, i := range r.list {
		r.slots[i].steps += r.steps
		r.slots[i].joined = r.slots[i].joined || r.join
	}
}

// afford refuses a value that is too large for what the expression does with it.
func (s *slot) afford(v jsondoc.Value) error {
	size := len(v.Raw())
	switch {
	case s.joined && size > maxJoined:
		return errJoined
	case s.steps > 0 && size > maxSteps/s.steps:
		return errSteps
	case v.Kind() != jsondoc.Array && v.Kind() != jsondoc.Object || s.kind != texts && s.kind < anything:
		return nil
	case count(v, maxValues, maxNested) <= 0:
		return errValues
	}
	return nil
}

// count takes what is in a value off the number that there may be; 0 or less when it is more, or nested deeper.
func count(v jsondoc.Value, left, levels int) int {
	if levels == 0 {
		return 0
	}
	left--
	if k := v.Kind(); k != jsondoc.Array && k != jsondoc.Object {
		return left
	}
	for _, inner := range v.Each {
		if left = count(inner, left, levels-1); left <= 0 {
			return left
		}
	}
	return left
}
