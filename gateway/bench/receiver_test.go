package bench

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestReceiverCountsEachEventOnce(t *testing.T) {
	var r receiver
	sent := time.UnixMicro(1741075201000000)
	arrive := func(number int64, late time.Duration) { r.arrive(appendBody(nil, number, sent), sent.Add(late)) }
	r.reset(100)
	for n := range int64(200) {
		arrive(100+n, time.Duration(n+1)*time.Millisecond)
	}
	arrive(100, time.Second) // a repeat: neither the count nor the times change
	arrive(299, time.Second)
	arrive(99, time.Second) // left over from the measurement before
	r.arrive([]byte(`{"some": "thing"}`), sent)
	want := arrivals{Arrived: 200, Repeats: 2, Strange: 2, Last: sent.UnixMicro() + 200_000, P50: 100_000, P99: 198_000}
	if got := r.timed(); got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	r.reset(300)
	arrive(100, time.Millisecond)
	arrive(300, time.Millisecond)
	if got := r.timed(); got.Arrived != 1 || got.Strange != 1 || got.P50 != 1000 || got.P99 != 1000 {
		t.Errorf("after a reset: %+v", got)
	}
}

func TestPercentile(t *testing.T) {
	for _, c := range []struct {
		of      []int64
		p, want int64
	}{
		{[]int64{7}, 50, 7}, {[]int64{7}, 99, 7}, {[]int64{1, 2}, 50, 1}, {[]int64{1, 2}, 99, 2}, {[]int64{1, 2, 3, 4}, 50, 2}, {[]int64{1, 2, 3}, 0, 1},
	} {
		if got := percentile(c.of, int(c.p)); got != c.want {
			t.Errorf("p%d of %v is %d, want %d", c.p, c.of, got, c.want)
		}
	}
}

// serveReceiver runs a receiver in this process until the test ends.
func serveReceiver(t *testing.T) receiverClient {
	t.Helper()
	out, in := io.Pipe()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- ServeReceiver(ctx, in) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	line := make([]byte, 64)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	return receiverClient{url: "http://" + strings.TrimSpace(string(line[:n])), idle: 200 * time.Millisecond}
}

// TestAwaitFindsWhatWasLost is the control of the end to end figures: events that do not arrive, and more than were
// accepted, are an error and not a figure.
func TestAwaitFindsWhatWasLost(t *testing.T) {
	c := serveReceiver(t)
	if err := c.reset(1); err != nil {
		t.Fatal(err)
	}
	l := load{url: c.url + "/", senders: 4, want: http.StatusOK, length: 50 * time.Millisecond, serial: new(atomic.Int64)}
	n, _, err := l.run(t.Context())
	if err != nil || n == 0 {
		t.Fatalf("%d sent, %v", n, err)
	}
	if got, err := c.await(t.Context(), n); err != nil || got.Arrived != n || got.P50 <= 0 || got.P99 < got.P50 {
		t.Errorf("%+v, %v; want %d arrived", got, err, n)
	}
	if _, err := c.await(t.Context(), n+1); err == nil || !strings.Contains(err.Error(), "accepted events arrived") {
		t.Errorf("one was lost: %v", err)
	}
	if _, err := c.await(t.Context(), n-1); err == nil || !strings.Contains(err.Error(), "were accepted") {
		t.Errorf("one too many: %v", err)
	}
}
