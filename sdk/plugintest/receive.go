package plugintest

import (
	"testing"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/casefile"
)

func runReceive(t *testing.T, p Plugin, c casefile.Case) { playReceive(t, p, c) }

func playReceive(t tb, p Plugin, c casefile.Case) {
	t.Helper()
	if p.Receive == nil {
		t.Fatal("the plugin has no Receive")
	}
	h, body := newRequest(t, c.File)
	p.with(h, func() {
		h.call("receive", body, func() int32 { return sdk.Receive(p.Receive) })
	})
	compareResult(t, h, c)
}

// newRequest reads a request and makes the host that knows its facts.
func newRequest(t tb, file string) (h *fakeHost, body []byte) {
	t.Helper()
	r, err := casefile.ReadRequest(file)
	if err != nil {
		t.Fatal(err)
	}
	h = newHost(r.Environment, r.Config)
	h.facts["method"], h.facts["path"], h.facts["query"], h.facts["received_at"] = r.Method, r.Path, r.Query, r.ReceivedAt
	for name, value := range r.Headers {
		h.facts["header."+name] = value
	}
	return h, r.Body
}

func runTransform(t *testing.T, p Plugin, c casefile.Case) {
	if p.Transform == nil {
		t.Fatal("the plugin has no Transform")
	}
	f, err := casefile.ReadTransform(c.File)
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(f.Environment, f.Config)
	p.with(h, func() {
		h.call("transform", f.Event, func() int32 { return sdk.Transform(p.Transform) })
	})
	compareResult(t, h, c)
}

func runEncode(t *testing.T, p Plugin, c casefile.Case) {
	if p.Encode == nil {
		t.Fatal("the plugin has no Encode")
	}
	f, err := casefile.ReadTransform(c.File)
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(f.Environment, f.Config)
	p.with(h, func() {
		h.call("encode", f.Event, func() int32 { return sdk.Encode(p.Encode) })
	})
	compareResult(t, h, c)
}

// compareResult compares what a call did with the expected files, or writes them.
func compareResult(t tb, h *fakeHost, c casefile.Case) {
	t.Helper()
	r := casefile.Result{Output: h.output, Stop: h.stopped, Reason: h.reason}
	if *update {
		if err := c.Update(r); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d, err := c.Compare(r); err != nil || d != "" {
		t.Errorf("%s (- wanted, + made):\n%s%s%s", c.Name, d, text(err), h.logText())
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
