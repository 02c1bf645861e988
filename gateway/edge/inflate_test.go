package edge

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

func packed(make func(io.Writer) io.WriteCloser, text string) []byte {
	var out bytes.Buffer
	w := make(&out)
	if _, err := io.WriteString(w, text); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func gz(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
func zl(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
func fl(w io.Writer) io.WriteCloser {
	f, err := flate.NewWriter(w, flate.DefaultCompression)
	if err != nil {
		panic(err)
	}
	return f
}

// letters gives text that packs to about half.
func letters(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefghijklmnop"[r.IntN(16)]
	}
	return string(b)
}

func TestInflate(t *testing.T) {
	const limit = 10_000
	half := letters(8_000)
	tests := []struct {
		name, encoding string
		body           []byte
		want           string
		fault          string
	}{
		{"none", "", []byte("as it is"), "as it is", ""},
		{"identity", "identity", []byte("as it is"), "as it is", ""},
		{"gzip", "gzip", packed(gz, half), half, ""},
		{"gzip in two members", "gzip", append(packed(gz, half[:4000]), packed(gz, half[4000:])...), half, ""},
		{"x-gzip", "x-gzip", packed(gz, "x"), "x", ""},
		{"empty gzip", "gzip", packed(gz, ""), "", ""},
		{"deflate as zlib", "deflate", packed(zl, half), half, ""},
		{"deflate, bare", "deflate", packed(fl, half), half, ""},
		{"just within max_body", "gzip", packed(gz, letters(limit)), letters(limit), ""},
		{"a byte over max_body", "gzip", packed(gz, letters(limit+1)), "", "larger"},
		{"over the ratio", "gzip", packed(gz, strings.Repeat("x", 9_000)), "", "larger"},
		{"bomb in deflate", "deflate", packed(zl, strings.Repeat("x", 1<<20)), "", "larger"},
		{"gzip within gzip", "gzip", packed(gz, string(packed(gz, "x"))), string(packed(gz, "x")), ""},
		{"unknown", "br", []byte("x"), "", "neither gzip nor deflate"},
		{"two encodings", "gzip, gzip", []byte("x"), "", "neither gzip nor deflate"},
		{"no gzip", "gzip", []byte("hello, world: no gzip at all"), "", "not gzip"},
		{"nothing", "gzip", nil, "", "not gzip"},
		{"cut gzip", "gzip", packed(gz, half)[:2000], "", "not gzip"},
		{"gzip with a wrong sum", "gzip", wrongSum(packed(gz, half)), "", "not gzip"},
		{"gzip with a tail", "gzip", append(packed(gz, half), "tail"...), "", "not gzip"},
		{"deflate with a tail", "deflate", append(packed(zl, half), "tail"...), "", "behind its end"},
		{"cut deflate", "deflate", packed(zl, half)[:2000], "", "not deflate"},
	}
	for _, tt := range tests {
		for range 2 { // the second time with readers that were used before
			got, err := inflate(tt.encoding, tt.body, limit)
			if tt.fault == "" && (err != nil || string(got) != tt.want) {
				t.Errorf("%s: %v, %d bytes, want %d", tt.name, err, len(got), len(tt.want))
			}
			if tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)) {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.fault)
			}
		}
	}
}

func wrongSum(b []byte) []byte {
	b[len(b)-5] ^= 1
	return b
}

// Whatever is sent, no more than is allowed comes out.
func FuzzInflate(f *testing.F) {
	f.Add("gzip", packed(gz, letters(100)))
	f.Add("deflate", packed(zl, letters(100)))
	f.Add("deflate", packed(fl, strings.Repeat("x", 5000)))
	f.Add("gzip", packed(gz, strings.Repeat("x", 1<<16)))
	f.Fuzz(func(t *testing.T, encoding string, body []byte) {
		const limit = 4096
		out, err := inflate(encoding, body, limit)
		if err == nil && encoding != "" && encoding != "identity" && (len(out) > limit || len(out) > maxRatio*len(body)) {
			t.Fatalf("%d bytes from %d", len(out), len(body))
		}
		if err == nil && encoding == "gzip" && len(body) > 0 {
			want, wantErr := gunzipAll(body)
			if wantErr != nil || !bytes.Equal(out, want) {
				t.Fatalf("compress/gzip reads %d bytes (%v), this %d", len(want), wantErr, len(out))
			}
		}
		if errors.Is(err, errEncoding) && (encoding == "gzip" || encoding == "deflate") {
			t.Fatal(err)
		}
	})
}

func gunzipAll(body []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func BenchmarkInflate(b *testing.B) {
	body := packed(gz, letters(2000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := inflate("gzip", body, 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}
