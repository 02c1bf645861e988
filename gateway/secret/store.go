package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// MaxSize is the length in bytes of the longest secret that a file may hold.
const MaxSize = 64 << 10

// Store is where a name becomes a value.
type Store interface {
	// Secret gives the value of a name; false when the store does not have it. An error says what is wrong with the
	// store or the name, and what to do; it never holds a value.
	Secret(name string) (Value, bool, error)
}

// ValidName says whether a name can be a secret's: letters, digits, ".", "_" and "-", beginning with a letter or digit,
// at most 128 of them. Such a name is a file name everywhere and needs no escaping anywhere.
func ValidName(name string) bool {
	if name == "" || len(name) > 128 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && (i == 0 || !strings.ContainsRune("._-", rune(c))) {
			return false
		}
	}
	return true
}

var errName = errors.New(`not a secret's name; use letters, digits, ".", "_" and "-", a letter or digit first`)

// EnvName is the environment variable that holds the secret.
func EnvName(name string) string {
	return "PLUGBOARD_SECRET_" + strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, name)
}

// Env is the environment: the secret zendesk.webhook is PLUGBOARD_SECRET_ZENDESK_WEBHOOK.
type Env func(name string) (string, bool)

// Secret looks the variable up.
func (getenv Env) Secret(name string) (Value, bool, error) {
	if !ValidName(name) {
		return Value{}, false, errName
	}
	text, ok := getenv(EnvName(name))
	return New(text), ok, nil
}

// Dir is a folder with a file for each secret. Nothing outside of it can be read, by whatever name or link.
type Dir struct {
	root *os.Root
	path string
}

// OpenDir opens the folder; the caller closes it.
func OpenDir(path string) (*Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	return &Dir{root, path}, nil
}

// Close closes the folder.
func (d *Dir) Close() error { return d.root.Close() }

// Secret reads the file of that name and takes one line end off its end. A file that other users may read is an error
// unless the folder keeps them out.
func (d *Dir) Secret(name string) (Value, bool, error) {
	if !ValidName(name) {
		return Value{}, false, errName
	}
	info, err := d.root.Stat(name) // before opening: opening a pipe would wait for its writer
	if errors.Is(err, fs.ErrNotExist) {
		return Value{}, false, nil
	}
	if err != nil {
		return Value{}, false, fmt.Errorf("secret: %w", err)
	}
	if err := d.private(name, info); err != nil {
		return Value{}, false, err
	}
	file, err := d.root.Open(name)
	if err != nil {
		return Value{}, false, fmt.Errorf("secret: %w; make it readable for this user", err)
	}
	defer func() { _ = file.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(file, MaxSize+1))
	if err != nil {
		return Value{}, false, fmt.Errorf("secret: %w", err)
	}
	if len(text) > MaxSize {
		return Value{}, false, fmt.Errorf("%s is longer than %d bytes; put the secret alone into it", filepath.Join(d.path, name), MaxSize)
	}
	return New(trimLineEnd(string(text))), true, nil
}

// private refuses what is no file, or one that others may read. Windows has no such bits.
func (d *Dir) private(name string, info fs.FileInfo) error {
	path := filepath.Join(d.path, name)
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file; put the secret into a file of that name", path)
	}
	if runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if dir, err := d.root.Stat("."); err == nil && dir.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return fmt.Errorf("%s may be read by other users (mode %04o); run chmod 600 %s", path, info.Mode().Perm(), path)
}

func trimLineEnd(s string) string {
	return strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r")
}

// Chain asks each store in turn; the first that has the secret, or fails, answers.
type Chain []Store

// Secret asks.
func (c Chain) Secret(name string) (Value, bool, error) {
	for _, store := range c {
		if value, ok, err := store.Secret(name); ok || err != nil {
			return value, ok, err
		}
	}
	return Value{}, false, nil
}
