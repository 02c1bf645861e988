// Package table holds the tables that plugins look things up in: an agent's number at the vendor, and the same agent's at
// the system that is delivered to.
//
// A table is a CSV or a JSON file that somebody exports now and then. It is read whole into memory, so that a look-up is
// one access to a map, and read again when the file changes: a Table is a handle whose content is swapped in one step. A
// file that is broken is refused with the place of its fault, and the rows that were there before go on.
package table

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// MaxFile bounds a table's file, in bytes. In memory it takes two to four times as much.
const MaxFile = 64 << 20

// Options say where a table is and what of it is asked for. They are compared to tell whether a table is another one.
type Options struct {
	File  string // its name ends in .csv or .json
	Key   string // the column that is looked up; "": of CSV the first; of JSON that is one object its members' names
	Value string // the column that is the answer; "": of two columns the other one, else the row as a JSON object
}

// Info is what people may see of a table. None of its rows are in it.
type Info struct {
	File    string
	Rows    int
	Hash    string    // SHA-256 of the file that is in use, in hex
	Loaded  time.Time // when it was taken into use
	Refused string    // why the file as it is now is not in use; "": it is
}

// Table answers look-ups. It is safe for concurrent use.
type Table struct {
	options Options
	rows    atomic.Pointer[rows]

	mu     sync.Mutex // held while the file is read
	hash   [sha256.Size]byte
	loaded time.Time
	fault  error
}

// rows are never changed once they are in use.
type rows map[string][]byte

// Error is a file that cannot be used. What and Do are without a full stop.
type Error struct {
	File         string
	Line, Column int // from 1; 0: the file as a whole
	What, Do     string
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s; %s", e.At(), e.What, e.Do) }

// At is the place as file:line:column.
func (e *Error) At() string {
	if e.Line == 0 {
		return e.File
	}
	return fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
}

// Open reads a table. What is wrong with its file is an *Error.
func Open(o Options) (*Table, error) {
	t := &Table{options: o}
	_, err := t.Refresh()
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Refresh reads the file again if it has changed, and says whether the table did. After an error, an *Error, the table is
// as it was before.
func (t *Table) Refresh() (changed bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, err := read(t.options.File)
	if err == nil {
		sum := sha256.Sum256(text)
		if t.rows.Load() != nil && sum == t.hash {
			t.fault = nil
			return false, nil
		}
		var next rows
		if next, err = parse(t.options, text); err == nil {
			t.rows.Store(&next)
			t.hash, t.loaded, t.fault = sum, time.Now(), nil
			return true, nil
		}
	}
	t.fault = placed(t.options.File, err)
	return false, t.fault
}

// Options are what the table was opened with.
func (t *Table) Options() Options { return t.options }

// Lookup finds what the table has for key. The answer is not to be changed.
func (t *Table) Lookup(key string) ([]byte, bool) {
	value, ok := (*t.rows.Load())[key]
	return value, ok
}

// Info describes the table.
func (t *Table) Info() Info {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := Info{File: t.options.File, Rows: len(*t.rows.Load()), Hash: hex.EncodeToString(t.hash[:]), Loaded: t.loaded}
	if t.fault != nil {
		i.Refused = t.fault.Error()
	}
	return i
}

// Set is the tables of a configuration by name. It does not change, the tables in it may.
type Set map[string]*Table

// Lookup finds what a table has for key; false when there is no such table either.
func (s Set) Lookup(name, key string) ([]byte, bool) {
	if t := s[name]; t != nil {
		return t.Lookup(key)
	}
	return nil, false
}

// read reads a file that has a sensible length and is text.
func read(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, &Error{What: "it is not a file", Do: "name a .csv or .json file"})
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > MaxFile:
		return nil, &Error{What: fmt.Sprintf("it is longer than %d MiB", MaxFile>>20), Do: "leave out what no plugin looks up"}
	}
	return text, nil
}

// parse makes rows of a file's text by the end of its name.
func parse(o Options, text []byte) (rows, error) {
	text = []byte(strings.TrimPrefix(string(text), "\ufeff"))
	if at := invalid(text); at >= 0 {
		return nil, textError(text, at, "it is not UTF-8", "save it as UTF-8")
	}
	switch strings.ToLower(filepath.Ext(o.File)) {
	case ".csv":
		return parseCSV(o, text)
	case ".json":
		return parseJSON(o, text)
	}
	return nil, &Error{What: "its name ends neither in .csv nor in .json", Do: "export it as one of the two"}
}

// invalid finds the first byte that is not part of a character; -1 when there is none.
func invalid(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}

// textError is an Error at a byte of the text.
func textError(text []byte, at int, what, do string) *Error {
	before := string(text[:min(at, len(text))])
	start := strings.LastIndexByte(before, '\n') + 1
	return &Error{Line: strings.Count(before, "\n") + 1, Column: utf8.RuneCountInString(before[start:]) + 1, What: what, Do: do}
}

// placed makes an *Error of this file of whatever went wrong.
func placed(file string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		e.File = file
		return e
	}
	what := err.Error()
	var path *os.PathError
	if errors.As(err, &path) {
		what = path.Err.Error()
	}
	return &Error{File: file, What: what, Do: "put the table there, readable for this user"}
}
