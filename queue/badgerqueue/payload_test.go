package badgerqueue

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/plugboard/plugboard/queue"
)

// sample is an event of about n bytes that says everything twice.
func sample(n int) *queue.Event {
	var text []byte
	for i := 0; len(text) < n/2; i++ {
		text = fmt.Appendf(text, `"field%d":"value %d",`, i, i*7919%1000)
	}
	return &queue.Event{ID: "1", Source: "s", Body: append([]byte("{canonical "), text...), Raw: append([]byte("POST / "), text...)}
}

// noise does not get shorter by being packed.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func readBack(t *testing.T, b []byte) (queue.Event, fields) {
	t.Helper()
	var got queue.Event
	f := fields{rest: b}
	f.payload(&got)
	return got, f
}

func TestPayloadComesBack(t *testing.T) {
	for _, ev := range []*queue.Event{{}, {Body: []byte("{}")}, {Raw: []byte("POST")}, sample(200), sample(300), sample(2000), sample(100_000)} {
		s := new(scratch)
		b := s.payload(ev)
		got, f := readBack(t, b)
		if f.bad || len(f.rest) > 0 || !bytes.Equal(got.Body, ev.Body) || !bytes.Equal(got.Raw, ev.Raw) {
			t.Errorf("%d bytes came back as %d and %d", room(ev), len(got.Body), len(got.Raw))
		}
		if room(ev) > 1000 && (b[0] != packed || len(b) > room(ev)*2/3) {
			t.Errorf("%d bytes that say everything twice take %d", room(ev), len(b))
		}
	}
}

// A scratch that has been used must give what an unused one gives.
func TestScratchForgets(t *testing.T) {
	s := new(scratch)
	s.payload(sample(5000))
	for _, n := range []int{0, 100, 3000} {
		if got, want := s.payload(sample(n)), new(scratch).payload(sample(n)); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: packed otherwise by a used scratch", n)
		}
	}
}

func TestWhatCannotBePackedIsStoredAsItIs(t *testing.T) {
	ev := &queue.Event{Body: noise(5000)}
	if b := new(scratch).payload(ev); b[0] != plain || len(b) > 5008 {
		t.Errorf("5000 random bytes take %d", len(b))
	}
}

func TestPayloadIsNotABomb(t *testing.T) {
	huge := []byte{packed, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0} // says that it unpacks to 4 GiB
	if _, f := readBack(t, huge); !f.bad || !errors.Is(f.done([]byte{'e'}), ErrCorrupt) {
		t.Error("read a payload that unpacks to more than an event can have")
	}
}

func BenchmarkPayload(b *testing.B) {
	ev, s := sample(2600), new(scratch)
	b.Run("pack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.payload(ev)
		}
		b.ReportMetric(float64(len(s.payload(ev)))/float64(room(ev)), "size-ratio")
	})
	stored := bytes.Clone(s.payload(ev))
	b.Run("unpack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var got queue.Event
			f := fields{rest: stored}
			f.payload(&got)
		}
	})
}
