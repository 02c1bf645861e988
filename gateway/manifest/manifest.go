// Package manifest reads what a plugin says of itself without running it: the custom section plugboard.manifest of its
// module, a JSON object. Every member may be left out:
//
//	{
//	  "name": "zendesk", "version": "1.2.0", "vendor": "zendesk", "description": "Reads Zendesk's webhooks",
//	  "functions": ["receive"],              what it does; what it does not export refuses it
//	  "config": { "type": "object", … },     a JSON Schema that its configuration has to match (schema.go)
//	  "state": true,                         it keeps state
//	  "lookup": ["agents"]                   tables that it looks things up in, which must then be there
//	}
//
// A compiler knows nothing of it: whatever builds a plugin adds the section behind the module (Add). A script has it as its
// last line, a comment (script.go).
package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Section is the custom section's name.
const Section = "plugboard.manifest"

// FileName is the file beside a plugin's source that becomes its manifest.
const FileName = "manifest.json"

// maxSize bounds a manifest, in bytes.
const maxSize = 256 << 10

// Manifest is what a plugin says of itself.
type Manifest struct {
	Name        string          `json:"name,omitempty"`
	Version     string          `json:"version,omitempty"`
	Vendor      string          `json:"vendor,omitempty"`
	Description string          `json:"description,omitempty"`
	Functions   []string        `json:"functions,omitempty"`
	Config      json.RawMessage `json:"config,omitempty"`
	State       bool            `json:"state,omitempty"`
	Lookup      []string        `json:"lookup,omitempty"`

	schema *schema
}

var functions = []string{"receive", "transform", "format", "judge", "encode"}

// Parse reads a manifest. Members that it does not know are left alone: later versions may have more.
func Parse(text []byte) (*Manifest, error) {
	if len(text) > maxSize {
		return nil, fmt.Errorf("the manifest is longer than %d KiB", maxSize>>10)
	}
	m := &Manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("the manifest cannot be read: %w", err)
	}
	for _, f := range m.Functions {
		if !slices.Contains(functions, f) {
			return nil, fmt.Errorf("the manifest names a function %q; there are %s", f, strings.Join(functions, ", "))
		}
	}
	if len(m.Config) > 0 {
		var err error
		if m.schema, err = compile(m.Config); err != nil {
			return nil, fmt.Errorf("the manifest's config is no schema that is understood: %w", err)
		}
	}
	return m, nil
}

// Check holds a configuration, a JSON object, against the manifest's schema. Without one everything is right.
func (m *Manifest) Check(config []byte) []Fault {
	if m == nil || m.schema == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(config))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return []Fault{{What: "it is not JSON: " + err.Error(), Do: "correct it"}}
	}
	c := checker{}
	c.check(m.schema, nil, value)
	return c.faults
}

var preamble = []byte("\x00asm\x01\x00\x00\x00")

var errModule = errors.New("it is not a WebAssembly module")

// Read finds the manifest in a module, without compiling or running anything; nil when there is none.
func Read(wasm []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(wasm, preamble)
	if !ok {
		return nil, errModule
	}
	for len(rest) > 0 {
		id := rest[0]
		body, after, ok := sized(rest[1:])
		if !ok {
			return nil, fmt.Errorf("%w: a section is cut off", errModule)
		}
		if name, content, ok := sized(body); id == 0 && ok && string(name) == Section {
			return content, nil
		}
		rest = after
	}
	return nil, nil
}

// Add gives a module with the manifest, in place of one that it had.
func Add(wasm, text []byte) ([]byte, error) {
	if _, err := Parse(text); err != nil {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(wasm, preamble)
	if !ok {
		return nil, errModule
	}
	out := append(make([]byte, 0, len(wasm)+len(text)+32), preamble...)
	for len(rest) > 0 {
		body, after, ok := sized(rest[1:])
		if !ok {
			return nil, fmt.Errorf("%w: a section is cut off", errModule)
		}
		if name, _, ok := sized(body); rest[0] != 0 || !ok || string(name) != Section {
			out = append(out, rest[:len(rest)-len(after)]...)
		}
		rest = after
	}
	body := append(appendSize(nil, len(Section)), Section...)
	body = append(body, text...)
	out = append(out, 0)
	return append(appendSize(out, len(body)), body...), nil
}

// sized cuts off what a LEB128 length stands before.
func sized(b []byte) (body, rest []byte, ok bool) {
	n := 0
	for i := range b {
		if i == 5 {
			return nil, nil, false
		}
		n |= int(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			if b = b[i+1:]; n > len(b) {
				return nil, nil, false
			}
			return b[:n], b[n:], true
		}
	}
	return nil, nil, false
}

func appendSize(b []byte, n int) []byte {
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n))
}
