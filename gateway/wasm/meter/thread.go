package meter

// Go's compiler makes of each function one loop around a table of branches, and of each jump, forward or back, a turn of
// that loop: it sets a local to the number of the code to go to and branches to the loop, where the table looks it up.
//
//	loop
//	  block … block
//	    local.get P; br_table …    ;; the dispatch
//	  end … end                    ;; each end begins a piece of code
//	  i32.const N; local.set P; br LOOP
//
// A turn costs a count, a look at the counter and an indirect branch that processors foresee badly. Where the piece that N leads to lies further on, the block that ends before it is still open, and the
// same can be had by branching to that block: nothing lies between the loop's header and the table, and all of these
// blocks begin with the stack as the loop found it. So the branch is given that block instead. It still goes forward, so
// that what the counter promises holds: code between two headers only moves on.

// dispatch is what a loop begins with; arms is 0 when that is something else.
type dispatch struct {
	local   uint32
	arms    int // blocks around the table
	targets int // in body.targets: where the table begins,
	entries int // and how many it has, with the default, which is the last one
	at      int // in the body, of the instruction that gets the local
	size    int // and from there, bytes to the end of the table
}

// written is the last instructions, as far as they set a local to a constant.
type written struct {
	state writing
	value uint32
	local uint32
}

type writing uint8

const (
	other   writing = iota
	loaded          // i32.const value
	storing         // i32.const value; local.set local
)

// dispatchAt looks ahead, from just behind a loop's opcode, for a dispatch. It changes nothing in the reader. What it reads
// belongs to this loop alone, so that all of a body's looks together are linear.
func (b *body) dispatchAt() dispatch {
	r := b.r
	if r.byte() != opEmpty {
		return dispatch{}
	}
	d := dispatch{targets: len(b.targets)}
	for r.pos+1 < len(r.b) && r.b[r.pos] == opBlock && r.b[r.pos+1] == opEmpty {
		d.arms++
		r.pos += 2
	}
	d.at = r.pos
	if d.arms == 0 || r.byte() != opLocalGet {
		return dispatch{}
	}
	if d.local = r.u32(); r.byte() != opBrTable {
		return dispatch{}
	}
	for n := r.count(); n >= 0 && r.err == nil; n-- {
		b.targets = append(b.targets, r.u32())
		d.entries++
	}
	d.size = r.pos - d.at
	if r.err != nil { // the scan will find the same fault
		return dispatch{}
	}
	return d
}

// straight gives the level to which a branch to level can go instead, which lies between it and here.
func (b *body) straight(level uint32) (uint32, bool) {
	loop := len(b.blocks) - 1 - int(level)
	d := &b.blocks[loop].dispatch
	if d.arms == 0 || b.wrote.state != storing || b.wrote.local != d.local {
		return 0, false
	}
	target := b.targets[d.targets+int(min(b.wrote.value, uint32(d.entries-1)))]
	if int64(target) >= int64(d.arms) {
		return 0, false
	}
	// Blocks that have ended since may have made room for others; those are not the loop's arms.
	at := loop + d.arms - int(target)
	if at >= len(b.blocks) || b.blocks[at].arm != loop+1 {
		return 0, false
	}
	return uint32(len(b.blocks) - 1 - at), true
}

// constant reads i32.const and notes its value.
func (b *body) constant() {
	from := b.r.pos
	b.r.skipLEB(5)
	var v, shift uint32
	for _, c := range b.r.b[from:b.r.pos] {
		v |= uint32(c&0x7f) << shift
		shift += 7
	}
	if last := b.r.pos - 1; shift < 32 && b.r.err == nil && b.r.b[last]&0x40 != 0 {
		v |= ^uint32(0) << shift
	}
	b.wrote = written{state: loaded, value: v}
}
