package endpoint

import (
	"sync"
	"time"
)

// Health follows what comes of attempts, to tell how long an endpoint has done nothing but fail. It is safe for concurrent
// use, and costs an attempt a lock.
type Health struct {
	Now func() time.Time // with a monotonic reading; nil: time.Now

	mu      sync.Mutex
	failing map[string]*spell
	changed map[string]bool // since the last Take
}

// spell is one endpoint's failing.
type spell struct {
	Failing
	counted time.Time // until when For is; monotonic
}

// Load takes in what is known from before.
func (h *Health) Load(records []Stored) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failing, h.changed = map[string]*spell{}, map[string]bool{}
	for i := range records {
		if f := records[i].Failing; f != nil {
			h.failing[records[i].ID] = &spell{*f, h.now()}
		}
	}
}

// Good notes that something was delivered.
func (h *Health) Good(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failing[id] != nil {
		delete(h.failing, id)
		h.changed[id] = true
	}
}

// Bad notes that the receiver failed, and gives for how long it has done nothing else.
func (h *Health) Bad(id, reason string) Failing {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	s := h.failing[id]
	if s == nil {
		s = &spell{Failing{Since: now.UTC().Truncate(time.Second)}, now}
		h.failing[id] = s
		h.changed[id] = true
	}
	s.count(now)
	s.Reason = reason
	return s.Failing
}

func (s *spell) count(now time.Time) {
	s.For += max(now.Sub(s.counted), 0)
	s.counted = now
}

// Of is how long an endpoint has been failing; nil when it is not.
func (h *Health) Of(id string) *Failing {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.failing[id]
	if s == nil {
		return nil
	}
	s.count(h.now())
	f := s.Failing
	return &f
}

// Forget drops what is known of an endpoint.
func (h *Health) Forget(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.failing, id)
	delete(h.changed, id)
}

// Take gives the endpoints of which something is to be written down: all that fail, if asked for all, else those that began
// or ended to since the last time. nil says that one does not fail.
func (h *Health) Take(all bool) map[string]*Failing {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, out := h.now(), map[string]*Failing{}
	for id, s := range h.failing {
		if all || h.changed[id] {
			s.count(now)
			f := s.Failing
			out[id] = &f
		}
	}
	for id := range h.changed {
		if out[id] == nil {
			out[id] = nil
		}
	}
	clear(h.changed)
	return out
}

func (h *Health) now() time.Time {
	if h.Now != nil {
		return h.Now()
	}
	return time.Now()
}
