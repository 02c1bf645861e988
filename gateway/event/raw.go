package event

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// The stored form of a Raw: a version byte, then method, path, query, content type, remote address, the number of
// headers, each header's name and value, and the body; every text with its length in front as a uvarint. The checksum
// is the queue's affair.
const rawVersion = 1

var errRaw = errors.New("event: raw request: cut short or not one")

// Append appends the stored form of r to dst.
func (r *Raw) Append(dst []byte) []byte {
	dst = append(dst, rawVersion)
	for _, s := range [...]string{r.Method, r.Path, r.Query, r.ContentType, r.RemoteAddr} {
		dst = appendText(dst, s)
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.Headers)))
	for i := range r.Headers {
		dst = appendText(dst, r.Headers[i].Name)
		dst = appendText(dst, r.Headers[i].Value)
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.Body)))
	return append(dst, r.Body...)
}

// Encode gives the stored form of r in a slice of its own.
func (r *Raw) Encode() []byte {
	n := 64 + len(r.Path) + len(r.Query) + len(r.ContentType) + len(r.Body)
	for i := range r.Headers {
		n += len(r.Headers[i].Name) + len(r.Headers[i].Value) + 4
	}
	return r.Append(make([]byte, 0, n))
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// DecodeRaw reads the stored form. Body shares b's memory; the strings are the Raw's own.
func DecodeRaw(b []byte) (Raw, error) {
	if len(b) == 0 {
		return Raw{}, errRaw
	}
	if b[0] != rawVersion {
		return Raw{}, fmt.Errorf("event: raw request: version %d; this gateway reads version %d", b[0], rawVersion)
	}
	d := decoder{rest: b[1:]}
	r := Raw{Method: d.text(), Path: d.text(), Query: d.text(), ContentType: d.text(), RemoteAddr: d.text()}
	n := d.number()
	if n > uint64(len(d.rest))/2 { // each header takes two bytes at least: no count may ask for more memory than came
		return Raw{}, errRaw
	}
	if n > 0 {
		r.Headers = make([]Header, 0, n)
	}
	for range n {
		r.Headers = append(r.Headers, Header{Name: d.text(), Value: d.text()})
	}
	r.Body = d.bytes()
	if d.bad || len(d.rest) > 0 {
		return Raw{}, errRaw
	}
	return r, nil
}

// decoder reads from the front of rest; bad once something did not fit.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) bytes() []byte {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, nil
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) text() string { return string(d.bytes()) }

// AppendJSON appends r as the document that the canonical model calls raw: body as text when it is UTF-8, else in
// base64, and the SHA-256 of the bytes as received.
func (r *Raw) AppendJSON(dst []byte) []byte {
	dst = appendMember(dst, '{', "method", r.Method)
	dst = appendMember(dst, ',', "path", r.Path)
	dst = appendMember(dst, ',', "query", r.Query)
	dst = appendMember(dst, ',', "content_type", r.ContentType)
	dst = append(dst, `,"headers":{`...)
	dst = r.appendHeaders(dst)
	dst = append(dst, '}')
	if utf8.Valid(r.Body) {
		dst = appendMember(dst, ',', "body", string(r.Body))
	} else {
		dst = append(dst, `,"body_base64":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, r.Body)
		dst = append(dst, '"')
	}
	sum := sha256.Sum256(r.Body)
	dst = append(dst, `,"sha256":"`...)
	dst = hex.AppendEncode(dst, sum[:])
	return append(dst, '"', '}')
}

// appendHeaders writes the members of the headers object; lines of the same name become one, as HTTP joins them.
func (r *Raw) appendHeaders(dst []byte) []byte {
	opener := byte(' ')
	for i, h := range r.Headers {
		if seen(r.Headers[:i], h.Name) {
			continue
		}
		value := h.Value
		for _, later := range r.Headers[i+1:] {
			if later.Name == h.Name {
				value += ", " + later.Value
			}
		}
		if opener == ' ' {
			dst = jsondoc.AppendString(dst, h.Name)
			dst = jsondoc.AppendString(append(dst, ':'), value)
			opener = ','
			continue
		}
		dst = appendMember(dst, opener, h.Name, value)
	}
	return dst
}

func seen(headers []Header, name string) bool {
	for i := range headers {
		if headers[i].Name == name {
			return true
		}
	}
	return false
}

// appendMember writes a member with a string value, the opener in front: a brace for the first one, else a comma.
func appendMember(dst []byte, opener byte, name, value string) []byte {
	dst = jsondoc.AppendString(append(dst, opener), name)
	return jsondoc.AppendString(append(dst, ':'), value)
}

// RawHeader gives the values of a header in the stored form of a Raw, in their order; none when it is not one. The name is
// in lower case. It reads no further than the headers, and takes no memory where the header is not there.
func RawHeader(b []byte, name string) (values []string) {
	if len(b) == 0 || b[0] != rawVersion {
		return nil
	}
	d := decoder{rest: b[1:]}
	for range 5 {
		d.bytes()
	}
	for n := d.number(); n > 0 && !d.bad; n-- {
		key, value := d.bytes(), d.bytes()
		if string(key) == name && !d.bad {
			values = append(values, string(value))
		}
	}
	return values
}
