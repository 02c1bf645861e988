package meter

import "fmt"

// Sections by their number. Order is the order in a file, where the data count stands out of turn.
const (
	secCustom = iota
	secType
	secImport
	secFunction
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElement
	secCode
	secData
	secDataCount
	sections
)

var order = [sections]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 10}

var sectionNames = [sections]string{"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count"}

// section is one section's content and where it stood.
type section struct {
	body []byte
	off  int
	has  bool
}

func (s section) reader() *reader { return &reader{b: s.body, off: s.off} }

// module is what is known of a module while it is rewritten.
type module struct {
	limits   Limits
	sections [sections]section
	names    section // the custom section "name"
	manifest []byte

	types     []Signature
	imports   []Import
	functions []uint32 // the types of the module's own functions
	resumed   []uint32 // and of those that are added behind them
	globals   uint32
	hasMemory bool // of its own

	elementCount uint64 // of all segments
	exports      map[string]Signature
	hasStart     bool
	start        uint32
	refill       uint32 // the type of the added import
	effort       uint64 // of the engine's compiler, as body.local counts it
	allowed      uint64
	most         uint64 // that one function took, and
	largest      int    // bytes of one
}

var magic = []byte("\x00asm\x01\x00\x00\x00")

// split finds the sections.
func (m *module) split(wasm []byte) error {
	if len(wasm) < 8 || string(wasm[:4]) != string(magic[:4]) {
		return &Error{Offset: -1, What: "not a WebAssembly module: it does not begin with \\0asm"}
	}
	if string(wasm[4:8]) != string(magic[4:8]) {
		return &Error{Offset: 4, What: "not a core module of version 1 (components are another format: build for wasip1)"}
	}
	r := &reader{b: wasm, pos: 8}
	last := 0
	for r.more() {
		at := r.pos
		id := r.byte()
		body := r.take(int(r.u32()))
		if r.err != nil {
			return r.err
		}
		if id >= sections {
			return &Error{Offset: at, What: fmt.Sprintf("section %d, which this host does not know", id)}
		}
		s := section{body: body, off: r.pos - len(body), has: true}
		if id == secCustom {
			m.custom(s)
			continue
		}
		if order[id] <= last {
			return &Error{Offset: at, What: "a second or misplaced " + sectionNames[id] + " section"}
		}
		last = order[id]
		m.sections[id] = s
	}
	return r.err
}

// custom keeps the two custom sections that matter. A damaged one is as good as none.
func (m *module) custom(s section) {
	r := s.reader()
	name := r.name()
	if r.err != nil {
		return
	}
	rest := section{body: r.b[r.pos:], off: r.off + r.pos, has: true}
	switch name {
	case "name":
		m.names = rest
	case "plugboard.manifest":
		m.manifest = rest.body
	}
}

// signature finds a function's type by its index in the original.
func (m *module) signature(fn uint32) (Signature, bool) {
	if int(fn) < len(m.imports) {
		return m.imports[fn].Signature, true
	}
	own := int(fn) - len(m.imports)
	if own >= len(m.functions) {
		return Signature{}, false
	}
	return m.types[m.functions[own]], true
}

// memoryAt is for each mention of a memory: one that has none gets an empty one, which it must not find.
func (m *module) memoryAt(r *reader, index uint32) {
	if r.err == nil && (index != 0 || !m.hasMemory) {
		r.fail("memory %d does not exist", index)
	}
}

// moved gives a function's index after the import has been added.
func (m *module) moved(r *reader, fn uint32) uint32 {
	if int64(fn) >= int64(len(m.imports)+len(m.functions)) {
		r.fail("function %d does not exist", fn)
	}
	if int(fn) < len(m.imports) {
		return fn
	}
	return fn + 1
}
