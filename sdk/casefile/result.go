package casefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Result is what receive, transform or encode came to: its output, or how it was stopped.
type Result struct {
	Output []byte // empty: no events
	Stop   string // reject, drop, retry or fail; "" when it was not stopped
	Reason string
}

// stopFile is a NAME.error.json.
type stopFile struct {
	Stop   string `json:"stop"`
	Reason string `json:"reason"`
}

const (
	eventsFile  = ".events.json"
	messageFile = ".message.json"
	errorFile   = ".error.json"
)

// file gives what is expected to be in which file, and which file then must not be there.
func (c Case) file(r Result) (doc []byte, suffix, other string) {
	made, nothing := eventsFile, `{"events":[]}`
	if c.Kind == OfEncode {
		made, nothing = messageFile, `{"request":{}}`
	}
	switch {
	case r.Stop != "":
		return encode(stopFile{r.Stop, r.Reason}), errorFile, made
	case len(r.Output) == 0:
		return []byte(nothing), made, errorFile
	}
	return r.Output, made, errorFile
}

// stem is the case's file without its last two suffixes.
func (c Case) stem() string { return strings.TrimSuffix(c.File, string(c.Kind)) }

// Compare gives the difference between a result and what the file beside the case expects; "" when there is none.
func (c Case) Compare(r Result) (difference string, err error) {
	got, suffix, other := c.file(r)
	want, err := os.ReadFile(c.stem() + suffix)
	switch {
	case err == nil:
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	default:
		if want, err = os.ReadFile(c.stem() + other); err != nil {
			return fmt.Sprintf("nothing is expected yet: there is neither %s nor %s; -update writes it. The call gave:\n%s",
				filepath.Base(c.stem()+suffix), filepath.Base(c.stem()+other), Pretty(got)), nil
		}
	}
	return Diff(want, got)
}

// Update writes the file that a result would have to be compared with.
func (c Case) Update(r Result) error {
	got, suffix, other := c.file(r)
	var out bytes.Buffer
	if err := json.Indent(&out, got, "", "  "); err != nil {
		return fmt.Errorf("what the plugin wrote is not JSON: %w\n%s", err, got)
	}
	out.WriteByte('\n')
	if err := os.WriteFile(c.stem()+suffix, out.Bytes(), 0o644); err != nil {
		return err
	}
	if err := os.Remove(c.stem() + other); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Pretty is JSON in the form in which Diff compares: indented, members by name. What is not JSON stays as it is.
func Pretty(doc []byte) string {
	v, err := tree(doc)
	if err != nil {
		return string(doc)
	}
	return string(bytes.TrimSuffix(encodeIndented(v), []byte("\n")))
}

// tree reads JSON so that it can be compared: order of members and white space do not count, numbers are exact.
func tree(doc []byte) (v any, err error) {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, errors.New("more follows after the JSON value")
	}
	return v, nil
}

func encode(v any) []byte { return bytes.TrimSuffix(encodeWith(v, ""), []byte("\n")) }

func encodeIndented(v any) []byte { return encodeWith(v, "  ") }

func encodeWith(v any, indent string) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		panic("casefile: " + err.Error()) // only what was read from JSON, and text, comes here
	}
	return out.Bytes()
}
