package meter

import "fmt"

// weightShift makes one count of 256 bytes of code.
const weightShift = 8

// localsShift makes one count of 32 locals, which are 256 bytes of a function's frame: the depth of the stack is looked at
// only when the counter runs out.
const localsShift = 5

// growCharge is the price of memory.grow and table.grow, which may copy all there is: the clock is looked at after four.
const growCharge = 4096

// An edit is a place in a body where something is put in or changed.
type edit struct {
	at     int // offset in the body, of the first byte that is changed
	kind   editKind
	value  uint32 // charge: the weight; moved: the new index or level; bulk: the shift
	header int    // size in bytes of the code that is the header's own
	size   int    // replaced: bytes of old code
	code   []byte // replaced: what comes instead
}

type editKind uint8

const (
	charge   editKind = iota // at: where the code goes
	moved                    // at: the old index or level, to be replaced
	bulk                     // at: the instruction, whose topmost operand is how much
	grow                     // at: the instruction
	replaced                 // at: the instructions
	spared                   // nothing
)

// body is the working state for one function after another; its slices are used again.
type body struct {
	*module
	r       reader
	edits   []edit
	blocks  []block
	header  int // the edit of the innermost loop header
	params  int
	results string
	locals  int
	hasBulk bool

	direct  bool     // nothing but values has come since the function's entry
	entry   dispatch // of the loop that each call enters
	backs   []uint32 // where jumps back lead in it, by their number: the first few
	led     []bool   // and all of them, by the table's entry
	doubled int      // bytes of all bodies that are emitted twice
	loose   bool     // not all that go back to it say where they lead
	wrote   written  // by the instructions before this one
	touched uint32   // the local that was last read or written
	armLoop int      // the loop whose arms come next, plus one,
	arms    int      // and how many
	targets []uint32 // of all tables at loops' beginnings

	guard []byte // what stands first in the body that is emitted

	height int      // of the operand stack
	depth  uint64   // blocks that dominate this one, at most
	made   uint64   // pieces of straight code so far, and branches that have met
	seen   []uint64 // for each local, made when it was last touched
	spent  uint64   // of effort, by this function
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
	out, again := make([]byte, 0, len(sec.body)+len(sec.body)/3), []byte(nil)
	b := &body{module: m}
	m.allowed = uint64(m.limits.Effort) + effortPerByte*uint64(len(sec.body))
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
		b.params, b.results = len(m.types[m.functions[i]].Params), m.types[m.functions[i]].Results
		if err := b.scan(); err != nil {
			return nil, fmt.Errorf("function %d: %w", i+len(m.imports), err)
		}
		m.most, m.largest = max(m.most, b.spent), max(m.largest, size)
		if b.splits(m.types[m.functions[i]]) {
			scratch = b.emit(scratch[:0])
			again = append(appendU32(again, uint32(len(scratch))), scratch...)
			b.fast(uint32(len(m.imports) + 1 + len(m.functions) + len(m.resumed)))
			m.resumed = append(m.resumed, m.functions[i])
		}
		scratch = b.emit(scratch[:0])
		out = append(appendU32(out, uint32(len(scratch))), scratch...)
	}
	all := appendU32(make([]byte, 0, len(out)+len(again)+5), uint32(n+len(m.resumed)))
	return append(append(all, out...), again...), r.end("code section")
}

// scan reads a body and notes what is to be changed.
func (b *body) scan() error {
	r := &b.r
	b.guard = nil
	b.edits, b.blocks, b.hasBulk = b.edits[:0], b.blocks[:0], false
	if b.readLocals(); r.err != nil {
		return r.err
	}
	b.edits = append(b.edits, edit{at: r.pos, kind: charge, value: 1 + uint32(b.locals)>>localsShift})
	b.blocks = append(b.blocks, block{results: len(b.results)})
	b.header, b.height, b.depth, b.made, b.spent, b.direct = 0, 0, 0, 0, 0, true
	if b.strain(uint64(b.locals) >> localShift); r.err != nil {
		return r.err
	}
	b.entry, b.backs, b.loose = dispatch{}, b.backs[:0], false
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

// local reads an instruction on a local. To get a local's value the engine's compiler goes back to where it was last
// touched, through every branch that has met the others in between, and it is alive all the way (26 KB of code took 15 s).
func (b *body) local(get bool) {
	i := b.r.u32()
	if b.r.err != nil || uint64(i) >= uint64(b.locals) {
		b.r.fail("local %d does not exist", i)
		return
	}
	if get {
		b.strain(b.made - b.seen[i])
	}
	b.seen[i] = b.made
	b.touched = i
	if b.direct && !get && i == 0 {
		b.loose = true
	}
}

func (b *body) global() {
	if i := b.r.u32(); b.r.err == nil && i >= b.globals {
		b.r.fail("global %d does not exist", i)
	}
}

func (b *body) indirect() {
	i := b.r.u32()
	if b.r.err == nil && uint64(i) >= uint64(len(b.types)) {
		b.r.fail("type %d does not exist", i)
	}
	if b.r.skipLEB(5); b.r.err == nil {
		b.took(1)
		b.called(b.types[i])
	}
}

func (b *body) function(call bool) {
	at := b.r.pos
	fn := b.r.u32()
	b.edits = append(b.edits, edit{at: at, kind: moved, value: b.moved(&b.r, fn)})
	if s, ok := b.signature(fn); ok && call {
		b.called(s)
	}
}

func (b *body) bulkOf(from int, shift uint32) {
	b.hasBulk = true
	b.parts(chargeParts)
	b.edits = append(b.edits, edit{at: from, kind: bulk, value: shift})
}
