package meter

import "strings"

// rewrite reads the sections in order and writes the new module.
func (m *module) rewrite(size int) ([]byte, error) {
	type section struct {
		id   byte
		body []byte
	}
	var all []section
	for _, step := range []struct {
		id   byte
		body func() ([]byte, error)
	}{
		{secType, m.typeSection}, {secImport, m.importSection}, {secFunction, m.functionSection}, {secTable, m.tableSection},
		{secMemory, m.memorySection}, {secGlobal, m.globalSection}, {secExport, m.exportSection}, {secElement, m.elementSection},
		{secDataCount, m.dataCountSection}, {secCode, m.codeSection}, {secData, m.dataSection},
	} {
		body, err := step.body()
		if err != nil {
			return nil, err
		}
		if body != nil {
			all = append(all, section{step.id, body})
		}
	}
	out := append(make([]byte, 0, 2*size+256), magic...)
	for _, s := range all {
		if s.id == secFunction {
			s.body = m.allFunctions()
		}
		out = appendSection(out, s.id, s.body)
	}
	if names := m.nameSection(); names != nil {
		out = appendSection(out, secCustom, names)
	}
	return out, nil
}

func (m *module) dataCountSection() ([]byte, error) {
	if !m.sections[secDataCount].has {
		return nil, nil
	}
	r := m.sections[secDataCount].reader()
	r.u32()
	return r.b, r.end("data count section")
}

func (m *module) typeSection() ([]byte, error) {
	r := m.sections[secType].reader()
	n := 0
	if m.sections[secType].has {
		n = r.countOf("types", m.limits.Types)
	}
	from := r.pos
	for range n {
		if form := r.byte(); r.err == nil && form != 0x60 {
			r.fail("a type that is not a function")
		}
		params := r.take(r.countOf("parameters", m.limits.Signature))
		s := Signature{Params: string(params), Results: string(r.take(r.countOf("results", m.limits.Signature)))}
		if r.err != nil {
			return nil, r.err
		}
		m.types = append(m.types, s)
	}
	if err := r.end("type section"); err != nil {
		return nil, err
	}
	m.refill = uint32(n)
	out := append(appendU32(nil, uint32(n)+1), r.b[from:]...)
	return append(out, 0x60, 0, 0), nil
}

func (m *module) importSection() ([]byte, error) {
	r := m.sections[secImport].reader()
	n := 0
	if m.sections[secImport].has {
		n = r.countOf("imports", m.limits.Imports)
	}
	from := r.pos
	for range n {
		i := Import{Module: r.name(), Name: r.name()}
		kind := r.byte()
		if r.err == nil && kind != 0 {
			r.fail("it imports %s.%s, which is not a function: a plugin brings its own memory, tables and globals", i.Module, i.Name)
		}
		t := r.u32()
		if r.err == nil && int64(t) >= int64(len(m.types)) {
			r.fail("type %d does not exist", t)
		}
		if r.err == nil && i.Module == RefillModule {
			r.fail("it imports %s.%s, a name kept for the host", i.Module, i.Name)
		}
		if r.err != nil {
			return nil, r.err
		}
		i.Signature = m.types[t]
		m.imports = append(m.imports, i)
	}
	if err := r.end("import section"); err != nil {
		return nil, err
	}
	out := append(appendU32(nil, uint32(n)+1), r.b[from:]...)
	out = appendName(appendName(out, RefillModule), RefillName)
	return appendU32(append(out, 0), m.refill), nil
}

func (m *module) functionSection() ([]byte, error) {
	if !m.sections[secFunction].has {
		return nil, nil
	}
	r := m.sections[secFunction].reader()
	n := r.countOf("functions", m.limits.Functions)
	for range n {
		t := r.u32()
		if r.err == nil && int64(t) >= int64(len(m.types)) {
			r.fail("type %d does not exist", t)
		}
		if r.err != nil {
			return nil, r.err
		}
		m.functions = append(m.functions, t)
	}
	return r.b, r.end("function section")
}

// allFunctions is the function section with what has been added.
func (m *module) allFunctions() []byte {
	out := appendU32(nil, uint32(len(m.functions)+len(m.resumed)))
	for _, t := range m.functions {
		out = appendU32(out, t)
	}
	for _, t := range m.resumed {
		out = appendU32(out, t)
	}
	return out
}

