package wasm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/plugboard/plugboard/gateway/manifest"
	"github.com/plugboard/plugboard/gateway/wasm/meter"
	"github.com/plugboard/plugboard/gateway/wasm/quickjs"
)

// Extensions are the endings of plugins' files: a WebAssembly module, and a script.
var Extensions = []string{".wasm", ".js"}

// LoadFile loads what a plugin's file holds, as its ending says. The plugin's name is the file's without the ending.
func (h *Host) LoadFile(ctx context.Context, file string, content []byte) (*Module, error) {
	ending := filepath.Ext(file)
	name := strings.TrimSuffix(filepath.Base(file), ending)
	switch {
	case ending == ".js":
		return h.LoadScript(ctx, name, content)
	case slices.Contains(Extensions, ending):
		return h.Load(ctx, name, content)
	}
	return nil, &Error{Plugin: name, Kind: Refused, Reason: fmt.Sprintf("%s: a plugin's file ends in %s", file, strings.Join(Extensions, " or "))}
}

// LoadScript makes a module of a script. Nothing of the script runs, but it is compiled, in a guest under the limits of a
// plugin's start: the module keeps its bytecode, which each instance then reads. Every failure is an *Error of kind
// Refused, a mistake in the script with its line. The engine is compiled with the first script of a host.
func (h *Host) LoadScript(ctx context.Context, name string, source []byte) (*Module, error) {
	refused := func(err error) error { return &Error{Plugin: name, Kind: Refused, Reason: err.Error()} }
	if int64(len(source)) > h.limits.Module {
		return nil, refused(fmt.Errorf("the file is larger than %s", size(h.limits.Module)))
	}
	engine, err := h.scripts.get(ctx, h)
	if err != nil {
		return nil, refused(err)
	}
	sum := sha256.Sum256(source)
	m := &Module{host: h, name: name, hash: hex.EncodeToString(sum[:]), form: Script, size: len(source), compiled: engine.compiled,
		manifest: bytes.Clone(manifest.ReadScript(source))}
	code, err := m.compileScript(ctx, source)
	if err != nil {
		return nil, err
	}
	if err := m.adoptScript(code); err != nil {
		return nil, refused(err)
	}
	return m, nil
}

// compileScript has a guest compile the script, and gives what the guest wrote.
func (m *Module) compileScript(ctx context.Context, source []byte) ([]byte, error) {
	p := &plugin{module: m, limits: m.host.limits, turns: pluginTurns()}
	p.limits.Deadline = startLimit
	p.limits.Output = m.host.limits.Memory // the guest's own bound: bytecode is smaller than what it is made of
	p.resolveMetrics()
	i, err := p.instantiate(ctx)
	if err != nil {
		return nil, err
	}
	defer p.discard(i)
	input := binary.LittleEndian.AppendUint32(nil, uint32(len(quickjs.Plugboard)))
	input = append(append(input, quickjs.Plugboard...), source...)
	if err := i.start(ctx, p, append(setUp, step{"compile", Input{Body: input, Facts: m.scriptFile()}})); err != nil {
		return nil, err
	}
	return slices.Clone(i.call.out), nil
}

// adoptScript reads what a script does out of what compile wrote: the length of the kit's bytecode, that bytecode, the
// functions that the script exports, and the script's bytecode.
func (m *Module) adoptScript(code []byte) error {
	if len(code) < 5 {
		return errors.New("the script engine wrote nothing")
	}
	kit := uint64(binary.LittleEndian.Uint32(code))
	if kit > uint64(len(code)-5) {
		return errors.New("the script engine wrote something else than bytecode")
	}
	bits := code[4+kit]
	m.script, m.functions = code, FunctionSet(bits)&(1<<functions-1)
	m.exports = map[string]meter.Signature{}
	for f := range functions {
		if m.functions.Has(f) {
			m.exports[f.String()] = status
		}
	}
	if bits&(1<<functions) != 0 {
		m.exports["init"] = status
	}
	if m.functions == 0 {
		return errors.New("it exports none of receive, transform, format, judge, encode: write export function receive(request, events) { … }")
	}
	return nil
}

// scriptMistake is what a script's call answers, beside its stop, when what was thrown is the engine's own complaint
// (TypeError and the like) and so a fault of the plugin; it is -2.
const scriptMistake = uint64(0xfffffffe)

// scriptFile is the fact by which a guest learns the script's name, for what it says about mistakes.
type scriptFile string

func (m *Module) scriptFile() scriptFile { return scriptFile(m.name + ".js") }

// Fact answers the one question there is.
func (s scriptFile) Fact(name string) ([]byte, bool) { return []byte(s), name == "file" }

// scriptEngine is the module that runs scripts, compiled when the first of them is loaded.
type scriptEngine struct {
	mu     sync.Mutex
	module *Module
}

func (e *scriptEngine) get(ctx context.Context, h *Host) (*Module, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.module != nil {
		return e.module, nil
	}
	m, err := h.load(ctx, "quickjs", quickjs.Wasm)
	if err != nil {
		return nil, fmt.Errorf("the engine that runs scripts: %w", err)
	}
	e.module = m
	return m, nil
}
