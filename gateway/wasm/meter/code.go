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
	value  uint32 // charge: the weight; moved: the new index; bulk: the shift
	header int    // size in bytes of the code that is the header's own
}

type editKind uint8

const (
	charge editKind = iota // at: where the code goes
	moved                  // at: the old index, to be replaced
	bulk                   // at: the instruction, whose topmost operand is how much
	grow                   // at: the instruction
)

// body is the working state for one function after another; its slices are used again.
type body struct {
	*module
	r       reader
	edits   []edit
	blocks  []int // for each open block the edit of its innermost loop header
	header  int
	params  int
	locals  int
	hasBulk bool
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
	b.readLocals()
	b.edits = append(b.edits, edit{at: r.pos, kind: charge, value: 1 + uint32(b.locals)>>localsShift})
	b.blocks = append(b.blocks, 0)
	b.header = 0
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

// open notes a block's start, end its end.
func (b *body) open() { b.blocks = append(b.blocks, b.header) }

func (b *body) end() {
	b.header = b.blocks[len(b.blocks)-1]
	b.blocks = b.blocks[:len(b.blocks)-1]
}

func (b *body) loop() {
	b.open()
	b.header = len(b.edits)
	b.edits = append(b.edits, edit{at: b.r.pos, kind: charge, value: 1})
}

func (b *body) local() {
	if i := b.r.u32(); b.r.err == nil && uint64(i) >= uint64(b.locals) {
		b.r.fail("local %d does not exist", i)
	}
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
