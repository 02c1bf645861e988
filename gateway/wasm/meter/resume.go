package meter

import "slices"

// A call of a Go function may be taken up again at any call that it has made, after its goroutine has waited: then its
// parameter is the number of the piece of code to go on with, which its table of branches leads to. For the sake of that
// each piece can be reached from the function's beginning, and the engine's compiler has to assume of each that
// nothing is known: it loads again what is in registers and checks again what is checked. But most calls begin at the
// beginning. So a function becomes two:
//
//	f(P)  if P { return f'(P) }; the body, whose table leads only to the beginning and to where it jumps back to
//	f'(P) the body as it was
//
// The body may be entered at its beginning alone if the loop is the first thing that a call comes to, if the parameter
// is what the table looks at, and if everything that goes back to the loop sets it first, as jumps do.

const (
	maxBacks   = 6       // numbers compared one by one; more are looked up in the table
	maxResumed = 4 << 20 // bytes of code that are there twice
)

// splits says whether the function that was scanned becomes two, and if so counts its bytes.
func (b *body) splits(s Signature) bool {
	d := &b.entry
	if s.Params != "\x7f" || s.Results != "\x7f" || d.arms == 0 || d.local != 0 || b.loose {
		return false
	}
	if b.doubled += len(b.r.b); b.doubled > maxResumed {
		return false
	}
	return int64(b.target(0)) < int64(d.arms)
}

// target is where the table leads for n.
func (b *body) target(n uint32) uint32 {
	d := &b.entry
	return b.targets[d.targets+int(min(n, uint32(d.entries-1)))]
}

// fast makes the edits those of the first of the two; full is the number of the second.
func (b *body) fast(full uint32) {
	b.guard = append(appendU32([]byte{opLocalGet, 0, opIf, opEmpty, opLocalGet, 0, opCall}, full), opReturn, opEnd)
	var code []byte
	if len(b.backs) <= maxBacks {
		for _, n := range b.backs {
			code = appendS32(append(code, opLocalGet, 0, opI32Const), int32(n))
			code = appendU32(append(code, opI32Eq, opBrIf), b.target(n))
		}
		code = appendU32(append(code, opBr), b.target(0))
	} else {
		d := &b.entry
		code = appendU32([]byte{opLocalGet, 0, opBrTable}, uint32(d.entries-1))
		for n := range uint32(d.entries) {
			if !b.led[n] {
				n = 0
			}
			code = appendU32(code, b.target(n))
		}
	}
	for i := range b.edits {
		if e := &b.edits[i]; e.at == b.entry.at && e.kind == spared {
			e.kind, e.size, e.code = replaced, b.entry.size, code
			break
		}
	}
}

// back notes a jump back in the loop that each call enters, and says whether it is one.
func (b *body) back(level uint32) bool {
	to := &b.blocks[len(b.blocks)-1-int(level)]
	d := &to.dispatch
	if !to.direct || !to.loop || d.arms == 0 || b.wrote.state != storing || b.wrote.local != d.local {
		return false
	}
	if _, ok := b.straight(level); ok {
		return false
	}
	b.leads(b.wrote.value)
	b.edge(to)
	return true
}

// leads notes that a jump back leads to where the table has n.
func (b *body) leads(n uint32) {
	d := &b.entry
	b.led[min(n, uint32(d.entries-1))] = true
	if int64(b.target(n)) >= int64(d.arms) {
		b.loose = true
	}
	if len(b.backs) <= maxBacks && !slices.Contains(b.backs, n) {
		b.backs = append(b.backs, n)
	}
}
