package badgerqueue

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/queue"
)

func TestKeysSortByNumber(t *testing.T) {
	for name, keys := range map[string][][]byte{
		"events":     {appendEventKey(nil, 1), appendPartKey(nil, appendEventKey(nil, 1), 1), appendEventKey(nil, 2), appendEventKey(nil, 256)},
		"deliveries": {appendDeliveryKey(nil, 1, 9), appendDeliveryKey(nil, 1, 300), appendDeliveryKey(nil, 2, 1)},
		"timers":     {appendTimerKey(nil, 1, 5, 9), appendTimerKey(nil, 1, 6, 1), appendTimerKey(nil, 1, 1<<40, 0)},
	} {
		for i := 1; i < len(keys); i++ {
			if bytes.Compare(keys[i-1], keys[i]) >= 0 {
				t.Errorf("%s: %s does not come before %s", name, keyString(keys[i-1]), keyString(keys[i]))
			}
		}
	}
	if got := keyString(appendFollowerKey(nil, 3, 7, 9)); got != "k/3/7/9" {
		t.Errorf("a key is shown as %s", got)
	}
	if got := keyString(identityOf("zendesk", "1").appendKey(nil)); !strings.HasSuffix(got, `/"zendesk"`) {
		t.Errorf("an identity is shown as %s", got)
	}
}

func TestDeliveryRecordRoundTrip(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 0, 0, 123, time.UTC)
	want := deliveryRecord{
		event: 7, state: queue.Dead, attempts: 3, created: 1, first: 2, due: 3, ended: 4, route: "r", key: "k", reason: "why",
		memo: []byte("memo"), last: &queue.Attempt{Number: 3, Started: at, Duration: time.Second, Result: "dead", Status: -1,
			Request: "GET /", Response: []byte("no"), Error: "e", Plugin: "p", Size: 9, Sent: []byte{1, 2}},
	}
	key := appendDeliveryKey(nil, 1, 2)
	b := want.encode()
	seal(key, b)
	got, err := decodeDelivery(key, b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(deliveryRecord{})); diff != "" {
		t.Error(diff)
	}
	for i := range b { // every flipped byte is found
		b[i] ^= 1
		if _, err := decodeDelivery(key, b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("byte %d flipped: %v", i, err)
		}
		b[i] ^= 1
	}
	if _, err := decodeDelivery(appendDeliveryKey(nil, 1, 3), b); !errors.Is(err, ErrCorrupt) {
		t.Errorf("under another key: %v", err)
	}
}

// FuzzRecords gives every reader bytes with a good checksum: whatever they hold, it is read or refused, never a panic.
func FuzzRecords(f *testing.F) {
	r := deliveryRecord{state: queue.Pending, route: "r", last: &queue.Attempt{Number: 1}}
	event := encodeEvent(&queue.Event{ID: "1", Source: "s", Body: []byte("{}")}, []owedItem{{line: &line{id: 1}, record: r}})
	for _, b := range [][]byte{r.encode(), event, encodeSegment(5), encodeAttempt(r.last), lineMeta{floor: 1}.encode(), queueMeta{}.encode(),
		identityRecord{seq: 1}.encode(), encodeRejected(&queue.Rejected{ID: "1"})[0], newRecord(0), nil} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		key := appendEventKey(nil, 1)
		if len(b) > crcSize {
			b[crcSize] = recordVersion
			seal(key, b)
		}
		check := func(err error) {
			if err != nil && !errors.Is(err, ErrCorrupt) {
				t.Errorf("error %v", err)
			}
		}
		d, err := decodeDelivery(key, b)
		check(err)
		if err == nil {
			again := d.encode()
			seal(key, again)
			if back, err := decodeDelivery(key, again); err != nil || !cmp.Equal(d, back, cmp.AllowUnexported(deliveryRecord{})) {
				t.Errorf("%+v came back as %+v, %v", d, back, err)
			}
		}
		_, err = decodeAttempt(key, b)
		check(err)
		_, err = decodeLineMeta(key, b)
		check(err)
		_, err = decodeQueueMeta(key, b)
		check(err)
		_, err = decodeIdentity(key, b)
		check(err)
		_, err = decodeEvent(key, b)
		check(err)
		_, err = decodeSegment(key, b)
		check(err)
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(cursor{seq: 5, skip: 2}.String())
	f.Add("nonsense")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseCursor(&queue.Filter{Cursor: s})
		if err != nil || s == "" {
			return
		}
		if back, err := parseCursor(&queue.Filter{Cursor: c.String()}); err != nil || back != c {
			t.Errorf("%q is %+v and comes back as %+v, %v", s, c, back, err)
		}
	})
}
