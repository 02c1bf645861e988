package keyring

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// EnvName is the environment variable that may hold the key instead of a file.
const EnvName = "PLUGBOARD_KEY"

const maxFile = 1 << 20 // bytes; a key takes some 200

// ErrNone means that there is no key, neither in the environment nor in the file.
var ErrNone = errors.New("there is no master key")

// Place is where a ring is looked for.
type Place struct {
	Getenv func(string) (string, bool) // nil: os.LookupEnv
	File   string                      // "" for none
}

// Load reads the ring: from the environment if it is there, else from the file. The error is ErrNone when it is nowhere.
func (p Place) Load() (*Ring, error) {
	if text, ok := p.env(); ok {
		r, err := Parse([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("the environment variable %s: %w", EnvName, err)
		}
		return r, nil
	}
	if p.File == "" {
		return nil, fmt.Errorf("%w: set %s, or [secrets] key_file and run plugboard secrets key", ErrNone, EnvName)
	}
	r, err := readFile(p.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: there is neither %s nor %s; put the key there, or make a first one with plugboard secrets key", ErrNone, EnvName, p.File)
	}
	return r, err
}

// InEnv says whether the environment holds the ring: then nobody can write it anew from here.
func (p Place) InEnv() bool { _, ok := p.env(); return ok }

func (p Place) env() (string, bool) {
	getenv := p.Getenv
	if getenv == nil {
		getenv = os.LookupEnv
	}
	text, ok := getenv(EnvName)
	return text, ok && text != ""
}

func readFile(name string) (*Ring, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("the master key: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("the master key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the master key: %s is not a file", name)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the master key: %s may be read by other users (mode %04o); run chmod 600 %s", name, info.Mode().Perm(), name)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("the master key: %w", err)
	}
	r, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the master key: %s: %w", name, err)
	}
	return r, nil
}

// Create writes a ring to a file that is not there yet, with mode 0600, synced.
func Create(name string, r *Ring) error {
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s is there already; what is sealed with it would be lost. plugboard secrets rotate replaces a key", name)
	}
	return Write(name, r)
}

// Write replaces the file by one that holds the ring: whole, or not at all.
func Write(name string, r *Ring) (err error) {
	text, err := r.Text()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("the master key: %w", err)
	}
	return replaceFile(name, text)
}

// replaceFile puts a synced file of mode 0600 in place of another one, by its name.
func replaceFile(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // of mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
