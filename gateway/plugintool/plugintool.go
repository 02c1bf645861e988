// Package plugintool does for a plugin's author what the gateway would do with the plugin: it runs its cases, measures
// its calls and says what is in it. All of it goes through the gateway's own host (gateway/wasm) and, for deliveries,
// the gateway's own attempts (gateway/deliver), so what a plugin of any language or kind does here it does there.
//
//	folder or file ─► Open: build, if there is source ─► Subject: a module's bytes
//	                                                        ├─► Test: case files ─► differences
//	                                                        ├─► Bench: one case ─► time, counter, memory
//	                                                        └─► Inspect: what it is, or why it is refused
//
// The files of cases are package casefile's. A call's input and the answers to its requests come from there; the
// network, the clock and the disk are not touched.
package plugintool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/plugboard/plugboard/gateway/toolchain"
	"github.com/plugboard/plugboard/gateway/wasm"
)

// Subject is a plugin's file.
type Subject struct {
	Name   string // the file's name without its ending
	File   string // where it is, or was: a file that was built now is gone again
	Folder string // where its testdata is
	Code   []byte
	Built  bool // from source, just now
}

// Open finds the plugin that path names: a file, a folder with source, which is built, or a folder that holds one file.
func Open(ctx context.Context, path string) (*Subject, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return openFile(path, filepath.Dir(path))
	}
	if _, err := toolchain.Detect(path); err == nil {
		return build(ctx, path)
	} else if !errors.Is(err, toolchain.ErrNoSource) {
		return nil, err
	}
	var found []string
	for _, ending := range wasm.Extensions {
		files, err := filepath.Glob(filepath.Join(path, "*"+ending))
		if err != nil {
			return nil, err
		}
		found = append(found, files...)
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%s holds no source that a plugin is built from, and %d files that could be one; name the file", path, len(found))
	}
	return openFile(found[0], path)
}

func openFile(file, folder string) (*Subject, error) {
	code, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(file)
	return &Subject{Name: strings.TrimSuffix(name, filepath.Ext(name)), File: file, Folder: folder, Code: code}, nil
}

// build compiles a folder to a file of its own: what lies in the folder of plugins stays as it is.
func build(ctx context.Context, folder string) (s *Subject, err error) {
	dir, err := os.MkdirTemp("", "plugboard-build-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file, _, err := toolchain.Build(ctx, folder, dir)
	if err != nil {
		return nil, err
	}
	if s, err = openFile(file, folder); err != nil {
		return nil, err
	}
	s.Built = true
	return s, nil
}

// NewHost makes a host with the limits that a gateway has by default. What it compiles is kept in the user's cache
// folder.
func NewHost(ctx context.Context) (*wasm.Host, error) {
	o := wasm.HostOptions{}
	if dir, err := os.UserCacheDir(); err == nil {
		o.CacheDir = filepath.Join(dir, "plugboard", "compiled")
	}
	return wasm.NewHost(ctx, o)
}
