package faults_test

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

// load posts events from several connections until it is stopped or the gateway is gone.
type load struct {
	site     *site
	url      string
	size     int // bytes of an event's padding
	stop     context.CancelFunc
	senders  sync.WaitGroup
	accepted atomic.Int64
	refused  atomic.Int64  // 503
	advised  atomic.Int64  // of those with Retry-After
	first    chan struct{} // closed with the first 503
	once     sync.Once
}

func (s *site) load(t *testing.T, url string, connections, size int) *load {
	ctx, stop := context.WithCancel(t.Context())
	l := &load{site: s, url: url, size: size, stop: stop, first: make(chan struct{})}
	for range connections {
		l.senders.Go(func() { l.send(ctx) })
	}
	t.Cleanup(l.end)
	return l
}

// end stops the senders and waits for them.
func (l *load) end() {
	l.stop()
	l.senders.Wait()
}

func (l *load) send(ctx context.Context) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	for failures := 0; ctx.Err() == nil && failures < 20; {
		a, err := post(ctx, client, l.url, l.size)
		if err != nil {
			failures++
			continue
		}
		failures = 0
		switch a.status {
		case http.StatusAccepted:
			l.accepted.Add(1)
			l.site.mu.Lock()
			l.site.accepted = append(l.site.accepted, a.Events...)
			l.site.mu.Unlock()
		case http.StatusServiceUnavailable:
			l.refused.Add(1)
			if a.advised {
				l.advised.Add(1)
			}
			l.once.Do(func() { close(l.first) })
		}
	}
}

// answer is what the gateway says to an event.
type answer struct {
	Events  []string // ids
	status  int
	advised bool // when to come back
}

// post sends one event.
func post(ctx context.Context, client *http.Client, url string, size int) (a answer, err error) {
	body := fmt.Sprintf(`{"n":%d,"pad":"%0*d"}`, rand.Uint64(), size, 0)
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
	_ = json.Unmarshal(text, &a) // a refusal has no events
	a.status, a.advised = resp.StatusCode, resp.Header.Get("Retry-After") != ""
	return a, err
}

// until waits for a condition, asked every few milliseconds.
func until(d time.Duration, met func() bool) bool {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if met() {
			return true
		}
	}
	return met()
}
