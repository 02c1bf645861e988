package bench

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestARefusalEndsTheLoad: a rate with refusals in it would say nothing.
func TestARefusalEndsTheLoad(t *testing.T) {
	c := serveReceiver(t)
	l := load{url: c.url + "/", senders: 4, want: http.StatusAccepted, length: time.Minute, serial: new(atomic.Int64)}
	if _, _, err := l.run(t.Context()); err == nil || !strings.Contains(err.Error(), "answered 200") {
		t.Errorf("%v; want what was answered", err)
	}
	l.url = "http://127.0.0.1:1/"
	if _, _, err := l.run(t.Context()); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("nobody listens: %v", err)
	}
}

// TestSendingTimesAreFixedFromTheStart: with a rate, an event says it was sent when it was due, although its sender was
// held up; slow answers must not make the times between sending and arrival look better.
func TestSendingTimesAreFixedFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := load{rate: 200, length: time.Second}
		var next atomic.Int64
		start := time.Now()
		for i := range 10 {
			at, err := l.due(t.Context(), start, &next)
			if err != nil || at.Sub(start) != time.Duration(i)*5*time.Millisecond {
				t.Fatalf("event %d is due %v after the start, %v", i, at.Sub(start), err)
			}
			if now := time.Since(start); now < at.Sub(start) {
				t.Errorf("event %d would be sent at %v, before it is due", i, now)
			}
			if i == 3 {
				time.Sleep(20 * time.Millisecond) // an answer that takes its time
			}
		}
		next.Store(200)
		if at, err := l.due(t.Context(), start, &next); err != nil || at.Sub(start) < l.length || time.Since(start) > 100*time.Millisecond {
			t.Errorf("the last second's end: %v, %v; want no waiting", at.Sub(start), err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := l.due(ctx, start, &next); !errors.Is(err, context.Canceled) {
			t.Errorf("told to stop: %v", err)
		}
	})
}
