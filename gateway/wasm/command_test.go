package wasm

import (
	"strings"
	"testing"
	"time"
)

type request struct{ world }

func (request) Headers(yield func(name, value string) bool) {
	for _, h := range [][2]string{{"X-Zendesk-Id", "7"}, {"x-zendesk-id", "8"}, {"Proxy", "evil"}, {"X_Zendesk-Id", "9"}, {"X-Zero", "a\x00b"}, {"Accept", "*/*"}} {
		if !yield(h[0], h[1]) {
			return
		}
	}
}

func TestCommand(t *testing.T) {
	h := openHost(t, HostOptions{CacheDir: cacheDir(), Limits: patient})
	p := openModule(t, load(t, h, "command", goCommand(t)), PluginOptions{Config: []byte(`{"a":1}`), Instances: 1})
	facts := request{world{"fact method": "POST", "fact query": "a=b", "fact header.content-type": "text/plain", "fact source": "zendesk"}}
	call := func(fn Function, body string) (Output, error) {
		return p.Call(t.Context(), fn, Input{Body: []byte(body), Facts: facts})
	}
	for range 2 { // each time a fresh instance
		out, err := call(Receive, "hello")
		if err != nil || string(out.Body) != "receive got 5 bytes: hello" {
			t.Errorf("got %q, %v", out.Body, err)
		}
	}
	out, err := call(Format, "env")
	want := strings.Join([]string{"CONTENT_LENGTH=3", "CONTENT_TYPE=text/plain", "GATEWAY_INTERFACE=CGI/1.1", "HTTP_ACCEPT=*/*", "HTTP_X_ZENDESK_ID=7, 8",
		`PLUGBOARD_CONFIG={"a":1}`, "PLUGBOARD_SOURCE=zendesk", "QUERY_STRING=a=b", "REQUEST_METHOD=POST"}, "\n")
	if err != nil || string(out.Body) != want {
		t.Errorf("environment\n%s\n%v, want\n%s", out.Body, err, want)
	}
	for _, tt := range []struct {
		fn     Function
		what   string
		kind   Kind
		reason string
	}{
		{Receive, "reject", Rejected, "not what was agreed"},
		{Receive, "drop", Dropped, "of no interest"},
		{Receive, "retry", RetryLater, "come back later"},
		{Receive, "other", Trapped, "it ended itself with exit status 3: out of luck"},
		{Receive, "panic", Trapped, "panic: in a command"},
		{Receive, "flood", Limited, "more than 1 MiB of output"},
		{Judge, "x", Unsupported, "exit status 64"},
	} {
		out, err := call(tt.fn, tt.what)
		if e := failureOf(t, err); e.Kind != tt.kind || !strings.Contains(e.Reason, tt.reason) {
			t.Errorf("%s: got %v: %q, want %v: …%s…", tt.what, e.Kind, e.Reason, tt.kind, tt.reason)
		}
		if tt.what == "reject" && (len(out.Log) != 1 || out.Log[0].Message != "first a remark\nnot what was agreed") {
			t.Errorf("log %v", out.Log)
		}
	}
}

func TestCommandEndsAtItsDeadline(t *testing.T) {
	h := openHost(t, HostOptions{CacheDir: cacheDir(), Limits: Limits{Deadline: 500 * time.Millisecond}})
	p := openModule(t, load(t, h, "command", goCommand(t)), PluginOptions{})
	_, err := p.Call(t.Context(), Receive, Input{Body: []byte("loop")})
	if e := failureOf(t, err); e.Kind != Limited || e.Reason != "it ran longer than 500ms" {
		t.Errorf("got %v", err)
	}
}

// TestCommandOfTheSDK runs a command that is made with the Go SDK: it says by the imports what a plain one says by its exit
// status.
func TestCommandOfTheSDK(t *testing.T) {
	h := openHost(t, HostOptions{CacheDir: cacheDir(), Limits: patient})
	p := openModule(t, load(t, h, "calls", must2(t, buildExample)), PluginOptions{Instances: 1})
	call := func(fn Function, query string) (Output, error) {
		facts := request{world{"fact method": "GET", "fact query": query, "fact received_at": "2025-03-04T08:00:00Z"}}
		return p.Call(t.Context(), fn, Input{Facts: facts})
	}
	for _, id := range []string{"7", "8"} {
		out, err := call(Receive, "call="+id+"&state=ringing")
		if want := `"subject":"call/` + id + `"`; err != nil || !strings.Contains(string(out.Body), want) {
			t.Errorf("%s, %v, want …%s…", out.Body, err, want)
		}
	}
	_, err := call(Receive, "state=ringing")
	if e := failureOf(t, err); e.Kind != Rejected || e.Reason != "the query names no call" {
		t.Errorf("%v: %q", e.Kind, e.Reason)
	}
	_, err = call(Format, "")
	if e := failureOf(t, err); e.Kind != Unsupported {
		t.Errorf("%v: %q", e.Kind, e.Reason)
	}
}