// limitsOf reads a minimum and a maximum, which is none's value where there is none.
func (r *reader) limitsOf(none uint32) (low, high uint32) {
	flag := r.byte()
	if r.err == nil && flag > 1 {
		r.fail("a shared or 64-bit memory or table, which this host does not run")
	}
	low, high = r.u32(), none
	if flag == 1 {
		high = r.u32()
	}
	return low, high
}

func appendLimits(b []byte, low, high uint32) []byte {
	return appendU32(appendU32(append(b, 1), low), high)
}

const maxTables = 16

func (m *module) tableSection() ([]byte, error) {
	if !m.sections[secTable].has {
		return nil, nil
	}
	r := m.sections[secTable].reader()
	n := r.countOf("tables", maxTables)
	out := appendU32(nil, uint32(n))
	left := m.limits.TableSize
	for range n {
		out = append(out, r.byte())
		low, high := r.limitsOf(m.limits.TableSize)
		if r.err == nil && low > left {
			r.fail("tables of more than %d elements", m.limits.TableSize)
		}
		if r.err != nil {
			return nil, r.err
		}
		left -= low
		out = appendLimits(out, low, min(high, m.limits.TableSize))
	}
	return out, r.end("table section")
}

// maxPages are what 32 bits can address.
const maxPages = 1 << 16

// memorySection bounds the memory, and gives a module that has none one that is empty, so that the host's functions
// find one always.
func (m *module) memorySection() ([]byte, error) {
	r := m.sections[secMemory].reader()
	n := 0
	if m.sections[secMemory].has {
		n = r.count()
	}
	if r.err == nil && n > 1 {
		r.fail("more than one memory")
	}
	if r.err != nil || n == 0 {
		return appendLimits([]byte{1}, 0, 0), r.end("memory section")
	}
	m.hasMemory = true
	low, high := r.limitsOf(m.limits.MemoryPages)
	if r.err == nil && high > maxPages {
		r.fail("a memory of up to %d pages; at most %d can be addressed", high, maxPages)
	}
	if r.err == nil && low > m.limits.MemoryPages {
		r.fail("it starts with %d KiB of memory; at most %d KiB are given", uint64(low)*64, uint64(m.limits.MemoryPages)*64)
	}
	return appendLimits([]byte{1}, low, min(high, m.limits.MemoryPages)), r.end("memory section")
}

func (m *module) globalSection() ([]byte, error) {
	r := m.sections[secGlobal].reader()
	n := 0
	if m.sections[secGlobal].has {
		n = r.countOf("globals", m.limits.Globals)
	}
	out := appendU32(nil, uint32(n)+1)
	for range n {
		out = append(out, r.take(2)...)
		out = m.constant(r, out)
		if r.err != nil {
			return nil, r.err
		}
		m.globals++
	}
	return append(out, 0x7f, 1, 0x41, 0, 0x0b), r.end("global section")
}

func (m *module) exportSection() ([]byte, error) {
	r := m.sections[secExport].reader()
	n := 0
	if m.sections[secExport].has {
		n = r.countOf("exports", m.limits.Exports)
	}
	if err := m.startSection(); err != nil {
		return nil, err
	}
	added := uint32(1)
	if m.hasStart {
		added++
	}
	out := appendU32(nil, uint32(n)+added)
	for range n {
		name, kind, index := r.name(), r.byte(), r.u32()
		if r.err == nil && strings.HasPrefix(name, reserved) {
			r.fail("it exports %s, a name kept for the host", name)
		}
		switch kind {
		case 0:
			s, _ := m.signature(index)
			m.exports[name] = s
			index = m.moved(r, index)
		case 2:
			m.memoryAt(r, index)
		case 3:
			if r.err == nil && index >= m.globals {
				r.fail("global %d does not exist", index)
			}
		}
		if r.err != nil {
			return nil, r.err
		}
		out = appendU32(append(appendName(out, name), kind), index)
	}
	out = appendU32(append(appendName(out, BudgetExport), 3), m.globals)
	if m.hasStart {
		out = appendU32(append(appendName(out, StartExport), 0), m.start)
	}
	return out, r.end("export section")
}

func (m *module) startSection() error {
	if !m.sections[secStart].has {
		return nil
	}
	r := m.sections[secStart].reader()
	fn := r.u32()
	if s, ok := m.signature(fn); ok && s != (Signature{}) {
		r.fail("a start function that takes or gives values")
	}
	m.hasStart, m.start = true, m.moved(r, fn)
	return r.end("start section")
}
