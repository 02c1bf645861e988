package bench

import (
	"encoding/json"
	"testing"
	"time"
)

// TestBodyIsOfOneSize: every event is 1 KiB of JSON, however long its numbers are, and says its number and its time.
func TestBodyIsOfOneSize(t *testing.T) {
	sent := time.UnixMicro(1741075201204117)
	for _, number := range []int64{1, 4999, 5000, 123456789012} {
		body := appendBody(nil, number, sent)
		if len(body) != bodySize || !json.Valid(body) {
			t.Errorf("event %d: %d bytes\n%s", number, len(body), body)
		}
		if n, ok := numberAfter(body, idMark); !ok || n != number {
			t.Errorf("event %d says it is %d, %v", number, n, ok)
		}
		if at, ok := numberAfter(body, sentMark); !ok || at != sent.UnixMicro() {
			t.Errorf("event %d says it was sent at %d, %v", number, at, ok)
		}
	}
}

func TestNumberAfter(t *testing.T) {
	for _, c := range []struct {
		body string
		n    int64
		ok   bool
	}{
		{`{"id": "bench-17", "x": 4}`, 17, true}, {`bench-0`, 0, true}, {`bench-`, 0, false}, {`bench-x1`, 0, false}, {`{"id": "17"}`, 0, false}, {``, 0, false},
		{`bench-999999999999999999`, 999999999999999999, true}, {`bench-9999999999999999999999`, 999999999999999999, true}, // no overflow
	} {
		if n, ok := numberAfter([]byte(c.body), idMark); n != c.n || ok != c.ok {
			t.Errorf("%s: %d, %v; want %d, %v", c.body, n, ok, c.n, c.ok)
		}
	}
}
