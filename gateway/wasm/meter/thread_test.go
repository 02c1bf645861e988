package meter

import (
	"testing"
)

// dispatched is a function (i32) -> i32 as Go's compiler makes them: two arms around a table, whose pieces of code follow
// the ends of the blocks. Its parameter is the number of the piece to begin with; local 1 gathers the result.
func dispatched(first, second []byte) mod {
	body := cat([]byte{1, 1, opI32, 0x03, opEmpty, opBlock, opEmpty, opBlock, opEmpty, opLocalGet, 0, opBrTable, 2, 0, 1, 1, opEnd},
		first, []byte{opEnd}, second, []byte{opEnd, opLocalGet, 1, opEnd})
	return newMod().sec(secType, 1, 0x60, 1, opI32, 1, opI32).sec(secFunction, 1, 0).
		sec(secExport, 1, 1, 'f', 0, 0).sec(secCode, cat([]byte{1}, appendU32(nil, uint32(len(body))), body)...)
}

// to is a jump as Go writes it, in a loop that lies so many levels out.
func to(piece, local, level byte) []byte {
	return []byte{opI32Const, piece, opLocalSet, local, opBr, level}
}

// adds adds n to the result.
func adds(n byte) []byte { return []byte{opLocalGet, 1, opI32Const, n, 0x6a, opLocalSet, 1} }

// when runs something if the result is below n.
func when(n byte, something ...[]byte) []byte {
	return cat([]byte{opLocalGet, 1, opI32Const, n, opI32LtS, opIf, opEmpty}, cat(something...), []byte{opEnd})
}

func TestJumpsGoStraightOn(t *testing.T) {
	tests := []struct {
		name          string
		first, second []byte
		straight      int // branches that are to be changed
	}{
		{"forward", cat(adds(1), when(9, to(1, 0, 2)), adds(20)), adds(3), 1},
		{"forward by the table's default", cat(adds(1), when(9, to(40, 0, 2)), adds(20)), adds(3), 1},
		{"forward by a negative number", cat(adds(1), when(9, to(0x7f, 0, 2)), adds(20)), adds(3), 1},
		{"straight already", cat(adds(1), when(9, to(1, 0, 1)), adds(20)), adds(3), 0},
		{"back", adds(1), cat(adds(3), when(30, to(0, 0, 1))), 0},
		{"back, with other blocks in the arms' places", adds(1), cat(adds(3), when(30, when(30, when(30, to(0, 0, 3))))), 0},
		{"to itself", adds(1), cat(adds(3), when(30, when(30, to(1, 0, 2)))), 0},
		{"by another local", cat(adds(1), when(9, []byte{opI32Const, 1, opLocalSet, 0}, to(40, 1, 2)), adds(20)), adds(30), 0},
		{"number and branch apart", cat(adds(1), when(9, []byte{opI32Const, 1, opLocalSet, 0, 0x01, opBr, 2}), adds(20)), adds(3), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wasm := dispatched(tt.first, tt.second)
			got, err := Rewrite(wasm, DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if n := straightened(t, wasm); n != tt.straight {
				t.Errorf("%d branches go straight on, want %d", n, tt.straight)
			}
			for start := range uint64(3) {
				want, is := run(t, wasm, start), run(t, got.Wasm, start)
				if want != is {
					t.Errorf("begun at %d it gives %d, and %d before it was rewritten", start, is, want)
				}
			}
		})
	}
}

// straightened scans the one body of a module and counts the branches that are changed.
func straightened(t *testing.T, wasm []byte) (n int) {
	t.Helper()
	m := &module{limits: DefaultLimits(), exports: map[string]Signature{}}
	if err := m.split(wasm); err != nil {
		t.Fatal(err)
	}
	if _, err := m.rewrite(len(wasm)); err != nil {
		t.Fatal(err)
	}
	code := m.sections[secCode].body
	b := &body{module: m, params: 1, results: "\x7f", r: reader{b: code[2:]}}
	if err := b.scan(); err != nil {
		t.Fatal(err)
	}
	for _, e := range b.edits {
		if e.kind == moved {
			n++
		}
	}
	return n
}

// run runs the function, with a counter that is filled whenever it is empty. Some go round for a while, none for ever.
func run(t *testing.T, wasm []byte, arg uint64) uint64 {
	t.Helper()
	out, err := start(t, wasm)(arg)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}
