package plugintest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plugboard/plugboard/sdk"
)

// requestFile is a NAME.request.json.
type requestFile struct {
	environment
	Method     string            `json:"method"`
	Target     string            `json:"target"`
	Headers    map[string]string `json:"headers"`
	BodyFile   *string           `json:"body_file"`
	Body       json.RawMessage   `json:"body"`
	Connection json.RawMessage   `json:"connection"`
	Config     json.RawMessage   `json:"config"` // in place of connection
	ReceivedAt string            `json:"received_at"`
}

func runReceive(t *testing.T, p Plugin, file string) {
	if p.Receive == nil {
		t.Fatal("the plugin has no Receive")
	}
	h, body := newRequest(t, file)
	p.with(h, func() {
		h.call("receive", body, func() int32 { return sdk.Receive(p.Receive) })
	})
	compareResult(t, h, stem(file))
}

// newRequest reads a request and makes the host that knows its facts.
func newRequest(t tb, file string) (h *fakeHost, body []byte) {
	t.Helper()
	var f requestFile
	if err := json.Unmarshal(readFile(t, file), &f); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	config := f.Config
	if config == nil {
		config = f.Connection
	}
	h = newHost(f.environment, config)
	path, query, _ := strings.Cut(f.Target, "?")
	h.facts["method"], h.facts["path"], h.facts["query"] = f.Method, path, query
	for name, value := range f.Headers {
		h.facts["header."+strings.ToLower(name)] = value
	}
	if f.ReceivedAt != "" {
		h.facts["received_at"] = f.ReceivedAt
	}
	return h, f.body(t, filepath.Dir(file))
}

// body is the request's body: a file beside it, a text, or JSON written in its place.
func (f *requestFile) body(t tb, dir string) []byte {
	t.Helper()
	if f.BodyFile != nil && *f.BodyFile != "" {
		return readFile(t, filepath.Join(dir, *f.BodyFile))
	}
	return bodyText(f.Body)
}

// bodyText is a JSON string's text, or other JSON as it stands; nil for null.
func bodyText(raw json.RawMessage) []byte {
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

func runTransform(t *testing.T, p Plugin, file string) {
	if p.Transform == nil {
		t.Fatal("the plugin has no Transform")
	}
	var f struct {
		environment
		Event  json.RawMessage `json:"event"`
		Config json.RawMessage `json:"config"`
	}
	if err := json.Unmarshal(readFile(t, file), &f); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	h := newHost(f.environment, f.Config)
	p.with(h, func() {
		h.call("transform", bodyText(f.Event), func() int32 { return sdk.Transform(p.Transform) })
	})
	compareResult(t, h, stem(file))
}

// stopFile is a NAME.error.json.
type stopFile struct {
	Stop   string `json:"stop"`
	Reason string `json:"reason"`
}

// compareResult compares what a call did with the expected files, or writes them.
func compareResult(t tb, h *fakeHost, stem string) {
	t.Helper()
	got, suffix, other := h.output, ".events.json", ".error.json"
	if h.stopped != "" {
		got, _ = json.Marshal(stopFile{h.stopped, h.reason})
		suffix, other = other, suffix
	} else if len(got) == 0 {
		got = []byte(`{"events":[]}`)
	}
	if *update {
		write(t, stem+suffix, got)
		if err := os.Remove(stem + other); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(stem + suffix)
	if err != nil {
		t.Fatalf("%v\ngo test -update writes it. The call gave:\n%s%s", err, got, h.logText())
	}
	if d := cmp.Diff(tree(t, want), tree(t, got)); d != "" {
		t.Errorf("%s (-want +got):\n%s%s", filepath.Base(stem+suffix), d, h.logText())
	}
}

// write writes JSON for people to read, without escaping what HTML would need.
func write(t tb, name string, doc []byte) {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, doc, "", "  "); err != nil {
		t.Fatalf("what the plugin wrote is not JSON: %v\n%s", err, doc)
	}
	out.WriteByte('\n')
	if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tree reads JSON so that it can be compared: order of members and white space do not count, numbers are exact.
func tree(t tb, doc []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, doc)
	}
	return v
}
