package meter

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// TestSuiteBehavesAlike runs WebAssembly's test suite twice side by side, as it is and rewritten. Each valid module must
// stay valid (or be refused by a rule of this host, by name), each call must give the same values or the same trap, and
// memories and globals must be the same in the end. What is invalid must not become valid.
func TestSuiteBehavesAlike(t *testing.T) {
	seen := tally{refused: map[string]int{}}
	part := 1
	if testing.Short() {
		part = 6 // the race detector makes it ten times slower
	}
	for _, version := range []string{"v1", "v2"} {
		for i, s := range scripts(t, version) {
			if i%part != 0 {
				continue
			}
			t.Run(s.name, func(t *testing.T) {
				for _, fault := range seen.compare(t, s, rewriteWide) {
					t.Error(fault)
				}
			})
		}
	}
	t.Logf("%d modules, %d calls, %d of them traps, %d invalid modules; refused by rule: %v", seen.modules, seen.calls, seen.traps, seen.invalid, seen.refused)
	if part == 1 && (seen.modules < 2000 || seen.calls < 50000 || seen.traps < 2000 || seen.invalid < 4000) || seen.calls == 0 {
		t.Error("that is not the whole suite")
	}
}

// TestSuiteSeesADifference is the control: a rewriter that turns each i32.add into an i32.sub, or a condition round, or
// that makes of an invalid module a valid one, is found.
func TestSuiteSeesADifference(t *testing.T) {
	for _, plant := range []struct {
		script, what string
		old, new     byte
	}{
		{"i32", "i32.add into i32.sub", opI32Add, opI32Sub}, {"labels", "i32.eq into i32.ne", opI32Eq, opI32Ne},
		{"memory_grow", "memory.size into what it was before", 0x3f, 0x40},
	} {
		found := false
		for _, s := range scripts(t, "v1") {
			if strings.TrimPrefix(s.name, "v1/") != plant.script {
				continue
			}
			seen := tally{refused: map[string]int{}}
			found = len(seen.compare(t, s, func(wasm []byte) (*Result, error) {
				return rewriteWide(planted(wasm, plant.old, plant.new))
			})) > 0
		}
		if !found {
			t.Errorf("%s: nobody saw it", plant.what)
		}
	}
}

// planted changes an instruction throughout the code.
func planted(wasm []byte, from, to byte) []byte {
	m := &module{limits: DefaultLimits(), exports: map[string]Signature{}}
	if m.split(wasm) != nil || !m.sections[secCode].has {
		return wasm
	}
	wasm = bytes.Clone(wasm)
	code := wasm[m.sections[secCode].off:][:len(m.sections[secCode].body)]
	copy(code, bytes.ReplaceAll(code, []byte{from}, []byte{to}))
	return wasm
}

// rewriteWide rewrites within limits that let all of the suite through that is not another kind of module.
func rewriteWide(wasm []byte) (*Result, error) {
	limits := DefaultLimits()
	limits.MemoryPages, limits.TableSize, limits.Effort, limits.FunctionEffort = 1<<16, 1<<24, 1<<30, 1<<30
	return Rewrite(wasm, limits)
}

// rules are the refusals that a valid module of the suite meets.
var rules = []string{"which is not a function"}

// tally counts what was compared.
type tally struct {
	modules, calls, traps, invalid int
	refused                        map[string]int
}

// compare runs a script on both sides, and says where they differ.
func (seen *tally) compare(t *testing.T, s *script, rewrite func([]byte) (*Result, error)) (faults []string) {
	t.Helper()
	plain, ours := newSide(t, s), newSide(t, s)
	defer plain.close()
	defer ours.close()
	for i := range s.Commands {
		c := &s.Commands[i]
		say := func(format string, a ...any) {
			faults = append(faults, fmt.Sprintf("line %d, %s: ", c.Line, c.Type)+fmt.Sprintf(format, a...))
		}
		switch c.Type {
		case "module", "assert_uninstantiable", "assert_unlinkable", "assert_invalid", "assert_malformed":
			if strings.HasSuffix(c.Filename, ".wasm") {
				seen.module(s.wasm(t, c), c, plain, ours, rewrite, say)
			}
		case "register":
			plain.register(c)
			ours.register(c)
		case "assert_return", "assert_trap", "assert_exhaustion", "action":
			a, trapped, ok := plain.act(t, c)
			if b, _, _ := ours.act(t, c); a != b {
				say("%s gives %s, and %s as it was", c.Action.Field, b, a)
			}
			if ok {
				seen.calls++
			}
			if trapped {
				seen.traps++
			}
		default:
			t.Fatalf("line %d: command %s is new", c.Line, c.Type)
		}
	}
	for i := range plain.all {
		if why := ours.all[i].differs(plain.all[i]); why != "" {
			faults = append(faults, fmt.Sprintf("module %d: %s", i, why))
		}
	}
	return faults
}

