package edge

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

const head = "POST /hooks/plain HTTP/1.1\r\nHost: h\r\n"

// smuggled is what a request must not carry past its own end.
const smuggled = "GET /hooks/secret HTTP/1.1\r\nHost: h\r\n\r\n"

// wireFaults are requests that two parsers could read differently, and what is said of them.
var wireFaults = map[string]struct{ Request, What string }{
	"length and coding":            {head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "contradict"},
	"coding and length":            {head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + smuggled, "contradict"},
	"two lengths":                  {head + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + smuggled, "more than once"},
	"two equal lengths":            {head + "Content-Length: 0\r\ncontent-length: 0\r\n\r\n", "more than once"},
	"length list":                  {head + "Content-Length: 0, 44\r\n\r\n" + smuggled, "not a number"},
	"signed length":                {head + "Content-Length: +5\r\n\r\nhello", "not a number"},
	"negative length":              {head + "Content-Length: -1\r\n\r\n", "not a number"},
	"hexadecimal length":           {head + "Content-Length: 0x5\r\n\r\nhello", "not a number"},
	"empty length":                 {head + "Content-Length:\r\n\r\n", "not a number"},
	"absurd length":                {head + "Content-Length: 99999999999999999999\r\n\r\n", "absurd"},
	"two hosts":                    {head + "Host: other\r\n\r\n", "host is sent more than once"},
	"no host":                      {"POST /hooks/plain HTTP/1.1\r\n\r\n", "host is missing"},
	"two content types":            {head + "Content-Type: a\r\nContent-type: b\r\n\r\n", "content-type"},
	"two credentials":              {head + "Authorization: a\r\nauthorization: b\r\n\r\n", "authorization"},
	"bare LF behind a header":      {head + "A: b\nC: d\r\n\r\n", "line feed alone"},
	"bare LF behind the request":   {"POST /hooks/plain HTTP/1.1\nHost: h\r\n\r\n", "line feed alone"},
	"bare LF as the end":           {head + "\n" + smuggled, "line feed alone"},
	"bare LF all over":             {strings.ReplaceAll(head+"\r\n", "\r", ""), "line feed alone"},
	"CR inside a value":            {head + "A: b\rC: d\r\n\r\n", "control character"},
	"CR before CRLF":               {head + "A: b\r\r\n\r\n", "control character"},
	"NUL in a value":               {head + "A: b\x00c\r\n\r\n", "control character"},
	"folded":                       {head + "A: b\r\n c\r\n\r\n", "folded"},
	"folded with a tab":            {head + "A: b\r\n\tc\r\n\r\n", "folded"},
	"folded first":                 {"POST /hooks/plain HTTP/1.1\r\n Host: h\r\n\r\n", "folded"},
	"underscore":                   {head + "Content_Length: 5\r\n\r\n", "underscore"},
	"space before the colon":       {head + "Content-Length : 5\r\n\r\nhello", "no name has"},
	"no colon":                     {head + "nothing\r\n\r\n", "no name"},
	"no name":                      {head + ": x\r\n\r\n", "no name"},
	"control in a name":            {head + "A\x01: x\r\n\r\n", "no name has"},
	"other coding":                 {head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "not chunked"},
	"identity":                     {head + "Transfer-Encoding: identity\r\n\r\n", "not chunked"},
	"coding with a tail":           {head + "Transfer-Encoding: chunked;x\r\n\r\n0\r\n\r\n", "not chunked"},
	"coding behind a control":      {head + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", "control character"},
	"coding twice":                 {head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "more than once"},
	"chunked in 1.0":               {"POST /hooks/plain HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "not chunked"},
	"chunk extension":              {head + "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n", "chunk extensions"},
	"long chunk extension":         {head + "Transfer-Encoding: chunked\r\n\r\n5;a=" + strings.Repeat("b", 100) + "\r\nhello\r\n0\r\n\r\n", "chunk extensions"},
	"space behind a chunk's size":  {head + "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n", "hexadecimal"},
	"chunk size with 0x":           {head + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", "hexadecimal"},
	"chunk without a size":         {head + "Transfer-Encoding: chunked\r\n\r\n\r\n\r\n", "no size"},
	"chunk with bare LF":           {head + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", "line feed alone"},
	"chunk longer than its size":   {head + "Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n", "longer than its size"},
	"chunk end with bare LF":       {head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n", "line feed alone"},
	"huge chunk":                   {head + "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n", "chunk's line"},
	"trailer":                      {head + "Transfer-Encoding: chunked\r\n\r\n0\r\nHost: x\r\n\r\n", "trailers"},
	"version 0.9":                  {"GET /hooks/plain\r\n\r\n", "METHOD PATH VERSION"},
	"version 1.2":                  {"GET /hooks/plain HTTP/1.2\r\nHost: h\r\n\r\n", "version"},
	"version 2":                    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "METHOD PATH VERSION"},
	"two spaces":                   {"GET  /hooks/plain HTTP/1.1\r\nHost: h\r\n\r\n", "METHOD PATH VERSION"},
	"space in the path":            {"GET /hooks/plain y HTTP/1.1\r\nHost: h\r\n\r\n", "version"},
	"tab in the path":              {"GET /hooks/plain\ty HTTP/1.1\r\nHost: h\r\n\r\n", "control character"},
	"absolute path":                {"GET http://h/hooks/plain HTTP/1.1\r\nHost: h\r\n\r\n", "slash"},
	"asterisk":                     {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "slash"},
	"connect":                      {"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", "slash"},
	"method with a control":        {"GE\x01T /hooks/plain HTTP/1.1\r\nHost: h\r\n\r\n", "method"},
	"two empty lines before":       {"\r\n\r\nGET /hooks/plain HTTP/1.1\r\nHost: h\r\n\r\n", "empty line"},
	"TLS":                          {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", "METHOD PATH VERSION"},
	"101 headers":                  {head + strings.Repeat("A: b\r\n", 100) + "\r\n", "100 headers"},
	"9 KiB of headers":             {head + "A: " + strings.Repeat("b", 9<<10) + "\r\n\r\n", "8 KiB"},
	"9 KiB of path":                {"GET /" + strings.Repeat("b", 9<<10) + " HTTP/1.1\r\nHost: h\r\n\r\n", "8 KiB"},
	"9 KiB of headers in 90 lines": {head + strings.Repeat("A: "+strings.Repeat("b", 97)+"\r\n", 90) + "\r\n", "8 KiB"},
}

// wireGood are requests that pass, and how many there are.
var wireGood = map[string]struct {
	Requests string
	Count    int
}{
	"plain":               {head + "\r\n", 1},
	"body":                {head + "Content-Length: 5\r\n\r\nhello", 1},
	"body of lines":       {head + "Content-Length: 6\r\n\r\n\n\n\r\n\r\n", 1},
	"body on a GET":       {"GET /hooks/plain HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", 1},
	"pipelined":           {head + "Content-Length: 5\r\n\r\nhello" + head + "\r\n" + smuggled, 3},
	"chunked":             {head + "Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n" + head + "\r\n", 2},
	"chunked, zeros":      {head + "Transfer-Encoding: chunked\r\n\r\n0005\r\nhello\r\n000\r\n\r\n" + head + "\r\n", 2},
	"empty line before":   {"\r\n" + head + "Content-Length: 1\r\n\r\nx\r\n" + head + "\r\n", 2},
	"1.0":                 {"POST /hooks/plain HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx" + "GET /y HTTP/1.0\r\n\r\n", 2},
	"empty and padded":    {head + "A:\r\nB: \t x \t\r\nC:ü\r\n\r\n", 1},
	"escapes and queries": {"POST /hooks/a%2Fb/../c?x=%00&ü HTTP/1.1\r\nHost: h\r\n\r\n", 1},
	"100 headers":         {head + strings.Repeat("A: b\r\n", 99) + "\r\n", 1},
}

func TestScannerRefuses(t *testing.T) {
	for name, tt := range wireFaults {
		for _, cut := range []int{len(tt.Request), 7, 1} {
			n, err := scanAll(tt.Request, cut)
			if err == nil || !strings.Contains(err.what, tt.What) {
				t.Errorf("%s, %d bytes at a time: %v, want %q", name, cut, err, tt.What)
				continue
			}
			// What was passed on must not be a whole request, or what is refused would be answered.
			if got := countRequests(tt.Request[:n]); got != 0 {
				t.Errorf("%s, %d bytes at a time: %d whole requests passed in %q", name, cut, got, tt.Request[:n])
			}
		}
	}
}

func TestScannerPasses(t *testing.T) {
	for name, tt := range wireGood {
		for _, cut := range []int{len(tt.Requests), 7, 1} {
			if n, err := scanAll(tt.Requests, cut); err != nil || n != len(tt.Requests) {
				t.Errorf("%s, %d bytes at a time: %v after %d of %d bytes", name, cut, err, n, len(tt.Requests))
			}
		}
		if got := countRequests(tt.Requests); got != tt.Count {
			t.Errorf("%s: net/http reads %d requests, want %d", name, got, tt.Count)
		}
	}
}

// scanAll scans in pieces and gives how many bytes passed.
func scanAll(text string, piece int) (passed int, err *wireError) {
	var s scanner
	for b := []byte(text); len(b) > 0; {
		part := b[:min(piece, len(b))]
		n, err := s.scan(part)
		passed += n
		if err != nil {
			return passed, err
		}
		b = b[len(part):]
	}
	return passed, nil
}

// countRequests has another parser read requests until something is wrong or missing.
func countRequests(text string) int {
	r := bufio.NewReader(strings.NewReader(text))
	for n := 0; ; n++ {
		if b, _ := r.Peek(2); string(b) == "\r\n" { // net/http does not bear the one empty line
			_, _ = r.Discard(2)
		}
		req, err := http.ReadRequest(r)
		if err != nil {
			return n
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return n
		}
		if _, unread := r.Peek(1); unread != nil {
			return n + 1
		}
	}
}

// However the bytes are cut into reads, the verdict and what passes are the same, and where the scanner sees a request
// end, net/http does too.
func FuzzScanner(f *testing.F) {
	for _, tt := range wireFaults {
		f.Add([]byte(tt.Request), 3)
	}
	for _, tt := range wireGood {
		f.Add([]byte(tt.Requests), 5)
	}
	f.Fuzz(func(t *testing.T, b []byte, piece int) {
		if piece < 1 || len(b) > 4<<10 { // what follows is quadratic
			return
		}
		whole, errWhole := scanAll(string(b), len(b)+1)
		cut, errCut := scanAll(string(b), piece)
		if (errWhole == nil) != (errCut == nil) {
			t.Fatalf("whole: %v, in pieces: %v", errWhole, errCut)
		}
		if errWhole != nil && errWhole.status == 400 && errCut.status == 400 && (whole != cut || errWhole.what != errCut.what) && !strings.Contains(errWhole.what+errCut.what, "chunk's line") {
			t.Fatalf("whole: %v after %d, in pieces: %v after %d", errWhole, whole, errCut, cut)
		}
		var s scanner
		ends := 0
		for at := range b {
			before := s.idle()
			if _, err := s.scan(b[at : at+1]); err != nil {
				break
			}
			if !before && s.idle() {
				ends = at + 1
				if bytes.ContainsAny(b, "%[") {
					continue // net/http also reads what a path means; here only the frame counts
				}
				if got := countRequests(string(b[:ends])); got == 0 {
					t.Fatalf("a request ends at %d, but net/http sees none in %q", ends, b[:ends])
				}
			}
		}
	})
}

func BenchmarkScanner(b *testing.B) {
	request := []byte("POST /hooks/zendesk/main HTTP/1.1\r\nHost: gateway.example.com\r\nUser-Agent: Zendesk Webhook\r\nContent-Type: application/json\r\n" +
		"X-Zendesk-Account-Id: 22129848\r\nX-Zendesk-Webhook-Id: 01JABCDEFGHJKMNPQRSTVWXYZ0\r\nX-Zendesk-Webhook-Invocation-Id: 8350205601\r\n" +
		"X-Zendesk-Webhook-Signature: OQckNT0FiuQWoUXlBbX4yoiW8AByciQUll/TcT5+04g=\r\nX-Zendesk-Webhook-Signature-Timestamp: 2025-03-04T08:00:02Z\r\n" +
		fmt.Sprintf("Accept-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", 1000, bytes.Repeat([]byte{'x'}, 1000)))
	var s scanner
	b.SetBytes(int64(len(request)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.scan(request); err != nil {
			b.Fatal(err)
		}
	}
}
