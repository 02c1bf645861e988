// Package casefile reads the files that a plugin's cases are written in, and holds what came out against them. Package
// plugintest plays them in a Go test, with the gateway's part played by the test; plugboard plugin test plays them on
// the compiled module, in the gateway's own host, whatever language it was written in. Both mean the same by a file:
//
//	NAME.request.json   what a vendor sends: method, target, headers, body or body_file, config (or connection)
//	NAME.transform.json for transform: event, config
//	NAME.events.json    what receive or transform must make of it
//	NAME.error.json     how the call must stop instead: {"stop": "reject", "reason": "…"}; reject, drop, retry or fail
//	NAME.encode.json    for encode: event, config
//	NAME.message.json   the request that encode must make of it
//	NAME.scenario.json  a delivery: given (event, config), request and response or a list of them (exchange), expect
//
// Each of the four inputs may have tables, state and secrets: what the gateway would give the plugin. In a request's
// and an answer's place any JSON may stand, or a text, which is handed over as it is.
package casefile

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"strings"
)

// Kind is which file a case is written in.
type Kind string

// The kinds, by the ends of their files' names.
const (
	OfRequest   Kind = ".request.json"
	OfTransform Kind = ".transform.json"
	OfEncode    Kind = ".encode.json"
	OfScenario  Kind = ".scenario.json"
)

var kinds = [...]Kind{OfRequest, OfTransform, OfEncode, OfScenario}

// Case is one case of a folder.
type Case struct {
	Name string // the file's name without .json
	Kind Kind
	File string
}

// List gives the cases of a folder, by kind and name. A folder without any is an error.
func List(dir string) ([]Case, error) {
	var cases []Case
	for _, kind := range kinds {
		files, err := filepath.Glob(filepath.Join(dir, "*"+string(kind)))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			cases = append(cases, Of(file))
		}
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("%s holds no .request.json, .transform.json, .encode.json or .scenario.json", dir)
	}
	return cases, nil
}

// Of is the case that a file holds, by its name.
func Of(file string) Case {
	c := Case{Name: strings.TrimSuffix(filepath.Base(file), ".json"), File: file}
	for _, kind := range kinds {
		if strings.HasSuffix(file, string(kind)) {
			c.Kind = kind
		}
	}
	return c
}

// ReceivedAt is the time of every call, unless the case gives one.
const ReceivedAt = "2025-03-04T20:00:00Z"

// Environment is what a case may say about the gateway around the plugin.
type Environment struct {
	Tables  map[string]map[string]string `json:"tables"`
	Kept    map[string]string            `json:"state"`
	Secrets map[string]string            `json:"secrets"`
}

// Lookup is what a table has for key.
func (e Environment) Lookup(table, key string) (string, bool) {
	v, ok := e.Tables[table][key]
	return v, ok
}

// Sign makes a MAC with a secret, by the interface's number for the algorithm.
func (e Environment) Sign(secret string, algorithm int32, src []byte) ([]byte, bool) {
	key, ok := e.Secrets[secret]
	algorithms := []func() hash.Hash{sha256.New, sha1.New, sha512.New}
	if !ok || algorithm < 0 || int(algorithm) >= len(algorithms) {
		return nil, false
	}
	mac := hmac.New(algorithms[algorithm], []byte(key))
	mac.Write(src)
	return mac.Sum(nil), true
}

// Request is a vendor's request.
type Request struct {
	Environment
	Method     string
	Path       string
	Query      string
	Headers    map[string]string // names in lower case
	Config     json.RawMessage   // nil: none
	ReceivedAt string
	Body       []byte
}

// ReadRequest reads a NAME.request.json, and the body's file if it names one.
func ReadRequest(file string) (*Request, error) {
	f := struct {
		Environment
		Method     string            `json:"method"`
		Target     string            `json:"target"`
		Headers    map[string]string `json:"headers"`
		BodyFile   *string           `json:"body_file"`
		Body       json.RawMessage   `json:"body"`
		Connection json.RawMessage   `json:"connection"`
		Config     json.RawMessage   `json:"config"`
		ReceivedAt string            `json:"received_at"`
	}{ReceivedAt: ReceivedAt}
	if err := read(file, &f); err != nil {
		return nil, err
	}
	r := &Request{Environment: f.Environment, Method: f.Method, Headers: map[string]string{}, Config: f.Config, ReceivedAt: f.ReceivedAt, Body: Text(f.Body)}
	if r.Config == nil {
		r.Config = f.Connection
	}
	var err error
	if r.Config, err = filled(r.Config, filepath.Dir(file)); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	r.Path, r.Query, _ = strings.Cut(f.Target, "?")
	for name, value := range f.Headers {
		r.Headers[strings.ToLower(name)] = value
	}
	if f.BodyFile != nil && *f.BodyFile != "" {
		if r.Body, err = os.ReadFile(filepath.Join(filepath.Dir(file), *f.BodyFile)); err != nil {
			return nil, fmt.Errorf("%s: body_file: %w", file, err)
		}
	}
	return r, nil
}

// Transform is an event on a route, or one for encode.
type Transform struct {
	Environment
	Event  json.RawMessage `json:"event"`
	Config json.RawMessage `json:"config"`
}

// ReadTransform reads a NAME.transform.json or NAME.encode.json.
func ReadTransform(file string) (*Transform, error) {
	t := new(Transform)
	if err := read(file, t); err != nil {
		return nil, err
	}
	t.Event = Text(t.Event)
	return t, nil
}

func read(file string, into any) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// Text is a body as it goes over the wire: a JSON string's text, any other JSON as it stands, without white space; nil
// for null.
func Text(raw json.RawMessage) []byte {
	var text string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil
	case json.Unmarshal(raw, &text) == nil:
		return []byte(text)
	}
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return raw
	}
	return compact.Bytes()
}
