package meter

// Instructions of the added code.
const (
	opIf, opEnd, opCall, opEmpty                     = 0x04, 0x0b, 0x10, 0x40
	opBlock, opBrTable                               = 0x02, 0x0e
	opLocalGet, opLocalSet, opLocalTee               = 0x20, 0x21, 0x22
	opGlobalGet, opGlobalSet                         = 0x23, 0x24
	opI32Const, opI32LtS, opI32Sub, opI32ShrU, opI32 = 0x41, 0x48, 0x6b, 0x76, 0x7f
	opBr, opBrIf, opReturn                           = 0x0c, 0x0d, 0x0f
	opI32Eqz, opI32Eq, opI32Ne, opI32Add             = 0x45, 0x46, 0x47, 0x6a
	opI64Const, opI64Eqz, opI64Ne, opI64Add          = 0x42, 0x50, 0x52, 0x7c
	opI32WrapI64, opI64ExtendI32U                    = 0xa7, 0xad
)

// emit writes the body that was scanned, with its edits.
func (b *body) emit(out []byte) []byte {
	code := b.r.b
	groups := reader{b: code}
	n := groups.u32()
	added := uint32(1)
	if b.hasBulk {
		added = 2
	}
	out = appendU32(out, n+1)
	out = append(out, code[groups.pos:b.edits[0].at]...)
	out = append(appendU32(out, added), opI32)

	out = append(out, b.guard...)
	from := b.edits[0].at
	for i := range b.edits {
		e := &b.edits[i]
		out = append(out, code[from:e.at]...)
		from = e.at
		switch e.kind {
		case charge:
			weight := e.value + uint32(e.header)>>weightShift
			if weight == 0 {
				continue
			}
			out = b.appendCharge(out, func(o []byte) []byte { return appendS32(append(o, opI32Const), int32(weight)) })
		case grow:
			out = b.appendCharge(out, func(o []byte) []byte { return appendS32(append(o, opI32Const), growCharge) })
		case bulk:
			out = b.appendBulk(out, e.value)
		case replaced:
			out = append(out, e.code...)
			from += e.size
		case moved:
			out = appendU32(out, e.value)
			old := reader{b: code, pos: e.at}
			old.u32()
			from = old.pos
		}
	}
	return append(out, code[from:]...)
}

// appendCharge lowers the counter by what amount leaves on the operand stack, and asks for more when it is below zero.
func (b *body) appendCharge(out []byte, amount func([]byte) []byte) []byte {
	left := uint32(b.locals)
	out = appendU32(append(out, opGlobalGet), b.globals)
	out = amount(out)
	out = append(out, opI32Sub)
	out = appendU32(append(out, opLocalTee), left)
	out = appendU32(append(out, opGlobalSet), b.globals)
	out = appendU32(append(out, opLocalGet), left)
	out = append(out, opI32Const, 0, opI32LtS, opIf, opEmpty)
	out = appendU32(append(out, opCall), uint32(len(b.imports)))
	return append(out, opEnd)
}

// appendBulk charges for the amount on top of the operand stack and puts it back. An amount of 2^32 leaves the counter
// at no less than -2^27, so it cannot wrap.
func (b *body) appendBulk(out []byte, shift uint32) []byte {
	amount := uint32(b.locals) + 1
	out = appendU32(append(out, opLocalSet), amount)
	out = b.appendCharge(out, func(o []byte) []byte {
		o = appendU32(append(o, opLocalGet), amount)
		return append(o, opI32Const, byte(shift), opI32ShrU)
	})
	return appendU32(append(out, opLocalGet), amount)
}
