package plugintest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// RoundTrip receives every request of the folder, encodes each event that comes of it, and receives what was encoded: the
// same event must come, but for ccreceived, echo, and what data.derived names. The plugin remembers what it did before the first.
func RoundTrip(t *testing.T, p Plugin, dir string) {
	t.Helper()
	cases, err := casefile.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.Kind == casefile.OfRequest {
			t.Run(c.Name, func(t *testing.T) { playRoundTrip(t, p, c.File) })
		}
	}
}

// made is what receive writes, as far as a round trip goes.
type made struct {
	Events []map[string]any `json:"events"`
}

func playRoundTrip(t tb, p Plugin, file string) {
	t.Helper()
	if p.Receive == nil || p.Encode == nil {
		t.Fatal("the plugin has no Receive, or no Encode")
	}
	h, body := newRequest(t, file)
	remembered := maps.Clone(h.Kept)
	p.with(h, func() {
		before, ok := h.receive(t, p, body)
		if !ok {
			return // what is refused is no event's message
		}
		for i, e := range before.Events {
			h.call("encode", encodeEvent(t, e), func() int32 { return sdk.Encode(p.Encode) })
			if h.stopped != "" {
				t.Errorf("event %d: encode ends with %s: %s%s", i+1, h.stopped, h.reason, h.logText())
				continue
			}
			message := h.output
			h.Kept = maps.Clone(remembered) // a plugin that remembers takes the second for a repeat
			after, ok := h.receive(t, p, h.take(t, message))
			if !ok || len(after.Events) != 1 {
				t.Errorf("event %d: of what was encoded come %d events, %s %s\n%s", i+1, len(after.Events), h.stopped, h.reason, message)
				continue
			}
			d, err := casefile.Diff(encodeEvent(t, lasting(e)), encodeEvent(t, lasting(after.Events[0])))
			if err != nil || d != "" {
				t.Errorf("event %d (- before, + after):\n%s%s\nencoded as %s", i+1, d, text(err), message)
			}
		}
	})
}

// receive calls receive with that body; false when it was stopped.
func (h *fakeHost) receive(t tb, p Plugin, body []byte) (out made, ok bool) {
	t.Helper()
	h.call("receive", body, func() int32 { return sdk.Receive(p.Receive) })
	if h.stopped != "" || len(h.output) == 0 {
		return out, false
	}
	dec := json.NewDecoder(bytes.NewReader(h.output))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		t.Fatalf("receive wrote no JSON: %v", err)
	}
	return out, true
}

// take makes the facts of the next call those of the message that encode wrote, and gives its body.
func (h *fakeHost) take(t tb, message []byte) []byte {
	t.Helper()
	var doc struct {
		Request outRequest `json:"request"`
	}
	if err := json.Unmarshal(message, &doc); err != nil {
		t.Fatalf("encode wrote no request: %v\n%s", err, message)
	}
	sent := (&play{t: t}).sent(doc.Request)
	for name := range h.facts {
		if strings.HasPrefix(name, "header.") {
			delete(h.facts, name)
		}
	}
	h.facts["method"], h.facts["query"] = orPost(doc.Request.Method), pairs(sent.Query)
	for name, value := range sent.Headers {
		h.facts["header."+name] = value
	}
	return sent.Body
}

func orPost(method string) string {
	if method == "" {
		return "POST"
	}
	return method
}

func encodeEvent(t tb, e map[string]any) []byte {
	t.Helper()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lasting takes out of an event what need not come back.
func lasting(e map[string]any) map[string]any {
	delete(e, "ccreceived")
	delete(e, "echo")
	data, _ := e["data"].(map[string]any)
	derived, _ := data["derived"].([]any)
	for _, path := range derived {
		at, steps := e, strings.Split(fmt.Sprint(path), ".")
		for _, step := range steps[:len(steps)-1] {
			at, _ = at[step].(map[string]any)
		}
		delete(at, steps[len(steps)-1])
	}
	return e
}
