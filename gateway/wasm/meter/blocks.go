package meter

// block is one that is open.
type block struct {
	outer    int      // the header around it
	edges    uint64   // branches to it
	dispatch dispatch // of a loop
	arm      int      // the place of the loop whose dispatch it is around, plus one; 0: none
	loop     bool
	direct   bool // a loop that each call of the function enters

	params, results int
	base            int    // height of the operand stack below its parameters
	begun           uint64 // of an if: the depth of the condition
	reach           uint64 // the least depth of what branches to its end
	dead            bool   // what comes now is never reached
	either          bool   // an if that has no else, so far
	from            uint64 // of a loop: what had been made when it began
}

// open notes a block's start, end its end, branch a branch to the block that lies so many levels out.
func (b *body) open(params, results int) {
	b.took(params)
	opened := block{outer: b.header, params: params, results: results, base: b.height, begun: b.depth, reach: never}
	b.gave(params)
	b.several(params)
	if b.arms > 0 {
		b.arms--
		opened.arm = b.armLoop
	}
	b.blocks = append(b.blocks, opened)
}

func (b *body) end() {
	last := b.blocks[len(b.blocks)-1]
	b.even(&last)
	if last.loop {
		b.settle(&last)
	}
	b.header = last.outer
	b.blocks = b.blocks[:len(b.blocks)-1]
	b.height = last.base
	b.meet(&last)
	b.parts(1)
	b.made += last.edges
	if last.loop && last.edges > 0 {
		b.around(&last)
	}
	b.gave(last.results)
	b.several(last.results)
}

// otherwise is for else: the second way begins as the first one did.
func (b *body) otherwise() {
	last := &b.blocks[len(b.blocks)-1]
	b.even(last)
	if !last.dead {
		last.reach = min(last.reach, b.depth)
	}
	b.height, b.depth, last.dead, last.either = last.base, last.begun, false, false
	b.parts(1)
	b.gave(last.params)
}

// settle decides what a loop is charged, once it is known who goes back to it. A loop that nobody goes back to is part of
// what lies around it. One that each call enters first takes the place of the entry's charge.
func (b *body) settle(loop *block) {
	own, outer := &b.edits[b.header], &b.edits[loop.outer]
	switch {
	case loop.edges == 0:
		outer.header += own.header
		own.kind = spared
	case loop.direct:
		b.edits[0].value--
	}
}

func (b *body) branch() {
	level := b.r.u32()
	if int64(level) >= int64(len(b.blocks)) {
		b.r.fail("a branch out of the function")
		return
	}
	to := &b.blocks[len(b.blocks)-1-int(level)]
	b.edge(to)
	if to.loop && to.direct {
		b.loose = true
	}
}

// jump is branch for an instruction that does nothing else, which may be sent straight on (see thread.go).
func (b *body) jump() {
	at := b.r
	level := b.r.u32()
	if b.r.err == nil && int64(level) < int64(len(b.blocks)) {
		if b.back(level) {
			return
		}
		if nearer, ok := b.straight(level); ok {
			b.edits = append(b.edits, edit{at: at.pos, kind: moved, value: nearer})
			b.edge(&b.blocks[len(b.blocks)-1-int(nearer)])
			return
		}
	}
	b.r = at
	b.branch()
}

// loop opens a loop and makes its header.
func (b *body) loop(d dispatch) {
	b.open(b.blockType())
	opened := &b.blocks[len(b.blocks)-1]
	opened.loop, opened.direct, opened.from = true, b.direct, b.made
	b.direct = false
	b.arms, b.armLoop = d.arms, len(b.blocks)
	b.parts(1 + chargeParts)
	b.header = len(b.edits)
	b.edits = append(b.edits, edit{at: b.r.pos, kind: charge, value: 1})
	if opened.dispatch = d; opened.direct && d.arms > 0 {
		b.entry = d
		b.led = append(b.led[:0], make([]bool, d.entries)...)
		b.edits = append(b.edits, edit{at: d.at, kind: spared})
	}
}
