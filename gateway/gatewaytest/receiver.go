package gatewaytest

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Receiver is a destination that takes everything and knows an event that it has had before, by its webhook-id. It is
// safe for concurrent use.
type Receiver struct {
	URL string

	mu      sync.Mutex
	seen    map[string]bool
	repeats int
}

// NewReceiver runs a Receiver until the test ends.
func NewReceiver(t testing.TB) *Receiver {
	r := &Receiver{seen: map[string]bool{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

func (r *Receiver) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	id := req.Header.Get("webhook-id")
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[id] {
		r.repeats++
	}
	r.seen[id] = true
}

// Len says how many events came.
func (r *Receiver) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen)
}

// TakeRepeats says how often an event came again since it was asked last.
func (r *Receiver) TakeRepeats() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.repeats
	r.repeats = 0
	return n
}

// Missing gives those of some events that never came.
func (r *Receiver) Missing(ids []string) (missing []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		if !r.seen[id] {
			missing = append(missing, id)
		}
	}
	return missing
}
