package endpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of what an author may write.
const (
	MaxSize  = 48 << 10 // bytes; a record of the registry holds 64 KiB
	maxDepth = 32
)

// Parse reads settings, strictly: one JSON object, no member twice, nothing behind it. Its error says what is wrong, where
// it can with the pointer.
func Parse(text []byte) (Settings, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("an endpoint may be %d bytes of JSON; this is %d", MaxSize, len(text))
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	value, err := decode(dec, "", 0)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New(`an endpoint is an object: write {"url": "https://…"}`)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more behind the JSON object")
	}
	return object, nil
}

var errBroken = errors.New("the body is not JSON, or breaks off")

func decode(dec *json.Decoder, at string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: nested deeper than %d", at, maxDepth)
	}
	token, err := dec.Token()
	if err != nil {
		return nil, errBroken
	}
	switch token {
	case json.Delim('{'):
		return decodeObject(dec, at, depth)
	case json.Delim('['):
		list := []any{}
		for i := 0; dec.More(); i++ {
			value, err := decode(dec, fmt.Sprintf("%s/%d", at, i), depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, closed(dec)
	}
	return token, nil
}

func decodeObject(dec *json.Decoder, at string, depth int) (any, error) {
	object := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return nil, errBroken
		}
		inner := at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		if _, twice := object[key]; twice {
			return nil, fmt.Errorf("%s stands twice; keep one of the two", inner)
		}
		if object[key], err = decode(dec, inner, depth+1); err != nil {
			return nil, err
		}
	}
	return object, closed(dec)
}

func closed(dec *json.Decoder) error {
	if _, err := dec.Token(); err != nil {
		return errBroken
	}
	return nil
}
