package meter

import (
	"testing"
)

func TestWhatACallIsCharged(t *testing.T) {
	nop := func(n int) []byte { return repeat(n, 0x01) }
	down := []byte{opLocalGet, 0, opI32Const, 1, opI32Sub, 0x22, 0, opBrIf, 0} // go back unless it has come to 0
	loop := func(body ...[]byte) []byte { return cat([]byte{0x03, opEmpty}, cat(body...), []byte{opEnd}) }
	zero := []byte{opI32Const, 0}
	tests := []struct {
		name string
		code []byte
		arg  uint64
		want uint64
	}{
		{"nothing", zero, 0, 1},
		{"256 bytes more", cat(nop(256), zero), 0, 2},
		{"a loop that nobody goes back to", cat(loop(nop(8)), zero), 0, 1},
		{"and its bytes", cat(loop(nop(256)), zero), 0, 2},
		{"a loop within, that nobody goes back to", cat(loop(loop(nop(256)), down), zero), 3, 6},
		{"a loop that is entered first: its turns alone", cat(loop(down), zero), 5, 5},
		{"with values before it", cat([]byte{opLocalGet, 0, opLocalSet, 0}, loop(down), zero), 5, 5},
		{"a loop that may not be entered", cat([]byte{opI32Const, 1, opIf, opEmpty}, loop(down), []byte{opEnd}, zero), 5, 6},
		{"a second loop", cat(loop(down), []byte{opI32Const, 2, opLocalSet, 0}, loop(down), zero), 5, 7},
		{"much code around a loop", cat(loop(down), nop(256), zero), 5, 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := cost(t, function([]byte{opI32}, tt.code), tt.arg); got != tt.want {
				t.Errorf("it was charged %d, want %d", got, tt.want)
			}
		})
	}
}

func TestFunctionsThatBecomeTwo(t *testing.T) {
	tests := []struct {
		name string
		wasm mod
		want int
	}{
		{"forward", dispatched(cat(adds(1), when(9, to(1, 0, 2)), adds(20)), adds(3)), 1},
		{"back", dispatched(adds(1), cat(adds(3), when(30, to(0, 0, 1)))), 1},
		{"back, to more than one", dispatched(adds(1), cat(adds(3), when(30, to(0, 0, 1)), when(50, to(1, 0, 1)))), 1},
		{"back to more than are compared one by one", dispatched(adds(1), cat(adds(1), when(3, to(0, 0, 1)), when(4, to(1, 0, 1)), when(5, to(2, 0, 1)), when(6, to(3, 0, 1)),
			when(7, to(4, 0, 1)), when(8, to(5, 0, 1)), when(9, to(6, 0, 1)), when(10, to(0x7f, 0, 1)))), 1},
		{"back under a condition", dispatched(adds(1), cat(adds(3), []byte{opI32Const, 0, opLocalSet, 0}, []byte{opLocalGet, 1, opI32Const, 30, opI32LtS, opBrIf, 0})), 0},
		{"back to an unknown piece", dispatched(adds(1), cat(adds(3), when(30, []byte{opLocalGet, 1, opLocalSet, 0, opBr, 1}))), 0},
		{"by another local", dispatched(adds(1), cat(adds(3), when(30, to(40, 1, 1)))), 0},
		{"not a dispatch", function([]byte{opI32}, []byte{opLocalGet, 0}), 0},
		{"begun at another piece than it is called with", begun(cat([]byte{opI32Const, 1, opLocalSet, 0})), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := &module{limits: DefaultLimits(), exports: map[string]Signature{}}
			if err := m.split(tt.wasm); err != nil {
				t.Fatal(err)
			}
			out, err := m.rewrite(len(tt.wasm))
			if err != nil {
				t.Fatal(err)
			}
			if len(m.resumed) != tt.want {
				t.Errorf("%d functions were added, want %d", len(m.resumed), tt.want)
			}
			before, after := open(t, tt.wasm), open(t, out)
			for arg := range uint64(4) {
				if want, is := before(arg), after(arg); want != is {
					t.Errorf("begun at %d it gives %s, and gave %s", arg, is, want)
				}
			}
		})
	}
}

