package gatewaytest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Load posts events over several connections until it is ended or the gateway is gone.
type Load struct {
	Accepted atomic.Int64  // answers 202
	Refused  atomic.Int64  // answers 503
	Advised  atomic.Int64  // of those with Retry-After
	First    chan struct{} // closed with the first 503

	url     string
	size    int
	into    *Accepted
	stop    context.CancelFunc
	senders sync.WaitGroup
	once    sync.Once
}

// StartLoad posts events with size bytes of padding to a URL; what is accepted goes into a list.
func StartLoad(t testing.TB, url string, connections, size int, into *Accepted) *Load {
	ctx, stop := context.WithCancel(t.Context())
	l := &Load{url: url, size: size, into: into, stop: stop, First: make(chan struct{})}
	for range connections {
		l.senders.Go(func() { l.send(ctx) })
	}
	t.Cleanup(l.End)
	return l
}

// End stops the senders and waits for them.
func (l *Load) End() {
	l.stop()
	l.senders.Wait()
}

func (l *Load) send(ctx context.Context) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	for failures := 0; ctx.Err() == nil && failures < 20; {
		a, err := Post(ctx, client, l.url, l.size)
		if err != nil {
			failures++
			continue
		}
		failures = 0
		switch a.Status {
		case http.StatusAccepted:
			l.into.Add(a.Events...)
			l.Accepted.Add(1)
		case http.StatusServiceUnavailable:
			l.Refused.Add(1)
			if a.Advised {
				l.Advised.Add(1)
			}
			l.once.Do(func() { close(l.First) })
		}
	}
}

// Answer is what a gateway says to an event.
type Answer struct {
	Events  []string // ids
	Status  int      `json:"-"`
	Advised bool     `json:"-"` // when to come back
}

// Post sends one event with size bytes of padding that does not get shorter by being packed.
func Post(ctx context.Context, client *http.Client, url string, size int) (a Answer, err error) {
	pad := make([]byte, size/2)
	for i := range pad {
		pad[i] = byte(rand.Uint32()) //nolint:gosec // any eight bits
	}
	body := fmt.Sprintf(`{"n":%d,"pad":"%x"}`, rand.Uint64(), pad)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return a, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read to its end
	text, err := io.ReadAll(resp.Body)
	if json.Unmarshal(text, &a) != nil {
		a.Events = nil // a refusal has none
	}
	a.Status, a.Advised = resp.StatusCode, resp.Header.Get("Retry-After") != ""
	return a, err
}
