package deliver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// pairs is a JSON object of names and plain values, in the order they are written. A value may be a string, a number, a
// boolean, or a list of those for a name that stands several times; null leaves the name out.
type pairs []pair

type pair struct{ name, value string }

// UnmarshalJSON reads the object.
func (p *pairs) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("must be an object of names and values")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if err := p.value(d, name.(string), true); err != nil {
			return err
		}
	}
	return nil
}

func (p *pairs) value(d *json.Decoder, name string, lists bool) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch v := t.(type) {
	case nil:
	case string:
		*p = append(*p, pair{name, v})
	case json.Number, bool:
		*p = append(*p, pair{name, fmt.Sprint(v)})
	default:
		if v != json.Delim('[') || !lists {
			return fmt.Errorf("%q must be a string, a number, a boolean, or a list of those", name)
		}
		for d.More() {
			if err := p.value(d, name, false); err != nil {
				return err
			}
		}
		_, err = d.Token() // the closing bracket
	}
	return err
}

// encode writes the pairs as a form or query string.
func (p pairs) encode() string {
	var b strings.Builder
	for i, f := range p {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(f.name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(f.value))
	}
	return b.String()
}
