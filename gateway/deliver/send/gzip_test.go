package send_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/plugboard/plugboard/gateway/deliver/send"
)

func gzipped(parts ...string) []byte {
	var out bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&out)
		_, _ = io.WriteString(w, p) // a buffer takes everything
		_ = w.Close()
	}
	return out.Bytes()
}

// An answer in gzip is read as what it becomes, within the bound on both sides of it.
func TestGzipAnswer(t *testing.T) {
	long := strings.Repeat("x", 2<<20)
	whole := gzipped("hello")
	for name, tt := range map[string]struct {
		coding string
		sent   []byte
		want   string
		cut    bool
	}{
		"plain":           {"", []byte("hello"), "hello", false},
		"gzip":            {"gzip", whole, "hello", false},
		"by another name": {"X-GZIP", whole, "hello", false},
		"several members": {"gzip", gzipped("hel", "", "lo"), "hello", false},
		"at the bound":    {"gzip", gzipped(long[:1000]), long[:1000], false},
		"a bomb":          {"gzip", gzipped(long), long[:1000], true},
		"endless members": {"gzip", bytes.Repeat(gzipped(""), 1000), "", true},
		"cut short":       {"gzip", whole[:len(whole)-3], "hello", true},
		"not gzip":        {"gzip", []byte("hello"), "", true},
		"empty":           {"gzip", nil, "", false},
		"unknown coding":  {"br", []byte("hello"), "hello", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.coding != "" {
					w.Header().Set("Content-Encoding", tt.coding)
				}
				_, _ = w.Write(tt.sent)
			})
			resp, err := local(t, send.Options{MaxResponse: 1000}).Send(t.Context(), get(s.URL))
			if err != nil {
				t.Fatal(err)
			}
			if string(resp.Body) != tt.want || resp.Truncated != tt.cut {
				t.Errorf("%d bytes, truncated %v", len(resp.Body), resp.Truncated)
			}
			if coded := resp.Header.Get("Content-Encoding"); len(tt.sent) > 0 && (coded != "") != (tt.coding == "br") {
				t.Errorf("the answer still says %q", coded)
			}
		})
	}
}

// Whatever a receiver calls gzip, no more is read of it than the bound.
func FuzzGzipAnswer(f *testing.F) {
	f.Add(gzipped("hello"))
	f.Add(gzipped(strings.Repeat("x", 5000)))
	f.Add(gzipped("a", "b")[:20])
	var sent atomic.Pointer[[]byte]
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(*sent.Load())
	}))
	defer s.Close()
	c := send.NewClient(send.Options{AllowHTTP: true, MaxResponse: 1000, Guard: &send.Guard{AllowPrivate: true}})
	defer c.Close()
	f.Fuzz(func(t *testing.T, body []byte) {
		sent.Store(&body)
		resp, err := c.Send(t.Context(), get(s.URL))
		if err != nil || len(resp.Body) > 1000 {
			t.Errorf("%v, %d bytes", err, len(resp.Body))
		}
	})
}
