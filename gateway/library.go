package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/plugboard/plugboard/gateway/manifest"
	"github.com/plugboard/plugboard/gateway/wasm"
)

// library is the compiled plugins, over all configurations: a reload compiles only files that have changed, and a plugin
// whose new file is refused goes on as it is. What nobody has borrowed any more is let go. It is safe for concurrent use.
type library struct {
	host *wasm.Host

	mu   sync.Mutex
	held map[string]*volume // by name and hash
}

// volume is one compiled file.
type volume struct {
	module   *wasm.Module
	manifest *manifest.Manifest // nil: it has none
	borrowed int
}

func newLibrary(host *wasm.Host) *library { return &library{host: host, held: map[string]*volume{}} }

// content is a plugin's file as it was read.
type content struct {
	file string // its name, in the folder
	code []byte
	hash string // SHA-256, in hex
}

// readPlugin finds the file of a plugin in a folder. A name cannot lead out of the folder, nor can a link in it.
func readPlugin(dir, name string) (c content, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return content{}, err
	}
	for _, ending := range wasm.Extensions {
		c.file = name + ending
		if c.code, err = root.ReadFile(c.file); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err = errors.Join(err, root.Close()); err != nil {
		return content{}, err
	}
	sum := sha256.Sum256(c.code)
	c.hash = hex.EncodeToString(sum[:])
	return c, nil
}

// borrow gives the plugin that a file holds, compiled now unless it is already. It has to be given back.
func (l *library) borrow(ctx context.Context, name string, c content) (*volume, error) {
	key := name + "@" + c.hash
	if v := l.again(key); v != nil {
		return v, nil
	}
	m, err := l.host.LoadFile(ctx, c.file, c.code)
	if err != nil {
		return nil, err
	}
	v := &volume{module: m, borrowed: 1}
	if err := v.describe(); err != nil {
		refused := &wasm.Error{Plugin: name, Kind: wasm.Refused, Reason: err.Error()}
		return nil, errors.Join(refused, m.Close(ctx))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[key] = v
	return v, nil
}

func (l *library) again(key string) *volume {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.held[key]
	if v != nil {
		v.borrowed++
	}
	return v
}

// describe reads the manifest, and refuses one that is not true.
func (v *volume) describe() (err error) {
	if v.module.Manifest() == nil {
		return nil
	}
	if v.manifest, err = manifest.Parse(v.module.Manifest()); err != nil {
		return err
	}
	has := v.module.Functions().Names()
	for _, f := range v.manifest.Functions {
		if !slices.Contains(has, f) {
			return fmt.Errorf("its manifest says that it has %s, and it exports only %s", f, strings.Join(has, ", "))
		}
	}
	return nil
}

func (v *volume) key() string { return v.module.Name() + "@" + v.module.Hash() }

// share borrows what is borrowed already once more.
func (l *library) share(v *volume) *volume {
	l.mu.Lock()
	defer l.mu.Unlock()
	v.borrowed++
	return v
}

// back takes a plugin back, none of whose instances are left.
func (l *library) back(ctx context.Context, v *volume) error {
	l.mu.Lock()
	v.borrowed--
	last := v.borrowed == 0
	if last {
		delete(l.held, v.key())
	}
	l.mu.Unlock()
	if last {
		return v.module.Close(ctx)
	}
	return nil
}

// lent is a plugin that keeps its module borrowed until it is closed.
type lent struct {
	wasm.Plugin
	library *library
	volume  *volume
	once    sync.Once
}

func (l *library) lend(ctx context.Context, v *volume, o wasm.PluginOptions) (wasm.Plugin, error) {
	p, err := v.module.New(ctx, o)
	if err != nil {
		return nil, err
	}
	return &lent{Plugin: p, library: l, volume: l.share(v)}, nil
}

// Close gives the module back when no call runs any more, which may be after ctx has ended.
func (p *lent) Close(ctx context.Context) error {
	err := p.Plugin.Close(ctx)
	p.once.Do(func() {
		if err == nil {
			err = p.library.back(ctx, p.volume)
			return
		}
		go func() {
			if p.Plugin.Close(context.Background()) == nil {
				_ = p.library.back(context.Background(), p.volume) // giving memory back does not fail
			}
		}()
	})
	return err
}
