package meter

// instruction reads one instruction's operands and notes what it needs. from is where the instruction began.
func (b *body) instruction(op byte, from int) {
	r := &b.r
	before := b.wrote
	b.wrote = written{}
	if op != 0x03 && !value(op) {
		b.direct = false
	}
	if by := change[op]; by < 0 {
		b.took(int(-by))
	} else {
		b.gave(int(by))
	}
	switch {
	case op == 0x02:
		b.open(b.blockType())
	case op == opIf:
		b.took(1)
		b.parts(2)
		b.open(b.blockType())
		b.blocks[len(b.blocks)-1].either = true
	case op == 0x03:
		d := b.dispatchAt()
		b.loop(d)
	case op == 0x0b:
		b.end()
	case op == 0x05: // else
		b.otherwise()
	case op == 0x0c: // br
		b.wrote = before
		b.jump()
		b.unreachable()
	case op == opBrIf:
		b.took(1)
		b.parts(1)
		b.branch()
	case op == opBrTable:
		b.took(1)
		n := r.count()
		for b.parts(n + 1); n >= 0 && r.err == nil; n-- {
			b.branch()
		}
		b.unreachable()
	case op == 0x00 || op == opReturn: // unreachable
		b.unreachable()
	case op == opCall || op == 0xd2: // ref.func
		b.function(op == opCall)
	case op == 0x11: // call_indirect
		b.indirect()
	case op == 0x1c:
		r.take(r.count())
	case op >= 0x20 && op <= 0x22:
		b.local(op == opLocalGet)
		if op == opLocalSet && before.state == loaded {
			b.wrote = written{storing, before.value, b.touched}
		}
	case op == 0x23 || op == 0x24:
		b.global()
	case op == 0x25 || op == 0x26 || op == 0xd0: // table.get, table.set, ref.null
		r.skipLEB(5)
	case op >= 0x28 && op <= 0x3e:
		b.memoryOperand()
	case op == 0x3f: // memory.size
		b.memoryAt(r, r.u32())
	case op == 0x40:
		b.memoryAt(r, r.u32())
		b.parts(chargeParts)
		b.edits = append(b.edits, edit{at: from, kind: grow})
	case op == opI32Const:
		b.constant()
	case op == 0x42:
		r.skipLEB(10)
	case op == 0x43:
		r.take(4)
	case op == 0x44:
		r.take(8)
	case op == 0xfc:
		b.prefixFC(from)
	case op == 0xfd:
		b.vector()
	case op >= opI32Eqz && op <= 0x5a: // comparisons of integers
		b.condition(op, from)
	case op == opI64ExtendI32U:
		b.address(from)
	case plain(op):
	default:
		r.pos = from
		r.fail("%s, which this host does not run", unknown(op))
	}
}

// value says whether an instruction only opens a block or makes, keeps or takes a value.
func value(op byte) bool {
	return op == opBlock || op == 0x01 || op >= opLocalGet && op <= opGlobalSet || op >= opI32Const && op <= 0x44
}

// plain says whether an instruction has no operands in the code.
func plain(op byte) bool {
	switch op {
	case 0x01, 0x1a, 0x1b, 0xd1: // nop, drop, select, ref.is_null
		return true
	}
	return op >= 0x45 && op <= 0xc4
}

func unknown(op byte) string {
	switch op {
	case 0x06, 0x07, 0x08, 0x09, 0x0a, 0x18, 0x19, 0x1f:
		return "an instruction of the exception-handling proposal"
	case 0x12, 0x13:
		return "a tail call"
	case 0x14, 0x15, 0xd3, 0xd4, 0xd5, 0xd6, 0xfb:
		return "an instruction of the typed-reference or garbage-collection proposal"
	case 0xfe:
		return "an instruction of the threads proposal"
	}
	return "an unknown instruction"
}

func (b *body) memoryOperand() {
	b.memoryAt(&b.r, 0)
	b.r.skipLEB(5)
	b.r.skipLEB(5)
}

// prefixFC reads saturating conversions and the bulk instructions. Memory is charged a count for 256 bytes, a table one for
// 32 elements, which is as many bytes.
func (b *body) prefixFC(from int) {
	const memory, table = 8, 5
	r := &b.r
	sub := r.u32()
	operands := 0
	switch sub {
	case 0, 1, 2, 3, 4, 5, 6, 7: // saturating conversions
	case 9, 13, 16: // data.drop, elem.drop, table.size
		operands = 1
	case 8: // memory.init
		r.skipLEB(5)
		b.memoryAt(r, r.u32())
		b.bulkOf(from, memory)
	case 10: // memory.copy
		b.memoryAt(r, r.u32())
		b.memoryAt(r, r.u32())
		b.bulkOf(from, memory)
	case 11: // memory.fill
		b.memoryAt(r, r.u32())
		b.parts(fillParts)
		b.bulkOf(from, memory)
	case 12, 14: // table.init, table.copy
		operands = 2
		b.bulkOf(from, table)
	case 17: // table.fill
		operands = 1
		b.parts(fillParts)
		b.bulkOf(from, table)
	case 15: // table.grow
		operands = 1
		b.parts(chargeParts)
		b.edits = append(b.edits, edit{at: from, kind: grow})
	default:
		r.pos = from
		r.fail("an unknown instruction")
		return
	}
	if by := changeBulk[sub]; by < 0 {
		b.took(int(-by))
	} else {
		b.gave(int(by))
	}
	for range operands {
		r.skipLEB(5)
	}
}

// vector reads an instruction on 128-bit values.
func (b *body) vector() {
	r := &b.r
	from := r.pos
	sub := r.u32()
	switch {
	case sub <= 11 || sub == 92 || sub == 93: // loads and the store
		b.memoryOperand()
	case sub == 12 || sub == 13: // the constant, shuffle
		r.take(16)
	case sub >= 21 && sub <= 34: // one lane
		r.byte()
	case sub >= 84 && sub <= 91: // one lane from or to memory
		b.memoryOperand()
		r.byte()
	case sub > 255:
		r.pos = from
		r.fail("an instruction of the relaxed-vector proposal, which this host does not run")
		return
	}
	if by := changeVector[sub]; by < 0 {
		b.took(int(-by))
	} else {
		b.gave(int(by))
	}
}
