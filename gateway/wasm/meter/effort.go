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
