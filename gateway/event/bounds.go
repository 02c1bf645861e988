package event

import (
	"bytes"
	"fmt"
)

// maxValues is how many values, lists and objects a body may hold. Each takes 40 bytes once the body is read, so that a
// mebibyte of "0,0,0" would come to more than twenty. Canonical events have a hundred or so.
const maxValues = 100_000

// bounded refuses a body that is small as text and large as values.
func bounded(body []byte) error {
	if len(body) <= 2*maxValues { // a value takes two characters at least
		return nil
	}
	// What stands in texts counts here, too; most bodies are let go by this all the same, and it is quick.
	if bytes.Count(body, []byte{','})+bytes.Count(body, []byte{'['})+bytes.Count(body, []byte{'{'}) < maxValues || values(body) <= maxValues {
		return nil
	}
	return fmt.Errorf("the body holds more than %d values", maxValues)
}

// values counts what begins a value: every container, and whatever stands behind a comma. Whether it is JSON does not
// matter here.
func values(body []byte) (n int) {
	inText := false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			inText = !inText
		case inText && c == '\\':
			i++
		case !inText && (c == ',' || c == '[' || c == '{'):
			n++
		}
	}
	return n + 1
}
