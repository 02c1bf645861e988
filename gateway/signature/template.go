package signature

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// Form is how a Template's signature is made and written.
type Form struct {
	Algorithm string // sha256 ("" as well), sha1, sha512
	Encoding  string // hex ("" as well), base64
	Prefix    string // before the signature, as "sha256="
	Signed    string // "" for "{body}"; else a text with {timestamp}, {body}, {id}, {method}, {target} in it
}

// fields are what may stand in braces in a Form's Signed.
var fields = []string{"body", "timestamp", "id", "method", "target"}

// Template signs and verifies with an HMAC over a text of the operator's choice, with several secrets while one replaces
// another: then each makes a signature, and any of them will do.
type Template struct {
	form  Form
	keys  []Key
	parts []part
}

// part is a text, or a field to be put in.
type part struct{ text, field string }

// NewTemplate makes a Template. The secrets are used as the bytes they are.
func NewTemplate(f Form, secrets []string) (*Template, error) {
	if f.Algorithm == "" {
		f.Algorithm = "sha256"
	}
	if f.Signed == "" {
		f.Signed = "{body}"
	}
	switch f.Encoding {
	case "":
		f.Encoding = "hex"
	case "hex", "base64":
	default:
		return nil, fmt.Errorf("signature: encoding %q is not known; there are hex and base64", f.Encoding)
	}
	if strings.ContainsFunc(f.Prefix, func(c rune) bool { return c <= ' ' || c > '~' || c == ',' }) {
		return nil, fmt.Errorf("signature: prefix %q has a comma, a space or a character that a header may not have", f.Prefix)
	}
	t := &Template{form: f}
	var err error
	if t.parts, err = parseSigned(f.Signed); err != nil {
		return nil, err
	}
	for _, s := range secrets {
		k, err := NewKey(f.Algorithm, []byte(s))
		if err != nil {
			return nil, err
		}
		t.keys = append(t.keys, k)
	}
	if len(t.keys) == 0 {
		return nil, errEmpty
	}
	return t, nil
}

// parseSigned reads "{timestamp}.{body}". There is no escape for a brace: no scheme signs one. Without {body} the body
// could be anything.
func parseSigned(signed string) (parts []part, err error) {
	body := false
	for rest := signed; rest != ""; {
		text, behind, open := strings.Cut(rest, "{")
		if strings.Contains(text, "}") {
			return nil, fmt.Errorf("signature: signed has a } without a {; write a text such as {timestamp}.{body}")
		}
		if text != "" {
			parts = append(parts, part{text: text})
		}
		if !open {
			break
		}
		name, after, closed := strings.Cut(behind, "}")
		known := false
		for _, f := range fields {
			known = known || f == name
		}
		if !closed || !known {
			return nil, fmt.Errorf("signature: signed has %q, which is not known; there are {%s}", "{"+name, strings.Join(fields, "}, {"))
		}
		parts = append(parts, part{field: name})
		body = body || name == "body"
		rest = after
	}
	if !body {
		return nil, fmt.Errorf("signature: signed leaves out {body}, which anybody could then change")
	}
	return parts, nil
}

// Uses says whether the field stands in the signed text: "timestamp", "id", "method", "target".
func (t *Template) Uses(field string) bool {
	for _, p := range t.parts {
		if p.field == field {
			return true
		}
	}
	return false
}

// Sign gives the header's value, with the first secret.
func (t *Template) Sign(m Message) string {
	return string(t.encode([]byte(t.form.Prefix), t.keys[0].sum(nil, t.writer(m))))
}

// SignAll gives the values of headers, one for each secret in their order. Receivers of such schemes compare the whole
// header with what they expect, so no two signatures may stand in one.
func (t *Template) SignAll(m Message) []string {
	out := make([]string, len(t.keys))
	for i, k := range t.keys {
		out[i] = string(t.encode([]byte(t.form.Prefix), k.sum(nil, t.writer(m))))
	}
	return out
}

// Match says whether the header's value, or one of several in it with commas between, is a signature of the message.
func (t *Template) Match(value string, m Message) bool {
	found, seen := false, 0
	for one := range strings.SplitSeq(value, ",") {
		if seen++; seen > maxSignatures {
			break
		}
		encoded, ok := strings.CutPrefix(strings.Trim(one, " "), t.form.Prefix)
		if !ok || encoded == "" {
			continue
		}
		for _, k := range t.keys {
			found = t.equal(encoded, k.sum(nil, t.writer(m))) || found
		}
	}
	return found
}

func (t *Template) equal(encoded string, want []byte) bool {
	if t.form.Encoding == "base64" {
		return equal(base64.StdEncoding.Strict(), encoded, want)
	}
	given, err := hex.DecodeString(encoded) // capitals too: some write them
	return err == nil && hmac.Equal(given, want)
}

func (t *Template) encode(dst, sum []byte) []byte {
	if t.form.Encoding == "base64" {
		return base64.StdEncoding.AppendEncode(dst, sum)
	}
	return hex.AppendEncode(dst, sum)
}

func (t *Template) writer(m Message) func(hash.Hash) {
	return func(h hash.Hash) {
		for _, p := range t.parts {
			switch p.field {
			case "body":
				_, _ = h.Write(m.Body) // a hash does not fail
			case "timestamp":
				_, _ = h.Write([]byte(m.Timestamp))
			case "id":
				_, _ = h.Write([]byte(m.ID))
			case "method":
				_, _ = h.Write([]byte(m.Method))
			case "target":
				_, _ = h.Write([]byte(m.Target))
			default:
				_, _ = h.Write([]byte(p.text))
			}
		}
	}
}
