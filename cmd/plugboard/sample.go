package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/plugboard/plugboard/sdk/casefile"
)

// sample is a request in a file: NAME.request.json with method, target, headers, and body_file or body, as plugins' cases
// have it; or any other file, whose content is then the body of a POST.
type sample struct {
	Method   string            `json:"method"`
	Target   string            `json:"target"` // path and query
	Headers  map[string]string `json:"headers"`
	Remote   string            `json:"remote_addr"` // the sender's address, for try; 127.0.0.1 if left out
	BodyFile string            `json:"body_file"`   // relative to the sample
	Body     json.RawMessage   `json:"body"`        // a text, or any other JSON in its place

	body   []byte
	behind string // what of the path stands behind the source's own
}

func readSample(file string) (*sample, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(file, ".request.json") {
		return &sample{Method: "POST", body: content, Headers: map[string]string{"content-type": contentType(file)}}, nil
	}
	s := &sample{Method: "POST"}
	if err := json.Unmarshal(content, s); err != nil {
		return nil, fmt.Errorf("%s: not a request file (method, target, headers, body_file or body): %w", file, err)
	}
	switch {
	case s.Body != nil && s.BodyFile != "":
		return nil, fmt.Errorf("%s: has both body and body_file; keep one", file)
	case s.Body != nil:
		s.body = casefile.Text(s.Body)
	case s.BodyFile != "":
		if s.body, err = os.ReadFile(filepath.Join(filepath.Dir(file), s.BodyFile)); err != nil {
			return nil, fmt.Errorf("%s: body_file: %w", file, err)
		}
	}
	if s.Target != "" && !strings.HasPrefix(s.Target, "/") {
		return nil, errors.New(file + ": target must begin with a slash")
	}
	return s, nil
}

func contentType(file string) string {
	switch filepath.Ext(file) {
	case ".json":
		return "application/json"
	case ".xml":
		return "application/xml"
	case ".txt", ".form":
		return "application/x-www-form-urlencoded"
	}
	return "application/octet-stream"
}
