package meter

// Go's compiler makes of a condition a number, and of the number a condition again; the engine's compiler takes that
// literally, with three instructions and a wait for each step. So chains are folded into the one comparison they come to.
// Both work on any module: what stands between a chain's instructions is nothing, and they have one operand each.

// opposite is the comparison of integers that says the contrary; 0 for the comparisons with zero.
var opposite = [...]byte{
	0x46: 0x47, 0x47: 0x46, 0x48: 0x4e, 0x4e: 0x48, 0x49: 0x4f, 0x4f: 0x49, 0x4a: 0x4c, 0x4c: 0x4a, 0x4b: 0x4d, 0x4d: 0x4b, // i32
	0x51: 0x52, 0x52: 0x51, 0x53: 0x59, 0x59: 0x53, 0x54: 0x5a, 0x5a: 0x54, 0x55: 0x57, 0x57: 0x55, 0x56: 0x58, 0x58: 0x56, // i64
}

// condition reads what stands behind a comparison as long as it only turns the answer round: i32.eqz, or
// i64.extend_i32_u and i64.eqz.
func (b *body) condition(op byte, from int) {
	code, at, contrary := b.r.b, b.r.pos, false
	for {
		if at < len(code) && code[at] == opI32Eqz {
			at++
		} else if at+1 < len(code) && code[at] == opI64ExtendI32U && code[at+1] == opI64Eqz {
			at += 2
		} else {
			break
		}
		contrary = !contrary
	}
	if at == b.r.pos {
		return
	}
	b.r.pos = at
	b.edits = append(b.edits, edit{at: from, kind: replaced, size: at - from, code: comparison(op, contrary)})
}

func comparison(op byte, contrary bool) []byte {
	switch {
	case !contrary:
		return []byte{op}
	case op == opI32Eqz:
		return []byte{opI32Const, 0, opI32Ne}
	case op == opI64Eqz:
		return []byte{opI64Const, 0, opI64Ne}
	}
	return []byte{opposite[op]}
}

// address reads i64.extend_i32_u; i64.const N; i64.add; i32.wrap_i64, which is an addition in 32 bits.
func (b *body) address(from int) {
	r := b.r
	if r.byte() != opI64Const {
		return
	}
	at := r.pos
	r.skipLEB(5) // all of them are well-formed, whatever their last bits
	var n, shift uint32
	for _, c := range r.b[at:r.pos] { // what is beyond 32 bits does not count
		if shift < 32 {
			n |= uint32(c&0x7f) << shift
		}
		shift += 7
	}
	if last := r.pos - 1; shift < 32 && r.err == nil && r.b[last]&0x40 != 0 {
		n |= ^uint32(0) << shift
	}
	if r.byte() != opI64Add || r.byte() != opI32WrapI64 || r.err != nil {
		return
	}
	b.r = r
	b.edits = append(b.edits, edit{at: from, kind: replaced, size: r.pos - from,
		code: append(appendS32([]byte{opI32Const}, int32(n)), opI32Add)})
}
