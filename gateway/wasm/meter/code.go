package meter

import "fmt"

// weightShift makes one count of 256 bytes of code.
const weightShift = 8

// localsShift makes one count of 16 locals: a function's frame on the stack grows with them, and the depth of the stack
// is looked at only when the counter runs out.
const localsShift = 4

// growCharge is the price of memory.grow and table.grow, which may copy all there is: the clock is looked at after four.
const growCharge = 4096

// An edit is a place in a body where something is put in or changed.
type edit struct {
	at     int // offset in the body, of the first byte that is changed
	kind   editKind
	value  uint32 // charge: the weight; moved: the new index or level; bulk: the shift
	header int    // size in bytes of the code that is the header's own
}

type editKind uint8

const (
	charge editKind = iota // at: where the code goes
	moved                  // at: the old index or level, to be replaced
	bulk                   // at: the instruction, whose topmost operand is how much
	grow                   // at: the instruction
)

// body is the working state for one function after another; its slices are used again.
type body struct {
	*module
	r       reader
	edits   []edit
	blocks  []block
	header  int // the edit of the innermost loop header
	params  int
	locals  int
	hasBulk bool

	wrote   written  // by the instructions before this one
	touched uint32   // the local that was last read or written
	armLoop int      // the loop whose arms come next, plus one,
	arms    int      // and how many
	targets []uint32 // of all tables at loops' beginnings

	merges uint64   // branches that have met so far
	seen   []uint64 // for each local, merges when it was last touched
}

// block is one that is open.
type block struct {
	outer    int      // the header around it
	edges    uint64   // branches to it
	dispatch dispatch // of a loop
	arm      int      // the place of the loop whose dispatch it is around, plus one; 0: none
}

func (m *module) codeSection() ([]byte, error) {
	if !m.sections[secCode].has {
		if len(m.functions) > 0 {
			return nil, &Error{Offset: -1, What: "functions without code"}
		}
		return nil, nil
	}
	sec := m.sections[secCode]
	r := sec.reader()
	n := r.count()
	if r.err == nil && n != len(m.functions) {
		r.fail("%d bodies for %d functions", n, len(m.functions))
	}
	if r.err != nil {
		return nil, r.err
	}
	out := appendU32(make([]byte, 0, len(sec.body)+len(sec.body)/3), uint32(n))
	b := &body{module: m}
	m.allowed = uint64(m.limits.Effort) + uint64(len(sec.body))
	var scratch []byte
	for i := range n {
		size := int(r.u32())
		at := r.pos
		code := r.take(size)
		if r.err == nil && size > m.limits.Body {
			r.fail("function %d has %d bytes; at most %d are taken", i, size, m.limits.Body)
		}
		if r.err != nil {
			return nil, r.err
		}
		b.r = reader{b: code, off: sec.off + at}
		b.params = len(m.types[m.functions[i]].Params)
		if err := b.scan(); err != nil {
			return nil, fmt.Errorf("function %d: %w", i+len(m.imports), err)
		}
		scratch = b.emit(scratch[:0])
		out = append(appendU32(out, uint32(len(scratch))), scratch...)
	}
	return out, r.end("code section")
}

// scan reads a body and notes what is to be changed.
func (b *body) scan() error {
	r := &b.r
	b.edits, b.blocks, b.hasBulk = b.edits[:0], b.blocks[:0], false
	if b.readLocals(); r.err != nil {
		return r.err
	}
	b.edits = append(b.edits, edit{at: r.pos, kind: charge, value: 1 + uint32(b.locals)>>localsShift})
	b.blocks = append(b.blocks, block{})
	b.header, b.merges = 0, 0
	b.wrote, b.arms, b.targets = written{}, 0, b.targets[:0]
	b.seen = append(b.seen[:0], make([]uint64, b.locals)...)
	for len(b.blocks) > 0 {
		if r.err != nil {
			return r.err
		}
		from := r.pos
		op := r.byte()
		b.instruction(op, from)
		if op != 0x0e { // the size of a table of branches is no work
			b.edits[b.header].header += r.pos - from
		}
		if len(b.blocks) > b.limits.Nesting {
			r.fail("more than %d blocks within one another", b.limits.Nesting)
		}
	}
	return r.end("function")
}

// readLocals reads the declarations and bounds their number.
func (b *body) readLocals() {
	r := &b.r
	total := uint64(b.params)
	for range r.count() {
		total += uint64(r.u32())
		r.byte()
		if r.err == nil && total > uint64(b.limits.Locals) {
			r.fail("more than %d locals", b.limits.Locals)
		}
		if r.err != nil {
			break
		}
	}
	b.locals = int(total)
}

// open notes a block's start, end its end, branch a branch to the block that lies so many levels out.
func (b *body) open() {
	opened := block{outer: b.header}
	if b.arms > 0 {
		b.arms--
		opened.arm = b.armLoop
	}
	b.blocks = append(b.blocks, opened)
}

func (b *body) end() {
	last := b.blocks[len(b.blocks)-1]
	b.header = last.outer
	b.merges += 1 + last.edges
	b.blocks = b.blocks[:len(b.blocks)-1]
}

func (b *body) branch() {
	level := b.r.u32()
	if int64(level) >= int64(len(b.blocks)) {
		b.r.fail("a branch out of the function")
		return
	}
	b.blocks[len(b.blocks)-1-int(level)].edges++
}

// jump is branch for an instruction that does nothing else, which may be sent straight on (see thread.go).
func (b *body) jump() {
	at := b.r
	level := b.r.u32()
	if b.r.err == nil && int64(level) < int64(len(b.blocks)) {
		if nearer, ok := b.straight(level); ok {
			b.edits = append(b.edits, edit{at: at.pos, kind: moved, value: nearer})
			b.blocks[len(b.blocks)-1-int(nearer)].edges++
			return
		}
	}
	b.r = at
	b.branch()
}

// loop opens a loop and makes its header.
func (b *body) loop(d dispatch) {
	b.open()
	b.blocks[len(b.blocks)-1].dispatch = d
	b.arms, b.armLoop = d.arms, len(b.blocks)
	b.merges++
	b.header = len(b.edits)
	b.edits = append(b.edits, edit{at: b.r.pos, kind: charge, value: 1})
}

// local reads an instruction on a local. To get a local's value the engine's compiler goes back to where it was last
// touched, through every branch that has met the others in between; the sum of these ways is what makes its time more
// than linear (26 KB of code took 15 s), and so it is bounded.
func (b *body) local(get bool) {
	i := b.r.u32()
	if b.r.err != nil || uint64(i) >= uint64(b.locals) {
		b.r.fail("local %d does not exist", i)
		return
	}
	if get {
		if b.effort += b.merges - b.seen[i]; b.effort > b.allowed {
			b.r.fail("its code is too entangled to be compiled in reasonable time")
		}
	}
	b.seen[i] = b.merges
	b.touched = i
}

func (b *body) global() {
	if i := b.r.u32(); b.r.err == nil && i >= b.globals {
		b.r.fail("global %d does not exist", i)
	}
}

func (b *body) typeIndex() {
	if i := b.r.u32(); b.r.err == nil && uint64(i) >= uint64(len(b.types)) {
		b.r.fail("type %d does not exist", i)
	}
}

func (b *body) function() {
	at := b.r.pos
	b.edits = append(b.edits, edit{at: at, kind: moved, value: b.moved(&b.r, b.r.u32())})
}

func (b *body) bulkOf(from int, shift uint32) {
	b.hasBulk = true
	b.edits = append(b.edits, edit{at: from, kind: bulk, value: shift})
}
