package meter

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// The chains in which a condition is turned round, and how many bytes they have.
var chains = [][]byte{
	{}, {opI32Eqz}, {opI32Eqz, opI32Eqz}, {opI64ExtendI32U, opI64Eqz}, {opI64ExtendI32U, opI64Eqz, opI32Eqz},
	{opI32Eqz, opI64ExtendI32U, opI64Eqz, opI32Eqz}, {opI64ExtendI32U, opI64Eqz, opI64ExtendI32U, opI64Eqz},
}

func TestConditionsAreFolded(t *testing.T) {
	values := []uint64{0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	for op := byte(opI32Eqz); op <= 0x5a; op++ {
		kind, operands := byte(opI32), []byte{opLocalGet, 0, opLocalGet, 1}
		if op >= opI64Eqz {
			kind = 0x7e
		}
		if op == opI32Eqz || op == opI64Eqz {
			operands = operands[:2]
		}
		for _, chain := range chains {
			wasm := function([]byte{kind, kind}, cat(operands, []byte{op}, chain))
			got, err := Rewrite(wasm, DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if len(chain) > 0 && bytes.Contains(got.Wasm, append([]byte{op}, chain...)) {
				t.Errorf("%#x % x was not folded", op, chain)
			}
			before, after := open(t, wasm), open(t, got.Wasm)
			for _, x := range values {
				for _, y := range values {
					if kind == opI32 {
						x, y = uint64(uint32(x)), uint64(uint32(y))
					}
					if want, is := before(x, y), after(x, y); want != is {
						t.Fatalf("%#x % x of %#x and %#x is %s, and was %s", op, chain, x, y, is, want)
					}
				}
			}
		}
	}
}

func TestAddressesAreFolded(t *testing.T) {
	for n, want := range map[int64]bool{0: true, 48: true, -8: true, 1<<31 - 1: true, -1 << 31: true, 1<<33 + 5: true, 1 << 40: false} {
		wasm := function([]byte{opI32}, cat([]byte{opLocalGet, 0, opI64ExtendI32U, opI64Const}, leb(n), []byte{opI64Add, opI32WrapI64}))
		got, err := Rewrite(wasm, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if folded := !bytes.Contains(got.Wasm, []byte{opI64Add, opI32WrapI64}); folded != want {
			t.Errorf("%d: folded %v, want %v", n, folded, want)
		}
		before, after := open(t, wasm), open(t, got.Wasm)
		for _, x := range []uint64{0, 1, 7, 0x7fffffff, 0x80000000, 0xffffffff} {
			if want, is := before(x), after(x); want != is {
				t.Errorf("%#x and %d make %s, and made %s", x, n, is, want)
			}
		}
	}
}

// leb writes a signed number as the format has it.
func leb(n int64) (out []byte) {
	for {
		c := byte(n & 0x7f)
		if n >>= 7; n == 0 && c&0x40 == 0 || n == -1 && c&0x40 != 0 {
			return append(out, c)
		}
		out = append(out, c|0x80)
	}
}

// function is a module with one function, exported as f, from those parameters to i32.
func function(params, code []byte) mod {
	body := cat([]byte{0}, code, []byte{opEnd})
	return newMod().sec(secType, cat([]byte{1, 0x60, byte(len(params))}, params, []byte{1, opI32})...).sec(secFunction, 1, 0).
		sec(secExport, 1, 1, 'f', 0, 0).sec(secCode, cat([]byte{1}, appendU32(nil, uint32(len(body))), body)...)
}

// start gives a module's function f; the counter of one that has been rewritten is filled whenever it is empty.
func start(t *testing.T, wasm []byte) func(...uint64) ([]uint64, error) {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { _ = r.Close(ctx) })
	refills := 0
	_, err := r.NewHostModuleBuilder(RefillModule).NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(
		func(_ context.Context, m api.Module, _ []uint64) {
			if refills++; refills > 1000 {
				panic("it does not end")
			}
			m.ExportedGlobal(BudgetExport).(api.MutableGlobal).Set(1)
		}), nil, nil).Export(RefillName).Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Instantiate(ctx, bytes.Clone(wasm))
	if err != nil {
		t.Fatal(err)
	}
	return func(args ...uint64) ([]uint64, error) {
		refills = 0
		return m.ExportedFunction("f").Call(ctx, args...)
	}
}

// open gives a module's function f, what comes of it as text.
func open(t *testing.T, wasm []byte) func(...uint64) string {
	t.Helper()
	f := start(t, wasm)
	return func(args ...uint64) string {
		out, err := f(args...)
		if err != nil {
			return "an error"
		}
		return fmt.Sprint(out[0])
	}
}

// cost is what a call of f takes from the counter.
func cost(t *testing.T, wasm []byte, args ...uint64) uint64 {
	t.Helper()
	const full = 1 << 20
	got, err := Rewrite(wasm, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer func() { _ = r.Close(ctx) }()
	if _, err = r.NewHostModuleBuilder(RefillModule).NewFunctionBuilder().WithFunc(func() {}).Export(RefillName).Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	m, err := r.Instantiate(ctx, got.Wasm)
	if err != nil {
		t.Fatal(err)
	}
	budget := m.ExportedGlobal(BudgetExport).(api.MutableGlobal)
	budget.Set(full)
	if _, err := m.ExportedFunction("f").Call(ctx, args...); err != nil {
		t.Fatal(err)
	}
	return full - budget.Get()
}
