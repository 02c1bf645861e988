//go:build linux && !race

package faults_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// mostGrowth is how much a bomb may add to the gateway's memory, in bytes (row 10 of the attacks that the project holds
// itself to).
const mostGrowth = 32 << 20

// bomb is a body that is larger when it is read than it looks.
type bomb struct {
	name, path, content, encoding string
	body                          []byte
	status                        int
}

// bombs are sent to a source without a plugin, /in, and to one with, /zendesk.
func bombs(t *testing.T) (list []bomb) {
	t.Helper()
	const json, xml = "application/json", "application/xml"
	gib := packed(t, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, 1<<30)
	zlibbed := packed(t, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, 64<<20)
	entities := &strings.Builder{}
	entities.WriteString("<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY e0 \"lol\">")
	for i := 1; i < 20; i++ {
		fmt.Fprintf(entities, "<!ENTITY e%d \"%s\">", i, strings.Repeat(fmt.Sprintf("&e%d;", i-1), 10))
	}
	entities.WriteString("]><l>&e19;</l>")
	for _, path := range []string{"/in", "/zendesk"} {
		unreadable := map[string]int{"/in": 400, "/zendesk": 202} // what a plugin cannot read is kept aside
		list = append(list,
			bomb{"1 GiB in gzip", path, json, "gzip", gib, 413},
			bomb{"64 MiB in deflate", path, json, "deflate", zlibbed, 413},
			bomb{"lists in lists", path, json, "", bytes.Repeat([]byte("["), 1<<20-1), unreadable[path]},
			bomb{"objects in objects", path, json, "", bytes.Repeat([]byte(`{"a":`), (1<<20-1)/5), unreadable[path]},
			bomb{"closed lists in lists", path, json, "", append(bytes.Repeat([]byte("["), 1<<19), bytes.Repeat([]byte("]"), 1<<19)...), unreadable[path]},
			bomb{"half a million values", path, json, "", []byte("[" + strings.Repeat("0,", 1<<19-2) + "0]"), unreadable[path]},
		)
	}
	list = append(list, bomb{"XML entities", "/in", xml, "", []byte(entities.String()), 415}, bomb{"XML entities", "/zendesk", xml, "", []byte(entities.String()), 202})
	return list
}

// packed gives so many spaces in as few bytes as the encoding can.
func packed(t *testing.T, open func(io.Writer) io.WriteCloser, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := open(&out)
	spaces := bytes.Repeat([]byte{' '}, 1<<20)
	for range size >> 20 {
		if _, err := w.Write(spaces); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestBombs sends each bomb, and wants it refused, or kept aside unread, with the process no larger for it than it may be.
func TestBombs(t *testing.T) {
	g := startWithPlugins(t, "")
	g.post(t, bomb{path: "/in", content: "application/json", body: []byte(`{"warm":"up"}`)})
	for _, b := range bombs(t) {
		status, grown := g.explode(t, b)
		if status != b.status || grown > mostGrowth {
			t.Errorf("%s at %s: answered %d, want %d; memory grew by %d KiB", b.name, b.path, status, b.status, grown>>10)
		}
		t.Logf("%s at %s (%d bytes): %d, %d KiB", b.name, b.path, len(b.body), status, grown>>10)
	}
	if !g.isReady() {
		t.Errorf("the gateway is not ready any more\n%s", tail(g.log.String()))
	}
}

// TestBombsControl lets bodies of a quarter of a gibibyte in: the same look must find that memory grows.
func TestBombsControl(t *testing.T) {
	g := startWithPlugins(t, `max_body = "256MiB"`)
	body := packed(t, func(w io.Writer) io.WriteCloser { return nopCloser{w} }, 64<<20)
	if _, grown := g.explode(t, bomb{path: "/in", content: "application/json", body: body}); grown <= mostGrowth {
		t.Errorf("memory grew by %d KiB for a body of 64 MiB; the test above shows nothing", grown>>10)
	}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// startWithPlugins runs a gateway with a source of each kind.
func startWithPlugins(t *testing.T, more string) *running {
	t.Helper()
	s := &site{config: gatewaytest.Write(t, fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
%s
[queue]
min_free = "1MiB"
[plugins]
%s
[sources.any]
path = "/in"
verify = { scheme = "none" }
[sources.zendesk]
path = "/zendesk"
plugin = "zendesk"
verify = { scheme = "none" }
`, more, gatewaytest.PluginsTable(t)))}
	return s.start(t)
}

// explode sends a bomb and says how it was answered and how much more memory the process has had at once meanwhile.
func (r *running) explode(t *testing.T, b bomb) (status, grown int) {
	t.Helper()
	r.forgetPeak(t)
	before := r.memory(t, "VmRSS:")
	status = r.post(t, b)
	return status, r.memory(t, "VmHWM:") - before
}

func (r *running) post(t *testing.T, b bomb) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, strings.TrimSuffix(r.in, "/in")+b.path, bytes.NewReader(b.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", b.content)
	if b.encoding != "" {
		req.Header.Set("Content-Encoding", b.encoding)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// forgetPeak has the kernel measure the process's highest memory anew.
func (r *running) forgetPeak(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", r.cmd.Process.Pid), []byte("5"), 0); err != nil {
		t.Skipf("may not reset the peak of a process; run as its user, with /proc writable: %v", err)
	}
}

// memory is a line of the process's status, in bytes.
func (r *running) memory(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, name); ok {
			var kib int
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatalf("no %s in the status", name)
	return 0
}
