package deliver

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/plugboard/plugboard/gateway/event"
)

// What every attempt does beside its exchange: a fingerprint of the request, and a look for a trace.
func BenchmarkBeside(b *testing.B) {
	body := bytes.Repeat([]byte(`{"a":"b"},`), 100)
	raw := event.Raw{Method: "POST", Path: "/hooks/x", Body: body}
	for i := range 10 {
		raw.Headers = append(raw.Headers, event.Header{Name: fmt.Sprintf("x-header-%d", i), Value: "some value of usual length"})
	}
	stored := raw.Encode()
	b.Run("fingerprint", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Fingerprint("POST", "https://crm.example.com/notes", body)
		}
	})
	b.Run("trace", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			traceOf(stored, body)
		}
	})
}
