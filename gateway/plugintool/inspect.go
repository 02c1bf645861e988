package plugintool

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"

	"github.com/plugboard/plugboard/gateway/manifest"
	"github.com/plugboard/plugboard/gateway/wasm"
)

// Report is what is to be known of a plugin's file without running it.
type Report struct {
	Name      string          `json:"name"`
	Size      int             `json:"size"`              // bytes
	Hash      string          `json:"hash"`              // SHA-256, in hex, as attempts record it
	Refused   string          `json:"refused,omitempty"` // why the gateway would not run it
	Kind      string          `json:"kind,omitempty"`    // reactor, command, script and so on
	MadeWith  []string        `json:"made_with,omitempty"`
	Functions []string        `json:"functions,omitempty"` // what the gateway would call it for
	Exports   []string        `json:"exports,omitempty"`
	Imports   []string        `json:"imports,omitempty"`
	Manifest  json.RawMessage `json:"manifest,omitempty"`
}

// Inspect looks at a plugin as the gateway does when it loads it. That it is refused is no error, but part of the Report.
func Inspect(ctx context.Context, host *wasm.Host, s *Subject) (*Report, error) {
	sum := sha256.Sum256(s.Code)
	r := &Report{Name: s.Name, Size: len(s.Code), Hash: hex.EncodeToString(sum[:]), MadeWith: producers(s.Code)}
	text, err := manifest.Read(s.Code)
	if err != nil {
		text = manifest.ReadScript(s.Code)
	}
	if json.Valid(text) {
		r.Manifest = text
	}
	m, err := host.LoadFile(ctx, s.File, s.Code)
	if err != nil {
		var refused *wasm.Error
		if !errors.As(err, &refused) {
			return nil, err
		}
		r.Refused = refused.Reason
		return r, nil
	}
	r.Kind, r.Exports, r.Imports = m.Form().String(), m.Exports(), slices.Compact(m.Imports())
	r.Functions = m.Functions().Names()
	r.Refused = untrue(m.Manifest(), r.Functions)
	return r, m.Close(ctx)
}

// untrue is why the gateway would not take a module at its manifest's word; "" when it would.
func untrue(text []byte, has []string) string {
	if text == nil {
		return ""
	}
	said, err := manifest.Parse(text)
	if err != nil {
		return err.Error()
	}
	for _, f := range said.Functions {
		if !slices.Contains(has, f) {
			return "its manifest says that it has " + f + ", and it does not export that"
		}
	}
	return ""
}
