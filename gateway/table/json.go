package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// parseJSON reads one object, whose members' names are looked up, or a list of objects, of which Options.Key names the
// member that is. An answer that is a text stands for itself, anything else for its JSON; null is as if it were not there.
func parseJSON(o Options, text []byte) (rows, error) {
	if err := valid(text); err != nil {
		return nil, err
	}
	p := &jsonParser{o: o, text: text, d: json.NewDecoder(bytes.NewReader(text)), out: rows{}}
	begin, err := p.d.Token()
	switch {
	case err != nil:
	case begin == json.Delim('{') && o.Key != "":
		return nil, p.fault("it is one object, whose members' names are the keys", "leave out key")
	case begin == json.Delim('{'):
		err = p.members()
	case begin == json.Delim('[') && o.Key == "":
		return nil, p.fault("it is a list, and nothing says which member is the key", `write key = "NAME"`)
	case begin == json.Delim('['):
		err = p.items()
	default:
		return nil, p.fault("it is neither an object nor a list of objects", `write { "key": "value", … }`)
	}
	return p.out, err
}

// valid says where a text stops being JSON. The decoder would not tell: its offsets begin anew with each value.
func valid(text []byte) error {
	var whole json.RawMessage
	err := json.Unmarshal(text, &whole)
	var syntax *json.SyntaxError
	switch {
	case !errors.As(err, &syntax):
		return err
	case int(syntax.Offset) >= len(text) && strings.Contains(syntax.Error(), "unexpected end"):
		return textError(text, len(text), "it ends too early", "complete it")
	}
	return textError(text, max(0, int(syntax.Offset)-1), syntax.Error(), "correct it")
}

type jsonParser struct {
	o    Options
	text []byte
	d    *json.Decoder
	out  rows
}

// members reads what is in the object.
func (p *jsonParser) members() error {
	for p.d.More() {
		name, err := p.d.Token()
		if err != nil {
			return err
		}
		key, _ := name.(string)
		at := int(p.d.InputOffset())
		var value json.RawMessage
		if err := p.d.Decode(&value); err != nil {
			return err
		}
		if err := p.add(at, key, value); err != nil {
			return err
		}
	}
	_, err := p.d.Token()
	return err
}

// items reads what is in the list.
func (p *jsonParser) items() error {
	for p.d.More() {
		var value json.RawMessage
		if err := p.d.Decode(&value); err != nil {
			return err
		}
		at := int(p.d.InputOffset()) - len(value)
		var item map[string]json.RawMessage
		if json.Unmarshal(value, &item) != nil || item == nil {
			return textError(p.text, at, "an item of the list is no object", `write { "key": "value", … }`)
		}
		key, ok := plain(item[p.o.Key])
		if !ok {
			return textError(p.text, at, fmt.Sprintf("an item has no %q", short(p.o.Key)), "give it one, a text or a number")
		}
		if err := p.add(at, string(key), value); err != nil {
			return err
		}
	}
	_, err := p.d.Token()
	return err
}

func (p *jsonParser) add(at int, key string, value json.RawMessage) error {
	if _, taken := p.out[key]; taken {
		return textError(p.text, at, fmt.Sprintf("%q stands there twice", short(key)), "keep one of the two")
	}
	if p.o.Value != "" {
		var row map[string]json.RawMessage
		if json.Unmarshal(value, &row) != nil {
			return textError(p.text, at, fmt.Sprintf("%q is no object, so that it has no %q", short(key), short(p.o.Value)), "leave out value")
		}
		value = row[p.o.Value]
	}
	if answer, ok := plain(value); ok {
		p.out[key] = answer
	}
	return nil
}

// plain is an answer as a plugin gets it: a text without its quotes, everything else as compact JSON. false for null.
func plain(value json.RawMessage) ([]byte, bool) {
	if len(value) == 0 || string(value) == "null" {
		return nil, false
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return []byte(text), true
	}
	var out bytes.Buffer
	if json.Compact(&out, value) != nil {
		return nil, false
	}
	return out.Bytes(), true
}

func (p *jsonParser) fault(what, do string) error {
	return textError(p.text, int(p.d.InputOffset())-1, what, do)
}
