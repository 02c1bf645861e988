package meter

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// mod builds modules out of raw sections, for faults that no assembler would let pass.
type mod []byte

func newMod() mod { return mod(magic) }

func (m mod) sec(id byte, body ...byte) mod { return mod(appendSection(m, id, body)) }

// code adds a function section and a code section of functions of type 0: locals and instructions, as they are.
func (m mod) code(bodies ...[]byte) mod {
	functions, code := appendU32(nil, uint32(len(bodies))), appendU32(nil, uint32(len(bodies)))
	for _, b := range bodies {
		functions = append(functions, 0)
		code = append(appendU32(code, uint32(len(b))), b...)
	}
	return m.sec(secFunction, functions...).sec(secCode, code...)
}

// nothing is the type section of () -> ().
var nothing = []byte{1, 0x60, 0, 0}

func one(body ...byte) mod {
	return newMod().sec(secType, nothing...).code(append([]byte{0}, body...))
}

func repeat(n int, b ...byte) []byte { return bytes.Repeat(b, n) }

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestRefused(t *testing.T) {
	const deep = 100_000
	tests := []struct {
		name string
		wasm []byte
		want string
	}{
		{"empty", nil, "does not begin with"},
		{"text", []byte("(module)"), "does not begin with"},
		{"component", []byte("\x00asm\x0d\x00\x01\x00"), "not a core module"},
		{"cut in a section", newMod().sec(secType, nothing...)[:10], "unexpected end"},
		{"section size beyond the file", append(newMod(), 1, 0xff, 0xff, 0xff, 0xff, 0x0f), "unexpected end"},
		{"unknown section", newMod().sec(13), "section 13"},
		{"section twice", newMod().sec(secType, nothing...).sec(secType, nothing...), "second or misplaced type"},
		{"sections out of order", newMod().sec(secMemory, 1, 0, 1).sec(secType, nothing...), "second or misplaced type"},
		{"more types than bytes", newMod().sec(secType, 0xff, 0xff, 0xff, 0xff, 0x0f), "more items than bytes"},
		{"a type that is no function", newMod().sec(secType, 1, 0x5f, 0), "not a function"},
		{"bytes after the types", newMod().sec(secType, 1, 0x60, 0, 0, 9), "bytes are left"},
		{"imported memory", newMod().sec(secImport, 1, 3, 'e', 'n', 'v', 1, 'm', 2, 0, 1), "env.m, which is not a function"},
		{"imported table", newMod().sec(secImport, 1, 3, 'e', 'n', 'v', 1, 't', 1, 0x70, 0, 1), "env.t, which is not a function"},
		{"imported global", newMod().sec(secImport, 1, 3, 'e', 'n', 'v', 1, 'g', 3, 0x7f, 0), "env.g, which is not a function"},
		{"import of the counter", newMod().sec(secType, nothing...).sec(secImport, cat([]byte{1}, appendName(nil, RefillModule), []byte{1, 'x', 0, 0})...), "kept for the host"},
		{"name that is not UTF-8", newMod().sec(secType, nothing...).sec(secImport, 1, 1, 0xff, 1, 'x', 0, 0), "not UTF-8"},
		{"two memories", newMod().sec(secMemory, 2, 0, 1, 0, 1), "more than one memory"},
		{"large memory", newMod().sec(secMemory, 1, 0, 0x81, 4), "starts with 32832 KiB of memory; at most 32768 KiB"},
		{"shared memory", newMod().sec(secMemory, 1, 3, 1, 2), "shared or 64-bit"},
		{"64-bit memory", newMod().sec(secMemory, 1, 4, 1), "shared or 64-bit"},
		{"large table", newMod().sec(secTable, 1, 0x70, 0, 0x81, 0x80, 4), "more than 65536 elements"},
		{"large segments", newMod().sec(secElement, cat([]byte{1, 3, 0}, appendU32(nil, 65537), repeat(65537, 0))...), "segments of more than 65536 elements"},
		{"large tables", newMod().sec(secTable, 2, 0x70, 0, 0x80, 0x80, 3, 0x70, 0, 0x80, 0x80, 3), "more than 65536 elements"},
		{"many tables", newMod().sec(secTable, cat([]byte{17}, repeat(17, 0x70, 0, 0))...), "at most 16"},
		{"export of the counter", one(opEnd).sec(0, 0)[:len(one(opEnd))].reexport(), "kept for the host"},
		{"no body", newMod().sec(secType, nothing...).sec(secFunction, 1, 0), "functions without code"},
		{"a body too many", newMod().sec(secType, nothing...).sec(secFunction, 1, 0).sec(secCode, 2, 2, 0, opEnd, 2, 0, opEnd), "2 bodies for 1"},
		{"type that does not exist", newMod().sec(secType, nothing...).sec(secFunction, 1, 7).sec(secCode, 1, 2, 0, opEnd), "type 7 does not exist"},
		{"call of the added import", one(opCall, 1, opEnd), "function 1 does not exist"},
		{"get of the added global", one(opGlobalGet, 0, 0x1a, opEnd), "global 0 does not exist"},
		{"set of the added global", one(0x41, 0, opGlobalSet, 0, opEnd), "global 0 does not exist"},
		{"get of the added local", one(opLocalGet, 0, 0x1a, opEnd), "local 0 does not exist"},
		{"call_indirect of the added type", newMod().sec(secType, nothing...).sec(secFunction, 1, 0).sec(secTable, 1, 0x70, 0, 1).sec(secCode, 1, 7, 0, 0x41, 0, 0x11, 1, 0, opEnd), "type 1 does not exist"},
		{"branch out of the function", one(0x0c, 1, opEnd), "branch out of the function"},
		{"code after the end", one(opEnd, 0x01), "bytes are left"},
		{"no end", one(0x01, 0x01), "unexpected end"},
		{"atomics", one(0xfe, 3, 0, opEnd), "threads proposal"},
		{"tail call", one(0x12, 0, opEnd), "tail call"},
		{"exceptions", one(0x06, 0x40, opEnd, opEnd), "exception-handling"},
		{"garbage collection", one(0xfb, 0, opEnd), "garbage-collection"},
		{"relaxed vectors", one(0xfd, 0x80, 2, opEnd), "relaxed-vector"},
		{"unknown instruction", one(0x27, opEnd), "unknown instruction"},
		{"unknown bulk instruction", one(0xfc, 18, opEnd), "unknown instruction"},
		{"long number", one(0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0, opEnd), "more than 5 bytes"},
		{"100,000 blocks", one(cat(repeat(deep, 2, 0x40), repeat(deep+1, opEnd))...), "more than 5000 blocks"},
		{"100,000 loops", one(cat(repeat(deep, 3, 0x40), repeat(deep+1, opEnd))...), "too entangled"},
		{"100,000 ifs", one(cat(repeat(deep, 0x41, 0, 4, 0x40), repeat(deep+1, opEnd))...), "too entangled"},
		{"locals by the thousand million", newMod().sec(secType, nothing...).code([]byte{1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, opEnd}), "more than 10000 locals"},
		{"locals in many groups", newMod().sec(secType, nothing...).code(cat([]byte{0xac, 2}, repeat(300, 100, 0x7f), []byte{opEnd})), "more than 10000 locals"},
		{"a large body", one(cat(repeat(1<<20, 1), []byte{opEnd})...), "at most 524288"},
		{"entangled in sequence", entangled(1000, cat(repeat(1000, 0x41, 0, 4, 0x40, opEnd))), "too entangled"},
		{"entangled in depth", entangled(1000, cat(repeat(1000, 2, 0x40), repeat(1000, 0x41, 0, 0x0d, 0), repeat(1000, opEnd))), "too entangled"},
		{"entangled by a table", entangled(1000, cat([]byte{2, 0x40, 0x41, 0, 0x0e}, appendU32(nil, 3000), repeat(3001, 0), []byte{opEnd})), "too entangled"},
		{"a table to one block", one(cat([]byte{2, 0x40, 0x41, 0, 0x0e}, appendU32(nil, 100_000), repeat(100_001, 0), []byte{opEnd, opEnd})...), "too entangled"},
		{"values that wait", one(cat(repeat(2000, 0x23, 0), repeat(2000, 0x41, 0, opIf, opEmpty, opEnd), repeat(2000, 0x1a), []byte{opEnd})...), "global 0 does not exist"},
		{"ifs one after the other", one(cat(repeat(20_000, 0x41, 0, opIf, opEmpty, opEnd), []byte{opEnd})...), "too entangled"},
		{"loops one after the other", one(cat(repeat(20_000, 0x03, opEmpty, 0x41, 0, opBrIf, 0, opEnd), []byte{opEnd})...), "too entangled"},
		{"values that wait for ifs", one(cat(repeat(4000, 0x41, 0, 0x45), repeat(2000, 0x41, 0, opIf, opEmpty, opEnd), repeat(2000, 0x1a), []byte{opEnd})...), "too entangled"},
		{"values that wait for branches", one(cat([]byte{2, 0x40}, repeat(4000, 0x41, 0, 0x45), repeat(2000, 0x41, 0, opBrIf, 0), repeat(2000, 0x1a), []byte{opEnd, opEnd})...), "too entangled"},
		{"locals that wait for branches", entangled(3000, cat([]byte{2, 0x40}, repeat(3000, 0x41, 0, opBrIf, 0), []byte{opEnd})), "too entangled"},
		{"locals in a loop", looped(3000), "too entangled"},
		{"results by the thousand", results(1000, 1000), "too entangled"},
		{"more results than are taken", results(1001, 1), "1001 results; at most 1000"},
		{"more parameters than are taken", newMod().sec(secType, cat([]byte{1, 0x60}, appendU32(nil, 1001), repeat(1001, opI32), []byte{0})...), "1001 parameters; at most 1000"},
		{"locals of many functions", newMod().sec(secType, nothing...).code(slices.Repeat([][]byte{cat([]byte{1}, appendU32(nil, 10000), []byte{opI32, opEnd})}, 10_000)...), "too entangled"},
		{"many types", newMod().sec(secType, cat(appendU32(nil, 10001), repeat(10001, 0x60, 0, 0))...), "10001 types; at most 10000"},
		{"many imports", newMod().sec(secType, nothing...).sec(secImport, cat(appendU32(nil, 1001), repeat(1001, 0, 0, 0, 0))...), "1001 imports; at most 1000"},
		{"many functions", newMod().sec(secType, nothing...).sec(secFunction, cat(appendU32(nil, 100_001), repeat(100_001, 0))...), "100001 functions; at most 100000"},
		{"many globals", newMod().sec(secGlobal, cat(appendU32(nil, 16385), repeat(16385, opI32, 0, 0x41, 0, opEnd))...), "16385 globals; at most 16384"},
		{"many exports", newMod().sec(secExport, cat(appendU32(nil, 10001), repeat(10001, 0, 0, 0))...), "10001 exports; at most 10000"},
		{"many data segments", newMod().sec(secData, cat(appendU32(nil, 100_001), repeat(100_001, 1, 0))...), "100001 data segments; at most 100000"},
		{"many element segments", newMod().sec(secElement, cat(appendU32(nil, 100_001), repeat(100_001, 1, 0, 0))...), "100001 element segments; at most 100000"},
		{"memory of which there is none", one(0x3f, 0, 0x1a, opEnd), "memory 0 does not exist"},
		{"load from where there is no memory", one(0x41, 0, 0x28, 2, 0, 0x1a, opEnd), "memory 0 does not exist"},
		{"fill where there is no memory", one(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 11, 0, opEnd), "memory 0 does not exist"},
		{"data where there is no memory", newMod().sec(secData, 1, 0, 0x41, 0, opEnd, 0), "memory 0 does not exist"},
		{"a memory that cannot be addressed", newMod().sec(secMemory, 1, 1, 1, 0x81, 0x80, 4), "65537 pages"},
		{"a block of the added type", one(opBlock, 1, opEnd, opEnd), "type 1 does not exist"},
		{"start with values", newMod().sec(secType, 1, 0x60, 1, 0x7f, 0).sec(secFunction, 1, 0).sec(secStart, 0).sec(secCode, 1, 2, 0, opEnd), "start function that takes"},
		{"element of the added import", newMod().sec(secTable, 1, 0x70, 0, 1).sec(secElement, 1, 0, 0x41, 0, opEnd, 1, 0), "function 0 does not exist"},
		{"global from the added global", newMod().sec(secGlobal, 1, 0x7f, 0, 0x23, 0, opEnd), "does not exist or comes later"},
		{"data by the thousand million", newMod().sec(secMemory, 1, 0, 1).sec(secData, 0xff, 0xff, 0xff, 0xff, 0x0f), "more items than bytes"},
		{"a long segment of data", newMod().sec(secMemory, 1, 0, 1).sec(secData, 1, 1, 0xff, 0xff, 3), "more items than bytes"},
		{"data of an unknown kind", newMod().sec(secMemory, 1, 0, 1).sec(secData, 1, 9, 0, 0), "unknown kind"},
		{"loop in a constant", newMod().sec(secGlobal, 1, 0x7f, 0, 3, 0x40, opEnd), "not constant"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Rewrite(tt.wasm, DefaultLimits())
			var fault *Error
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
}

// reexport puts an export of the counter's name in front of the code.
func (m mod) reexport() mod {
	code := []byte{1, 2, 0, opEnd}
	return newMod().sec(secType, nothing...).sec(secFunction, 1, 0).sec(secExport, cat([]byte{1}, appendName(nil, BudgetExport), []byte{0, 0})...).sec(secCode, code...)
}

// looped is a loop that reads n locals at its beginning and branches n times thereafter.
func looped(n int) mod {
	body := appendU32([]byte{1}, uint32(n))
	body = append(body, opI32, 0x03, opEmpty)
	for i := range n {
		body = append(appendU32(append(body, opLocalGet), uint32(i)), 0x1a)
	}
	body = append(body, repeat(n, 0x41, 0, opBrIf, 0)...)
	return newMod().sec(secType, nothing...).code(append(body, opEnd, opEnd))
}

// results is a function of n results, and one that calls it so many times.
func results(n, times int) mod {
	of := cat([]byte{0}, repeat(n, 0x41, 0), []byte{opEnd})
	caller := cat([]byte{0}, repeat(times, opCall, 0), []byte{0, opEnd})
	return newMod().sec(secType, cat([]byte{2, 0x60, 0}, appendU32(nil, uint32(n)), repeat(n, opI32), []byte{0x60, 0, 0})...).
		sec(secFunction, 2, 0, 1).sec(secCode, cat([]byte{2}, appendU32(nil, uint32(len(of))), of, appendU32(nil, uint32(len(caller))), caller)...)
}

// entangled sets n locals, does something, and gets them.
func entangled(n int, something []byte) mod {
	body := appendU32([]byte{1}, uint32(n))
	body = append(body, 0x7f)
	for i := range n {
		body = appendU32(append(body, 0x41, 1, opLocalSet), uint32(i))
	}
	body = append(body, something...)
	for i := range n {
		body = append(appendU32(append(body, opLocalGet), uint32(i)), 0x1a)
	}
	return newMod().sec(secType, nothing...).code(append(body, opEnd))
}

func seeds(t testing.TB) [][]byte {
	t.Helper()
	files, err := filepath.Glob("../testdata/*.wasm")
	if err != nil || len(files) == 0 {
		t.Fatal("no seeds", err)
	}
	var all [][]byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return append(all, one(opEnd), one(3, 0x40, opEnd, opEnd), entangled(3, []byte{1}))
}

// valid asks the engine, whose interpreter checks without compiling.
func valid(t testing.TB, wasm []byte) error {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(api.CoreFeaturesV2))
	defer func() { _ = r.Close(ctx) }()
	_, err := r.CompileModule(ctx, wasm)
	return err
}

func TestRewrittenIsValidAndTheSameEachTime(t *testing.T) {
	for _, wasm := range seeds(t) {
		a, err := Rewrite(wasm, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(t, a.Wasm); err != nil {
			t.Error(err)
		}
		b, err := Rewrite(wasm, DefaultLimits())
		if err != nil || !bytes.Equal(a.Wasm, b.Wasm) {
			t.Error("two rewritings differ", err)
		}
		if _, err := Rewrite(a.Wasm, DefaultLimits()); err == nil {
			t.Error("a rewritten module was rewritten again: its counter could be reached")
		}
	}
}

// FuzzRewrite: no module makes it panic, and a module is as valid after the rewriting as before: what has been added
// neither breaks it nor makes up for what it lacks.
func FuzzRewrite(f *testing.F) {
	for _, wasm := range seeds(f) {
		f.Add(wasm)
	}
	limits := DefaultLimits()
	limits.MemoryPages = 16
	f.Fuzz(func(t *testing.T, wasm []byte) {
		got, err := Rewrite(wasm, limits)
		if err != nil {
			return
		}
		before, after := valid(t, bytes.Clone(wasm)), valid(t, got.Wasm)
		if (before == nil) != (after == nil) && !excused(before) {
			t.Errorf("before: %v\nafter: %v", before, after)
		}
	})
}

// excused lists what is taken away or added and makes a module valid that was not: a custom section that cannot be read,
// and a start function, whose export allows references to it.
func excused(err error) bool {
	if err == nil {
		return false
	}
	for _, s := range []string{"section custom", "custom section", "undeclared function index"} {
		if strings.Contains(err.Error(), s) {
			return true
		}
	}
	return false
}

func FuzzReader(f *testing.F) {
	f.Add([]byte{0x80, 0x80, 0x80, 0x80, 0x10})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := reader{b: b}
		if v := r.u32(); r.err == nil {
			back := reader{b: appendU32(nil, v)}
			if back.u32() != v {
				t.Errorf("%d did not come back", v)
			}
		}
		s := reader{b: b}
		s.name()
		s.skipLEB(5)
		s.limitsOf(1)
	})
}
