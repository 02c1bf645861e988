package wasm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/plugboard/plugboard/gateway/wasm/meter"
)

// Form is how a module is called.
type Form uint8

// A reactor is started once and its exports are called many times. A command is started for each call, reads standard
// input and writes standard output. A script is run by a reactor of the host's own.
const (
	Reactor Form = iota
	Command
	Script
)

// String gives the form in a word.
func (f Form) String() string { return [...]string{"reactor", "command", "script"}[f] }

// Module is a compiled file. It is safe for concurrent use.
type Module struct {
	host      *Host
	name      string
	hash      string
	form      Form
	functions FunctionSet
	exports   map[string]meter.Signature
	imports   []string
	manifest  []byte
	size      int
	compiled  wazero.CompiledModule
	script    []byte // bytecode; nil unless it is one
}

// Name is the plugin's name, as given to Load.
func (m *Module) Name() string { return m.name }

// Hash is the SHA-256 of the file, in hex.
func (m *Module) Hash() string { return m.hash }

// Form says how the module is called.
func (m *Module) Form() Form { return m.form }

// Functions are what the module exports; a command may do any of them, and says so when it is called.
func (m *Module) Functions() FunctionSet { return m.functions }

// Manifest is the custom section plugboard.manifest, nil without one. It is not to be changed.
func (m *Module) Manifest() []byte { return m.manifest }

// Size is the file's length in bytes.
func (m *Module) Size() int { return m.size }

// Imports are the functions that the module asks for, as module.name, sorted.
func (m *Module) Imports() []string { return m.imports }

// Exports are the names of the functions that the module offers, sorted.
func (m *Module) Exports() []string {
	names := make([]string, 0, len(m.exports))
	for name := range m.exports {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Load checks, rewrites and compiles a module; nothing of it runs. Every failure is an *Error of kind Refused. It may
// take seconds for a module that is not in the cache.
func (h *Host) Load(ctx context.Context, name string, wasm []byte) (*Module, error) {
	refused := func(err error) error { return &Error{Plugin: name, Kind: Refused, Reason: err.Error()} }
	if int64(len(wasm)) > h.limits.Module {
		return nil, refused(fmt.Errorf("the file is larger than %s", size(h.limits.Module)))
	}
	m, err := h.load(ctx, name, wasm)
	if err != nil {
		return nil, refused(err)
	}
	return m, nil
}

// load is Load for a module of any size.
func (h *Host) load(ctx context.Context, name string, wasm []byte) (*Module, error) {
	limits := meter.DefaultLimits()
	limits.MemoryPages = h.memoryPages()
	rewritten, err := meter.Rewrite(wasm, limits)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(wasm)
	m := &Module{host: h, name: name, hash: hex.EncodeToString(sum[:]), exports: rewritten.Exports, size: len(wasm),
		manifest: bytes.Clone(rewritten.Manifest)}
	if err := errors.Join(m.checkImports(rewritten.Imports), m.checkExports()); err != nil {
		return nil, err
	}
	code := rewritten.Wasm
	if h.mode != counted {
		code = wasm
	}
	if m.compiled, err = h.compile(ctx, code); err != nil {
		return nil, fmt.Errorf("it does not compile: %w", err)
	}
	return m, nil
}

// compile asks the engine, and once more with an empty cache: a damaged entry must not keep a plugin out.
func (h *Host) compile(ctx context.Context, code []byte) (wazero.CompiledModule, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, compileLimit, fmt.Errorf("compiling took longer than %v", compileLimit))
	defer cancel()
	ctx = experimental.WithCompilationWorkers(ctx, max(2, h.options.Workers)) // a single one does not look at ctx
	compiled, err := h.runtime.CompileModule(ctx, code)
	if err == nil || h.options.CacheDir == "" || ctx.Err() != nil {
		return compiled, err
	}
	if err := h.emptyCache(); err != nil {
		return nil, err
	}
	return h.runtime.CompileModule(ctx, code)
}

// compileLimit ends a compilation, between two functions. A Go guest takes a second for each 2 MB.
const compileLimit = time.Minute

// checkImports refuses what this host does not offer, by name.
func (m *Module) checkImports(imports []meter.Import) error {
	for _, i := range imports {
		functions, ok := hostModules[i.Module]
		if !ok {
			return fmt.Errorf("it imports %s.%s; a plugin may import plugboard_v1, extism:host/env and wasi_snapshot_preview1 only", i.Module, i.Name)
		}
		f, ok := functions[i.Name]
		if !ok {
			return fmt.Errorf("it imports %s.%s, which this host does not have", i.Module, i.Name)
		}
		if f.signature != i.Signature {
			return fmt.Errorf("it imports %s.%s as %s, but that is %s", i.Module, i.Name, i.Signature, f.signature)
		}
		m.imports = append(m.imports, i.Module+"."+i.Name)
	}
	slices.Sort(m.imports)
	return nil
}

// exportSetUp is what compilers call the function that sets up a reactor.
const exportSetUp = "_initialize" //nolint:misspell // its name

var (
	status  = meter.Signature{Results: "\x7f"} // () -> i32
	nothing = meter.Signature{}
)

// checkExports finds what the module does and how it is called.
func (m *Module) checkExports() error {
	want := map[string]meter.Signature{"init": status, exportSetUp: nothing, "_start": nothing}
	for f := range functions {
		want[f.String()] = status
		if _, ok := m.exports[f.String()]; ok {
			m.functions |= 1 << f
		}
	}
	for name, signature := range want {
		if got, ok := m.exports[name]; ok && got != signature {
			return fmt.Errorf("it exports %s as %s; it must be %s", name, got, signature)
		}
	}
	if m.functions != 0 {
		return nil
	}
	if _, ok := m.exports["_start"]; !ok {
		return errors.New("it exports none of receive, transform, format, judge, encode, and no _start either")
	}
	m.form, m.functions = Command, 1<<functions-1
	return nil
}

// Close gives the compiled code back. Plugins made from the module must have been closed before.
func (m *Module) Close(ctx context.Context) error {
	if m.form == Script {
		return nil // what is compiled serves all scripts
	}
	return m.compiled.Close(ctx)
}
