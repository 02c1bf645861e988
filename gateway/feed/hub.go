package feed

import "sync"

// Hub hands each published note to every listener. Publish never blocks and costs next to nothing while nobody
// listens. It is safe for concurrent use; its zero value is ready.
type Hub struct {
	mu        sync.RWMutex
	listeners map[*Listener]struct{}
}

// Listener receives the notes published after Listen returned.
type Listener struct {
	// C delivers the notes in order. It is closed by Close.
	C chan Note

	hub    *Hub
	mu     sync.Mutex
	missed int
}

// Listen starts a listener that buffers up to n notes.
func (h *Hub) Listen(n int) *Listener {
	l := &Listener{C: make(chan Note, n), hub: h}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listeners == nil {
		h.listeners = make(map[*Listener]struct{})
	}
	h.listeners[l] = struct{}{}
	return l
}

// Busy says whether anyone listens, so that a publisher can spare itself the making of a note.
func (h *Hub) Busy() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.listeners) > 0
}

// Publish hands the note on. A listener whose buffer is full misses it.
func (h *Hub) Publish(n Note) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for l := range h.listeners {
		select {
		case l.C <- n:
		default:
			l.mu.Lock()
			l.missed++
			l.mu.Unlock()
		}
	}
}

// Missed gives the number of notes that this listener missed since it was last asked.
func (l *Listener) Missed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.missed
	l.missed = 0
	return n
}

// Close ends the listener. It may be called once.
func (l *Listener) Close() {
	l.hub.mu.Lock() // no Publish runs now, so closing the channel is safe
	defer l.hub.mu.Unlock()
	delete(l.hub.listeners, l)
	close(l.C)
}