// begun is a dispatched function that does something before the loop.
func begun(something []byte) mod {
	body := cat([]byte{1, 1, opI32}, something, []byte{0x03, opEmpty, opBlock, opEmpty, opBlock, opEmpty, opLocalGet, 0, opBrTable, 2, 0, 1, 1, opEnd},
		adds(1), []byte{opEnd}, adds(3), []byte{opEnd, opLocalGet, 1, opEnd})
	return newMod().sec(secType, 1, 0x60, 1, opI32, 1, opI32).sec(secFunction, 1, 0).
		sec(secExport, 1, 1, 'f', 0, 0).sec(secCode, cat([]byte{1}, appendU32(nil, uint32(len(body))), body)...)
}

// FuzzJumps makes functions as Go's compiler does out of bytes (pieces of code that add, compare, and jump about) and
// holds that they give the same before and after, wherever they begin.
func FuzzJumps(f *testing.F) {
	f.Add([]byte{3, 1, 0x85, 9, 2, 0x42, 7, 0, 0x91, 30, 1, 1, 5})
	f.Add([]byte{7, 0xff, 1, 2, 3, 4, 5, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 9, 9, 9, 0x47, 0x46, 0x45})
	f.Add([]byte("002001\x98")) // back by the table's default
	f.Fuzz(func(t *testing.T, in []byte) {
		wasm := jumbled(in)
		got, err := Rewrite(wasm, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		before, after := open(t, wasm), open(t, got.Wasm)
		for arg := range uint64(4) {
			if want, is := before(arg), after(arg); want != is {
				t.Errorf("begun at %d it gives %s, and gave %s", arg, is, want)
			}
		}
	})
}

// twenty counts in local 2, and says whether that was one of the first 20 times: nothing goes round for ever.
var twenty = []byte{opLocalGet, 2, opI32Const, 1, 0x6a, 0x22, 2, opI32Const, 20, opI32LtS}

// jumbled makes 2 to 9 pieces.
func jumbled(in []byte) mod {
	next := func() (c byte) {
		if len(in) > 0 {
			c, in = in[0], in[1:]
		}
		return c
	}
	pieces := int(next()%8) + 2
	code := cat([]byte{1, 2, opI32, opI32Const, 50, opLocalSet, 2, 0x03, opEmpty}, repeat(pieces, opBlock, opEmpty), []byte{opLocalGet, 0, opBrTable, byte(pieces)})
	if next()%2 == 0 { // without anything in front, as Go has it
		code = cat([]byte{1, 2, opI32, 0x03, opEmpty}, repeat(pieces, opBlock, opEmpty), []byte{opLocalGet, 0, opBrTable, byte(pieces)})
	}
	for i := range pieces {
		code = append(code, byte(i))
	}
	code = append(code, byte(pieces-1))
	for i := range pieces {
		code = append(code, opEnd)
		for range next() % 3 {
			c := next()
			level := byte(pieces - 1 - i) // of the loop
			switch c >> 6 {
			case 0:
				code = append(code, adds(c&0x3f)...)
			case 1:
				code = append(append(code, twenty...), opIf, opEmpty)
				code = append(append(code, when(c&0x3f, to(next()%16, 0, level+2))...), opEnd)
			case 2:
				code = append(append(code, twenty...), opI32Eqz, opI32Eqz, opIf, opEmpty)
				code = append(append(code, to(c&0x3f, 0, level+1)...), opEnd)
			case 3:
				code = append(append(code, twenty...), opI64ExtendI32U, opI64Eqz, opI32Eqz, opBrIf, level)
			}
		}
	}
	code = append(code, opEnd, opLocalGet, 1, opEnd)
	return newMod().sec(secType, 1, 0x60, 1, opI32, 1, opI32).sec(secFunction, 1, 0).
		sec(secExport, 1, 1, 'f', 0, 0).sec(secCode, cat([]byte{1}, appendU32(nil, uint32(len(code))), code)...)
}
