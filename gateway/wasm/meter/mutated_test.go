package meter

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

var mutations = flag.Int("mutations", 3000, "modules of TestMutatedModules")

// TestMutatedModules changes a few bytes of the test suite's modules. None makes the rewriter panic, each is as valid
// afterwards as before, and what its functions give is the same.
func TestMutatedModules(t *testing.T) {
	var all [][]byte
	for _, s := range scripts(t, "v2") {
		for i := range s.Commands {
			if c := &s.Commands[i]; c.Type == "module" && strings.HasSuffix(c.Filename, ".wasm") {
				all = append(all, s.wasm(t, c))
			}
		}
	}
	random := rand.New(rand.NewPCG(17, 4))
	limits := DefaultLimits()
	limits.MemoryPages = 16
	valids, calls := 0, 0
	for range *mutations {
		wasm := mutate(random, bytes.Clone(all[random.IntN(len(all))]))
		got, err := Rewrite(wasm, limits)
		if err != nil {
			continue
		}
		before, after := valid(t, bytes.Clone(wasm)), valid(t, got.Wasm)
		if (before == nil) != (after == nil) && !excused(before) {
			t.Errorf("before: %v\nafter: %v\n%q", before, after, wasm)
		}
		if before == nil && len(got.Imports) == 0 && !got.Start && memoryLimit(wasm) {
			valids++
			calls += same(t, wasm, got)
		}
	}
	t.Logf("%d of %d were valid and ran; %d calls", valids, *mutations, calls)
	if valids < *mutations/20 || calls < valids {
		t.Error("too few came through for the test to say anything")
	}
}

// mutate changes one to four bytes behind the beginning, mostly to one that stands elsewhere in the module.
func mutate(random *rand.Rand, wasm []byte) []byte {
	if len(wasm) < 12 {
		return wasm
	}
	for range 1 + random.IntN(4) {
		at := 8 + random.IntN(len(wasm)-8)
		switch random.IntN(4) {
		case 0:
			wasm[at] = byte(random.IntN(256))
		case 1:
			wasm[at] ^= 1 << random.IntN(8)
		default:
			wasm[at] = wasm[8+random.IntN(len(wasm)-8)]
		}
	}
	return wasm
}

// memoryLimit says whether the module's memory and tables have bounds of their own, so that growing ends alike.
func memoryLimit(wasm []byte) bool {
	m := &module{}
	return m.split(wasm) == nil && !m.sections[secMemory].has && !m.sections[secTable].has
}

// same calls the functions that a module exports, and its twin's, and gives how many. What does not end is not compared.
func same(t *testing.T, wasm []byte, got *Result) (calls int) {
	t.Helper()
	plain, ours := alone(t, wasm), alone(t, got.Wasm)
	for name, s := range got.Exports {
		args := make([]uint64, 0, len(s.Params)+1)
		for i := range s.Params {
			if args = append(args, uint64(i*7)); s.Params[i] == 0x7b {
				args = append(args, 3)
			}
		}
		before, ended := plain(name, args)
		after, alsoEnded := ours(name, args)
		if !ended || !alsoEnded {
			return calls
		}
		if calls++; before != after {
			t.Errorf("%s%v gives %s, and %s as it was: %q", name, args, after, before, wasm)
		}
	}
	return calls
}

// alone gives a way to call the functions of a module's instance, each of which may take a little time and no more.
func alone(t *testing.T, wasm []byte) func(name string, args []uint64) (what string, ended bool) {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(api.CoreFeaturesV2).WithCloseOnContextDone(true))
	t.Cleanup(func() { _ = r.Close(ctx) })
	if _, err := r.NewHostModuleBuilder(RefillModule).NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(
		func(_ context.Context, m api.Module, _ []uint64) {
			m.ExportedGlobal(BudgetExport).(api.MutableGlobal).Set(100)
		}), nil, nil).
		Export(RefillName).Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	m, err := r.InstantiateWithConfig(ctx, bytes.Clone(wasm), wazero.NewModuleConfig().WithStartFunctions())
	return func(name string, args []uint64) (string, bool) {
		if err != nil {
			return "no instance", false
		}
		ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		out, err := m.ExportedFunction(name).Call(ctx, args...)
		if err != nil {
			first, _, _ := strings.Cut(err.Error(), "\n")
			return first, ctx.Err() == nil && !strings.Contains(first, "stack overflow") // the counter's calls count there
		}
		return fmt.Sprint(out), true
	}
}

// TestBulkIsCharged: instructions whose work depends on an operand are charged by it, and growth as what it may copy.
func TestBulkIsCharged(t *testing.T) {
	n := func(n int) []byte { return append([]byte{opI32Const}, leb(int64(n))...) }
	zero := n(0)
	bulk := func(amount int, code ...byte) []byte { return cat(zero, zero, n(amount), code) }
	for _, tt := range []struct {
		name string
		code []byte
		want uint64
	}{
		{"nothing", nil, 1},
		{"memory.fill of nothing", bulk(0, 0xfc, 11, 0), 1},
		{"memory.fill", bulk(65536, 0xfc, 11, 0), 1 + 256},
		{"memory.copy", bulk(25600, 0xfc, 10, 0, 0), 1 + 100},
		{"memory.init", bulk(512, 0xfc, 8, 0, 0), 1 + 2},
		{"table.init", bulk(64, 0xfc, 12, 0, 0), 1 + 2},
		{"table.copy", bulk(64, 0xfc, 14, 0, 0), 1 + 2},
		{"table.fill", cat(zero, []byte{0xd0, 0x70}, n(96), []byte{0xfc, 17, 0}), 1 + 3},
		{"table.grow", cat([]byte{0xd0, 0x70}, n(1), []byte{0xfc, 15, 0, 0x1a}), 1 + growCharge},
		{"memory.grow", cat(n(1), []byte{0x40, 0, 0x1a}), 1 + growCharge},
		{"memory.size", []byte{0x3f, 0, 0x1a}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := cat([]byte{0}, tt.code, zero, []byte{opEnd})
			wasm := newMod().sec(secType, 1, 0x60, 0, 1, opI32).sec(secFunction, 1, 0).sec(secTable, 1, 0x70, 0, 100).sec(secMemory, 1, 0, 1).
				sec(secExport, 1, 1, 'f', 0, 0).sec(secElement, cat([]byte{1, 1, 0, 100}, repeat(100, 0))...).sec(secDataCount, 1).
				sec(secCode, cat([]byte{1}, appendU32(nil, uint32(len(body))), body)...).sec(secData, cat([]byte{1, 1}, appendU32(nil, 600), repeat(600, 'x'))...)
			if got := cost(t, wasm); got != tt.want {
				t.Errorf("it was charged %d, want %d", got, tt.want)
			}
		})
	}
}
