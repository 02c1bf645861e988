// Package toolchain makes plugins of their sources: it finds the language of a folder, runs that language's compiler
// and puts NAME.wasm in place in one step, so that whoever watches the folder never sees half a file.
//
// A compiler's output is kept in the user's cache folder, where the compiler finds it again: a plugin whose sources did
// not change is not linked anew (for Go, 0.1 s instead of 2). Where the compiler does not look, we do: the output is kept
// with a hash of all that it was made of.
package toolchain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/plugboard/plugboard/gateway/manifest"
)

// Sources gives the folders under dir that hold plugin source, by name.
func Sources(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, e := range entries {
		folder := filepath.Join(dir, e.Name())
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if _, err := Detect(folder); err == nil {
			folders = append(folders, folder)
		} else if !errors.Is(err, ErrNoSource) {
			return nil, err
		}
	}
	slices.Sort(folders)
	return folders, nil
}

// Build makes the plugin in folder and writes it to outDir/NAME.wasm (a script: NAME.js), where NAME is the folder's. A
// manifest.json in the folder becomes part of the module. changed is false when the file there was already what came
// out. A compiler's complaint is the error's text.
func Build(ctx context.Context, folder, outDir string) (file string, changed bool, err error) {
	lang, err := Detect(folder)
	if err != nil {
		return "", false, err
	}
	tools, err := lang.find()
	if err != nil {
		return "", false, fmt.Errorf("%s: %w", folder, err)
	}
	abs, err := filepath.Abs(folder)
	if err != nil {
		return "", false, err
	}
	sdk, err := lang.kit(abs)
	if err != nil {
		return "", false, fmt.Errorf("%s: %w", folder, err)
	}
	made, err := keep(abs, lang.ending())
	if err != nil {
		return "", false, err
	}
	unlock, err := lock(filepath.Dir(made))
	if err != nil {
		return "", false, err
	}
	defer unlock()
	job := Job{Folder: abs, Name: filepath.Base(abs), Out: made, SDK: sdk, Tools: tools}
	if err := lang.compile(ctx, job); err != nil {
		return "", false, fmt.Errorf("%s: %w", folder, err)
	}
	file = filepath.Join(outDir, filepath.Base(abs)+lang.ending())
	code, err := described(made, abs)
	if err != nil {
		return "", false, fmt.Errorf("%s: %w", folder, err)
	}
	changed, err = place(code, file)
	return file, changed, err
}

// compile runs the compiler, unless what it made last was made of the same.
func (l Language) compile(ctx context.Context, job Job) error {
	cmd := l.Command(ctx, job)
	cmd.Dir = job.Folder
	inputs, err := l.inputs(job, cmd)
	if err != nil {
		return err
	}
	if upToDate(job.Out, inputs) {
		return nil
	}
	if err := os.Remove(stamp(job.Out)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, complaint(said.Bytes()))
	}
	return os.WriteFile(stamp(job.Out), []byte(inputs), 0o600)
}

// described is what the compiler made with the folder's manifest in it, if it has one: no compiler knows of manifests.
func described(made, folder string) ([]byte, error) {
	code, err := os.ReadFile(made)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(folder, manifest.FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return code, nil
	}
	if err != nil {
		return nil, err
	}
	add := manifest.Add
	if filepath.Ext(made) == ".js" {
		add = manifest.AddScript
	}
	code, err = add(code, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", manifest.FileName, err)
	}
	return code, nil
}

// complaint is what a compiler said, as far as people read.
func complaint(said []byte) string {
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if more := len(lines) - 60; more > 0 {
		lines = append(lines[:60], fmt.Sprintf("… and %d lines more", more))
	}
	return strings.Join(lines, "\n")
}

// keep gives the path in the user's cache folder where the compiler's output of this folder stays.
func keep(abs, ending string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder for built plugins: %w; set HOME or XDG_CACHE_HOME", err)
	}
	sum := sha256.Sum256([]byte(abs))
	dir := filepath.Join(cache, "plugboard", "build", hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(abs)+ending), nil
}

// lock keeps two builds of the same folder, in one process or several, from writing the kept output at once.
func lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", f.Name(), err), f.Close())
	}
	return func() { _ = f.Close() }, nil // closing gives the lock back
}

// place writes file by a rename, unless it has the same bytes already.
func place(want []byte, file string) (changed bool, err error) {
	if have, err := os.ReadFile(file); err == nil && bytes.Equal(have, want) {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return false, err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".*.plugin.tmp")
	if err != nil {
		return false, err
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone after the rename; otherwise the error that counts is below
	if _, err := tmp.Write(want); err != nil {
		return false, errors.Join(err, tmp.Close())
	}
	if err := errors.Join(tmp.Chmod(0o644), tmp.Close()); err != nil {
		return false, err
	}
	return true, os.Rename(tmp.Name(), file)
}
