package wasm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"sync/atomic"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/wasm/meter"
)

// HostOptions are what all plugins of a process share.
type HostOptions struct {
	CacheDir string       // compiled code; made if it is missing; "": compile anew in each process
	Limits   Limits       // defaults for plugins; Memory and Module hold for all, as they are applied by Load
	Metrics  *metrics.Set // nil: nobody reads them
	Workers  int          // processors that compile one module; 0: all
	// LazyMemory is what idle instances of all lazy plugins may hold together, in bytes; 0: 256 MiB. One may always wait.
	LazyMemory int64
}

// Host compiles and runs plugins. It is safe for concurrent use.
type Host struct {
	options HostOptions
	limits  Limits
	cache   wazero.CompilationCache
	runtime wazero.Runtime
	mode    mode
	scripts scriptEngine
	crowd   *crowd
	turns   turns

	relentless atomic.Bool // plugins that break never rest; for tests that break them by the thousand
}

// mode is how a guest is kept from running for ever; all but counted exist for comparison in benchmarks.
type mode uint8

const (
	counted      mode = iota // by the counter
	unbounded                // not at all
	contextBound             // by the engine's WithCloseOnContextDone
)

// NewHost makes a host. ctx bounds the making only.
func NewHost(ctx context.Context, options HostOptions) (*Host, error) {
	return newHost(ctx, options, counted)
}

func newHost(ctx context.Context, options HostOptions, mode mode) (*Host, error) {
	h := &Host{options: options, limits: options.Limits.withDefaults(DefaultLimits()), mode: mode, crowd: newCrowd(options.LazyMemory), turns: hostTurns()}
	if h.options.Metrics == nil {
		h.options.Metrics = metrics.New(nil)
	}
	fill(&h.options.Workers, runtime.GOMAXPROCS(0))
	if err := h.openCache(); err != nil {
		return nil, err
	}
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2).
		WithCompilationCache(h.cache).
		WithMemoryLimitPages(h.memoryPages()).
		WithDebugInfoEnabled(false).
		WithCloseOnContextDone(mode == contextBound)
	h.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	if err := h.addHostModules(ctx); err != nil {
		return nil, errors.Join(err, h.Close(ctx))
	}
	return h, nil
}

func (h *Host) memoryPages() uint32 {
	return uint32(min(max(h.limits.Memory/pageSize, 1), 1<<16))
}

// openCache opens the folder of compiled code, which nobody else may write: what lies there is run as it is.
func (h *Host) openCache() (err error) {
	dir := h.options.CacheDir
	if dir == "" {
		h.cache = wazero.NewCompilationCache()
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("compile cache: %s is not a folder; remove it or name another", dir)
	}
	if info.Mode().Perm() != 0o700 {
		if err := os.Chmod(dir, 0o700); err != nil {
			return fmt.Errorf("compile cache: %s is open to others (%v) and that cannot be changed: %w", dir, info.Mode().Perm(), err)
		}
	}
	if h.cache, err = wazero.NewCompilationCacheWithDir(dir); err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	return nil
}

// emptyCache removes what has been compiled, for a cache whose content cannot be read.
func (h *Host) emptyCache() error {
	return filepath.WalkDir(h.options.CacheDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Remove(path)
	})
}

// addHostModules offers the imports: plugboard_v1, WASI, and the counter's.
func (h *Host) addHostModules(ctx context.Context) error {
	for module, functions := range hostModules {
		b := h.runtime.NewHostModuleBuilder(module)
		for name, f := range functions {
			b.NewFunctionBuilder().WithGoModuleFunction(f.call, valueTypes(f.signature.Params), valueTypes(f.signature.Results)).Export(name)
		}
		if _, err := b.Instantiate(ctx); err != nil {
			return fmt.Errorf("imports %s: %w", module, err)
		}
	}
	_, err := h.runtime.NewHostModuleBuilder(meter.RefillModule).NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(refill), nil, nil).Export(meter.RefillName).Instantiate(ctx)
	return err
}

func valueTypes(s string) []api.ValueType { return []api.ValueType(s) }

// Close ends the host. Plugins must have been closed before.
func (h *Host) Close(ctx context.Context) error {
	return errors.Join(h.runtime.Close(ctx), h.cache.Close(ctx))
}

// nativeStack finds the engine's stack of a function, whose length is looked at while the guest runs. The engine has no
// public way to bound it. Where guests are interpreted there is no such stack, and the engine's bound is 2,000 calls.
func nativeStack(f api.Function) (stack reflect.Value, err error) {
	v := reflect.ValueOf(f)
	if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		if s := v.Elem().FieldByName("stack"); s.IsValid() && s.Kind() == reflect.Slice && s.Type().Elem().Kind() == reflect.Uint8 {
			return s, nil
		}
	}
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
		return reflect.Value{}, errors.New("the engine's stack cannot be found, so that call depth cannot be bounded: this version of wazero is not supported")
	}
	return reflect.Value{}, nil
}
