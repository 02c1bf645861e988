package meter

// The operand stack is followed by its height alone: what lies on it is the engine's to check, but how much of it lives on
// from one piece of code to the next is what a compile bomb is made of (effort.go).

// took and gave keep count of the operand stack. In code that is never reached there is always enough on it.
func (b *body) took(n int) {
	last := &b.blocks[len(b.blocks)-1]
	if b.height -= n; b.height < last.base {
		if !last.dead {
			b.r.fail("an instruction takes more than there is")
		}
		b.height = last.base
	}
}

func (b *body) gave(n int) { b.height += n }

// called is for a call of a function of that type.
func (b *body) called(s Signature) {
	b.took(len(s.Params))
	b.gave(len(s.Results))
	b.several(len(s.Results))
}

// unreachable empties the stack of the block: what follows is not compiled.
func (b *body) unreachable() {
	last := &b.blocks[len(b.blocks)-1]
	last.dead = true
	b.height = last.base
}

// even holds what a block leaves on the stack against its type. It keeps the count true: nothing that the engine takes
// is counted wrong unseen.
func (b *body) even(last *block) {
	if b.r.err == nil && !last.dead && b.height != last.base+last.results {
		b.r.fail("a block leaves %d values; it must leave %d", b.height-last.base, last.results)
	}
}

// blockType reads a block's type.
func (b *body) blockType() (params, results int) {
	r := &b.r
	from := r.pos
	r.skipLEB(5)
	var v int64
	shift := 0
	for _, c := range r.b[from:r.pos] {
		v |= int64(c&0x7f) << shift
		shift += 7
	}
	if r.err == nil && r.b[r.pos-1]&0x40 != 0 {
		v |= -1 << shift
	}
	switch {
	case r.err != nil || v == -64:
		return 0, 0
	case v < 0: // the engine knows whether it is a type
		return 0, 1
	case v >= int64(len(b.types)):
		r.fail("type %d does not exist", v)
		return 0, 0
	}
	return len(b.types[v].Params), len(b.types[v].Results)
}

// change is by how much an instruction without a type of its own makes the operand stack higher.
var change = func() (c [256]int8) {
	set := func(by int8, from, to int) {
		for op := from; op <= to; op++ {
			c[op] = by
		}
	}
	set(-1, 0x1a, 0x1a) // drop
	set(-2, 0x1b, 0x1c) // select
	set(1, 0x20, 0x20)  // local.get
	set(-1, 0x21, 0x21) // local.set
	set(1, 0x23, 0x23)  // global.get
	set(-1, 0x24, 0x24) // global.set
	set(-2, 0x26, 0x26) // table.set
	set(-2, 0x36, 0x3e) // stores
	set(1, 0x3f, 0x3f)  // memory.size
	set(1, 0x41, 0x44)  // constants
	set(-1, 0x46, 0x4f) // comparisons
	set(-1, 0x51, 0x66)
	set(-1, 0x6a, 0x78) // arithmetic with two operands
	set(-1, 0x7c, 0x8a)
	set(-1, 0x92, 0x98)
	set(-1, 0xa0, 0xa6)
	set(1, 0xd0, 0xd0) // ref.null
	set(1, 0xd2, 0xd2) // ref.func
	return c
}()

// changeBulk is the same for what comes behind 0xfc.
var changeBulk = [18]int8{8: -3, 10: -3, 11: -3, 12: -3, 14: -3, 15: -1, 16: 1, 17: -3}

// changeVector is the same for what comes behind 0xfd. Most take two operands.
var changeVector = func() (c [256]int8) {
	for op := range c {
		c[op] = -1
	}
	for _, run := range [][2]int{{0, 10}, {15, 22}, {24, 25}, {27, 27}, {29, 29}, {31, 31}, {33, 33}, {77, 77}, {83, 83}, {92, 100}, {103, 106},
		{116, 117}, {122, 122}, {124, 129}, {131, 132}, {135, 138}, {148, 148}, {160, 161}, {163, 164}, {167, 170}, {192, 193}, {195, 196}, {199, 202},
		{224, 225}, {227, 227}, {236, 237}, {239, 239}, {248, 255}} {
		for op := run[0]; op <= run[1]; op++ {
			c[op] = 0
		}
	}
	c[12] = 1                                          // the constant
	for _, op := range []int{11, 82, 88, 89, 90, 91} { // stores, bitselect
		c[op] = -2
	}
	return c
}()
