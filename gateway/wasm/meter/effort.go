package meter

// The engine's compiler works at most things for a time that is in proportion to the code. Where it does not, a small module
// can keep it busy for minutes, and take all memory: 1 MB of a table of branches to one block took more than two minutes,
// 9 KB of calls with a thousand results 2.8 s and 800 MB. No clock helps, as it cannot be stopped within a function. So the
// check counts what grows faster than the code, in units of about 100 ns:
//
//   - a value that lives on from one piece of straight code to the next, for each such piece: values that wait on the operand
//     stack, and locals from where they are touched to where they are read (through a loop to its end, as they may be
//     read again), since each piece keeps a list of what is alive in it
//   - a branch, for what has branched to the same block before, as those are gone through each time, and for how many
//     blocks must have been come through before it, as the way up is gone to see whether it leads back
//   - a value that costs no code: results of calls beyond the first one, and what branches carry along
//   - locals, which each function sets to nothing
//
// What it may come to, for a module and for a function, is several times what compilers' code makes (TestEffort prints it).

// Units.
const (
	effortPerByte = 4 // compilers' code takes 0.3 to 2

	carry       = 8 // units for a value that a call, a block or a branch makes of no code
	crowdShift  = 8 // units for a branch: those before it to the same block, by 256
	depthShift  = 3 // and blocks that dominate the one it stands in, by 8
	localShift  = 3 // units for locals: their number by 8
	scanShift   = 6 // units for a look through all locals
	chargeParts = 2 // pieces of code that looking at the counter adds
	fillParts   = 5 // and the loop that the engine makes of a fill
)

// strain counts units of effort.
func (b *body) strain(units uint64) {
	b.effort += units
	if b.spent += units; b.effort > b.allowed || b.spent > uint64(b.limits.FunctionEffort) {
		b.r.fail("its code is too entangled to be compiled in reasonable time")
	}
}

// parts notes that n pieces of straight code begin, over all of which the operand stack lives on. They are no deeper than
// one after the other, each dominated by the one before.
func (b *body) parts(n int) {
	b.made += uint64(n)
	b.depth++
	b.strain(uint64(n) * (uint64(b.height) + b.depth>>depthShift))
}

// never is the depth of a block that nothing leads to yet.
const never = 1 << 62

// meet is for the end of a block: what comes then is dominated by no more than the least of what leads there.
func (b *body) meet(last *block) {
	if !last.dead {
		last.reach = min(last.reach, b.depth)
	}
	if last.either {
		last.reach = min(last.reach, last.begun)
	}
	if !last.loop { // what branches to a loop goes to its beginning
		b.depth = last.reach
	}
	if b.depth == never { // what comes is not reached
		b.depth = 0
	}
}

// several counts n values that came at once; the first one has cost the code that made it.
func (b *body) several(n int) {
	if n > 1 {
		b.strain(carry * uint64(n))
	}
}

// edge notes a branch to a block.
func (b *body) edge(to *block) {
	b.strain(to.edges>>crowdShift + b.depth>>depthShift)
	to.edges++
	to.reach = min(to.reach, b.depth)
	if to.loop {
		b.several(to.params)
	} else {
		b.several(to.results)
	}
}

// around counts the locals that a loop has touched from there to its end, where they may be alive because of its beginning.
func (b *body) around(loop *block) {
	b.strain(uint64(b.locals) >> scanShift)
	for i, seen := range b.seen {
		if seen >= loop.from {
			b.strain(b.made - seen)
			b.seen[i] = b.made
		}
	}
}

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
