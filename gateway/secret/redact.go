package secret

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// shortest is the length in bytes below which a value is not looked for in text: three letters stand everywhere, and
// replacing them would only spoil what people read. Placeholders are replaced whatever the length.
const shortest = 4

// Redact puts {{secret.NAME}} (or "[redacted]" for a value without a name) in place of placeholders and of the values
// themselves: as they are, and as URL, JSON, Go, XML, hex and base64 write them, in base64 also as part of a longer
// text as in basic authorisation. For everything that is stored, logged or shown.
func (v *Vault) Redact(s string) string {
	c := v.load()
	if c == nil {
		return s
	}
	return c.redact.apply(v.Display(s))
}

// RedactBytes is Redact for bytes; b itself comes back when there is nothing to replace.
func (v *Vault) RedactBytes(b []byte) []byte {
	c := v.load()
	if c == nil || !bytes.Contains(b, []byte(c.mark)) && !c.redact.findsBytes(b) {
		return b
	}
	return []byte(v.Redact(string(b)))
}

// redactor finds the forms of values. One pass, the longest form first, so that what it writes is not searched again
// and a value that is part of another does not break it.
type redactor struct {
	forms    []string
	bytes    [][]byte
	replacer *strings.Replacer
}

func newRedactor(grants []grant) redactor {
	var r redactor
	named := map[string]string{}
	for _, g := range grants {
		for _, form := range forms(g.value.Reveal()) {
			if _, taken := named[form]; !taken {
				named[form] = display(g.name)
				r.forms = append(r.forms, form)
			}
		}
	}
	slices.SortFunc(r.forms, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	pairs := make([]string, 0, 2*len(r.forms))
	for _, form := range r.forms {
		pairs = append(pairs, form, named[form])
		r.bytes = append(r.bytes, []byte(form))
	}
	r.replacer = strings.NewReplacer(pairs...)
	return r
}

func (r redactor) apply(s string) string {
	if !slices.ContainsFunc(r.forms, func(form string) bool { return strings.Contains(s, form) }) {
		return s
	}
	return r.replacer.Replace(s)
}

func (r redactor) findsBytes(b []byte) bool {
	return slices.ContainsFunc(r.bytes, func(form []byte) bool { return bytes.Contains(b, form) })
}

// forms lists how a value may be written; the value itself comes first.
func forms(value string) []string {
	if len(value) < shortest {
		return nil
	}
	list := []string{value, hex.EncodeToString([]byte(value)), strings.ToUpper(hex.EncodeToString([]byte(value)))}
	for _, escaped := range []string{url.QueryEscape(value), url.PathEscape(value)} {
		list = append(list, escaped, strings.ReplaceAll(escaped, "+", "%20"), lowerEscapes(escaped))
	}
	list = append(list, InURL(value))
	list = append(list, jsonForms(value)...)
	var text bytes.Buffer
	_ = xml.EscapeText(&text, []byte(value)) // a buffer takes everything
	list = append(list, text.String())
	return append(list, base64Forms(value)...)
}

// InURL escapes a value for a URL, wherever in its path or query it comes to stand. Slashes and colons mean themselves in
// both, and stay: what is secret in a vendor's link may be several segments (Slack's T…/B…/…), and not every server takes
// %2F for a slash.
func InURL(value string) string { return inURL.Replace(url.QueryEscape(value)) }

var inURL = strings.NewReplacer("+", "%20", "%2F", "/", "%3A", ":")

// jsonForms are the insides of the value's JSON strings, with and without HTML's characters escaped, and of Go's.
func jsonForms(value string) []string {
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // a string always encodes
	escaped, _ := json.Marshal(value)
	list := []string{strconv.Quote(value), strings.TrimSuffix(plain.String(), "\n"), string(escaped)}
	for i, quoted := range list {
		list[i] = quoted[1 : len(quoted)-1]
	}
	return append(list, strings.ReplaceAll(list[1], "/", `\/`))
}

// base64Forms are the value's base64 in both alphabets: whole, and the characters that stand for it and nothing else
// when it begins at the first, second or third byte of a group of three.
func base64Forms(value string) []string {
	var list []string
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		list = append(list, encoding.EncodeToString([]byte(value)), encoding.WithPadding(base64.NoPadding).EncodeToString([]byte(value)))
		for offset := range 3 {
			padded := append(make([]byte, offset), value...)
			text := encoding.WithPadding(base64.NoPadding).EncodeToString(padded)
			inner := text[(offset*8+5)/6:]
			if len(padded)%3 != 0 {
				inner = inner[:len(inner)-1]
			}
			if len(inner) > shortest {
				list = append(list, inner)
			}
		}
	}
	return list
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], bytes.ToLower(b[i+1:i+3]))
		}
	}
	return string(b)
}
