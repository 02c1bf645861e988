package meter

// constant copies a constant expression, moving the functions it mentions.
func (m *module) constant(r *reader, out []byte) []byte {
	for r.err == nil {
		from := r.pos
		op := r.byte()
		switch op {
		case 0x0b:
			return append(out, op)
		case 0x41:
			r.skipLEB(5)
		case 0x42:
			r.skipLEB(10)
		case 0x43:
			r.take(4)
		case 0x44:
			r.take(8)
		case 0x23:
			if g := r.u32(); r.err == nil && g >= m.globals {
				r.fail("global %d does not exist or comes later", g)
			}
		case 0xd0:
			r.skipLEB(5)
		case 0xd2:
			out = appendU32(append(out, op), m.moved(r, r.u32()))
			continue
		case 0xfd:
			if r.u32() != 12 {
				r.fail("an instruction that is not constant")
			}
			r.take(16)
		default:
			r.fail("an instruction that is not constant: %#x", op)
		}
		if r.err == nil {
			out = append(out, r.b[from:r.pos]...)
		}
	}
	return out
}

// elementSection copies the segments that fill tables, moving the functions in them. Bits of a segment's flags: 1 it is
// not put into a table at the start, 2 it names its table (or, with 1, is only a declaration), 4 it holds expressions.
func (m *module) elementSection() ([]byte, error) {
	if !m.sections[secElement].has {
		return nil, nil
	}
	r := m.sections[secElement].reader()
	n := r.countOf("element segments", m.limits.Segments)
	out := appendU32(make([]byte, 0, len(r.b)+len(r.b)/8+8), uint32(n))
	for range n {
		flags := r.u32()
		if r.err == nil && flags > 7 {
			r.fail("an element segment of an unknown kind")
		}
		if r.err != nil {
			return nil, r.err
		}
		out = appendU32(out, flags)
		if flags&1 == 0 {
			if flags&2 != 0 {
				out = appendU32(out, r.u32())
			}
			out = m.constant(r, out)
		}
		if flags&3 != 0 {
			out = append(out, r.byte())
		}
		out = m.elements(r, out, flags&4 != 0)
	}
	return out, r.end("element section")
}

func (m *module) elements(r *reader, out []byte, expressions bool) []byte {
	n := r.count()
	if m.elementCount += uint64(n); r.err == nil && m.elementCount > uint64(m.limits.TableSize) {
		r.fail("segments of more than %d elements", m.limits.TableSize)
		return out
	}
	out = appendU32(out, uint32(n))
	for range n {
		if r.err != nil {
			break
		}
		if expressions {
			out = m.constant(r, out)
		} else {
			out = appendU32(out, m.moved(r, r.u32()))
		}
	}
	return out
}

// dataSection copies the memory's content as it is, once its counts have been found true: the engine makes room for as
// many segments as a file says that it has.
func (m *module) dataSection() ([]byte, error) {
	if !m.sections[secData].has {
		return nil, nil
	}
	r := m.sections[secData].reader()
	for n := r.countOf("data segments", m.limits.Segments); n > 0 && r.err == nil; n-- {
		flags := r.u32()
		if r.err == nil && flags > 2 {
			r.fail("a data segment of an unknown kind")
		}
		memory := uint32(0)
		if flags == 2 {
			memory = r.u32()
		}
		if flags != 1 {
			m.memoryAt(r, memory)
			m.constant(r, nil)
		}
		r.take(r.count())
	}
	return r.b, r.end("data section")
}

// nameSection copies the functions' names, for traces of traps. Damaged or absent names are left out: nothing depends
// on them.
func (m *module) nameSection() []byte {
	r := m.names.reader()
	for r.more() {
		id := r.byte()
		body := r.take(int(r.u32()))
		if r.err != nil || id != 1 {
			continue
		}
		names := reader{b: body}
		n := names.countOf("names", len(m.imports)+len(m.functions))
		sub := appendU32(nil, uint32(n))
		for range n {
			sub = appendU32(sub, m.moved(&names, names.u32()))
			sub = appendName(sub, names.name())
			if names.err != nil {
				return nil
			}
		}
		return append(appendName(nil, "name"), appendSection(nil, 1, sub)...)
	}
	return nil
}