// module makes an instance on both sides, or on none.
func (seen *tally) module(wasm []byte, c *command, plain, ours *side, rewrite func([]byte) (*Result, error), say func(string, ...any)) {
	got, err := rewrite(wasm)
	if err != nil {
		if valid := plain.compiles(wasm); valid == nil {
			if !named(err) {
				say("a valid module was refused: %v", err)
			}
			seen.refused[rule(err)]++
		}
		if strings.HasPrefix(c.Type, "assert_invalid") || strings.HasPrefix(c.Type, "assert_malformed") {
			seen.invalid++
		}
		plain.none(c)
		ours.none(c)
		return
	}
	before, after := plain.compiles(wasm), ours.compiles(got.Wasm)
	if before != nil {
		seen.invalid++
		if after == nil && !excused(before) {
			say("it became valid; before: %v", before)
		}
		return
	}
	seen.modules++
	if after != nil {
		say("it became invalid: %v", after)
		plain.none(c)
		ours.none(c)
		return
	}
	before, after = plain.instantiate(c, wasm, false), ours.instantiate(c, got.Wasm, got.Start)
	if (before == nil) != (after == nil) {
		say("its start: %v; as it was: %v", after, before)
	}
}

func named(err error) bool { return rule(err) != "" }

func rule(err error) string {
	for _, r := range rules {
		if strings.Contains(err.Error(), r) {
			return r
		}
	}
	return ""
}

// side runs a script on an engine of its own.
type side struct {
	ctx        context.Context
	runtime    wazero.Runtime
	last       api.Module
	named      map[string]api.Module
	registered map[string]api.Module
	all        []instance
}

type instance struct{ api.Module }

func newSide(t testing.TB, s *script) *side {
	t.Helper()
	d := &side{named: map[string]api.Module{}, registered: map[string]api.Module{}}
	d.ctx = experimental.WithImportResolver(context.Background(), func(name string) api.Module { return d.registered[name] })
	d.runtime = wazero.NewRuntimeWithConfig(d.ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features(s)))
	if _, err := d.runtime.NewHostModuleBuilder(RefillModule).NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(
		func(_ context.Context, m api.Module, _ []uint64) {
			m.ExportedGlobal(BudgetExport).(api.MutableGlobal).Set(100)
		}), nil, nil).
		Export(RefillName).Instantiate(d.ctx); err != nil {
		t.Fatal(err)
	}
	spectest := *s
	spectest.dir = s.dir + "/../../testdata"
	if _, err := d.runtime.InstantiateWithConfig(d.ctx, spectest.wasm(t, &command{Filename: "spectest.wasm"}), wazero.NewModuleConfig().WithName("spectest")); err != nil {
		t.Fatal(err)
	}
	return d
}

func features(s *script) api.CoreFeatures {
	if strings.HasPrefix(s.name, "v1") {
		return api.CoreFeaturesV1
	}
	return api.CoreFeaturesV2
}

func (d *side) close() { _ = d.runtime.Close(d.ctx) }

func (d *side) compiles(wasm []byte) error {
	c, err := d.runtime.CompileModule(d.ctx, bytes.Clone(wasm))
	if err == nil {
		err = c.Close(d.ctx)
	}
	return err
}

func (d *side) instantiate(c *command, wasm []byte, start bool) error {
	m, err := d.runtime.InstantiateWithConfig(d.ctx, bytes.Clone(wasm), wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err == nil && start {
		_, err = m.ExportedFunction(StartExport).Call(d.ctx)
	}
	if c.Type != "module" {
		return err
	}
	if err != nil {
		m = nil
	}
	d.keep(c, m)
	return err
}

func (d *side) none(c *command) {
	if c.Type == "module" {
		d.keep(c, nil)
	}
}

func (d *side) keep(c *command, m api.Module) {
	d.last = m
	if m != nil {
		d.all = append(d.all, instance{m})
	}
	if c.Name != "" {
		d.named[c.Name] = m
	}
}

func (d *side) register(c *command) {
	d.registered[c.As] = d.last
	if c.Name != "" {
		d.registered[c.As] = d.named[c.Name]
	}
	if d.registered[c.As] == nil {
		delete(d.registered, c.As)
	}
}

// act makes a call, or reads a global, and gives what came of it in words; ok is false where there is no module to call.
func (d *side) act(t *testing.T, c *command) (what string, trapped, ok bool) {
	t.Helper()
	m := d.last
	if c.Action.Module != "" {
		m = d.named[c.Action.Module]
	}
	if m == nil {
		return "nothing", false, false
	}
	if c.Action.Type == "get" {
		return fmt.Sprint(m.ExportedGlobal(c.Action.Field).Get()), false, true
	}
	out, err := m.ExportedFunction(c.Action.Field).Call(d.ctx, c.arguments(t)...)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return first, true, true
	}
	return fmt.Sprint(out), false, true
}

// differs says what two instances left differently.
func (i instance) differs(plain instance) string {
	if m := plain.Memory(); !reflect.ValueOf(m).IsNil() { // the engine gives a nil of its own type
		before, _ := m.Read(0, m.Size())
		after, ok := i.Memory().Read(0, i.Memory().Size())
		if !ok || !bytes.Equal(before, after) {
			return fmt.Sprintf("its memory of %d bytes differs from that of %d as it was", len(after), len(before))
		}
	}
	return ""
}
