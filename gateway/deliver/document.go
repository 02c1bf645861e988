package deliver

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// document is a request as a plugin writes it; what is missing comes from the destination's configuration. What it holds
// shares the memory of the plugin's output.
type document struct {
	method, url    string
	headers, query pairs
	json           []byte // nil: none; so with the three below
	body           *string
	form           *pairs
	base64         *string

	raw []byte // as it was written, to be shown to judge
}

// read reads a document. A member that is null is as if it were not there; names that it does not know are left to later
// versions.
func (d *document) read(v jsondoc.Value) (err error) {
	if !v.Exists() || v.Kind() == jsondoc.Null {
		return errors.New("there is no request in it")
	}
	if v.Kind() != jsondoc.Object {
		return errors.New("the request must be an object")
	}
	d.raw = v.Raw()
	for name, m := range v.Each {
		if name == "json" {
			d.json = m.Raw() // null, too, is something that can be sent
			continue
		}
		if m.Kind() == jsondoc.Null {
			continue
		}
		if err = d.member(name, m); err != nil {
			return fmt.Errorf("%s %w", name, err)
		}
	}
	return nil
}

func (d *document) member(name string, m jsondoc.Value) (err error) {
	switch name {
	case "method":
		d.method, err = text(m)
	case "url":
		d.url, err = text(m)
	case "headers":
		d.headers, err = readPairs(m)
	case "query":
		d.query, err = readPairs(m)
	case "form":
		var form pairs
		form, err = readPairs(m)
		d.form = &form
	case "body":
		var body string
		body, err = text(m)
		d.body = &body
	case "body_base64":
		var body string
		body, err = text(m)
		d.base64 = &body
	}
	return err
}

func text(m jsondoc.Value) (string, error) {
	if m.Kind() != jsondoc.String {
		return "", errors.New("must be a string")
	}
	return m.Str(), nil
}

// pairs is a JSON object of names and plain values, in the order they are written. A value may be a string, a number, a
// boolean, or a list of those for a name that stands several times; null leaves the name out.
type pairs []pair

type pair struct{ name, value string }

func readPairs(v jsondoc.Value) (p pairs, err error) {
	if v.Kind() != jsondoc.Object {
		return nil, errors.New("must be an object of names and values")
	}
	for name, m := range v.Each {
		if m.Kind() != jsondoc.Array {
			if p, err = p.add(name, m); err != nil {
				return nil, err
			}
			continue
		}
		for _, one := range m.Each {
			if p, err = p.add(name, one); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

func (p pairs) add(name string, m jsondoc.Value) (pairs, error) {
	switch m.Kind() {
	case jsondoc.Null:
		return p, nil
	case jsondoc.String, jsondoc.Number, jsondoc.Bool:
		return append(p, pair{name, m.Str()}), nil
	}
	return nil, fmt.Errorf("has %q, which must be a string, a number, a boolean, or a list of those", name)
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
