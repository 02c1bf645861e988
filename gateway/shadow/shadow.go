// Package shadow runs a candidate beside the plugin that is in force: on what really comes, with the very input that the
// other was called with, and without consequences. What the candidate writes is compared, counted and kept for people to
// look at; it is never sent, and what it wants remembered is forgotten.
//
// The candidate must not slow a delivery down: a call is offered once the one in force has answered, to one goroutine, and
// passed over when that has fallen behind.
package shadow

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/wasm"
)

const (
	waiting = 64 // calls that may wait for the candidate
	kept    = 50 // differences that a Tally keeps, the latest
)

// Call is a call of the plugin in force, and what came of it.
type Call struct {
	Event    string // its ID
	Delivery string // its ID
	Function wasm.Function
	Input    wasm.Input // as it was; nobody changes it any more
	Outcome  Outcome
}

// Seen is a difference that came up.
type Seen struct {
	At       time.Time `json:"at"`
	Event    string    `json:"event"`
	Delivery string    `json:"delivery"`
	Function string    `json:"function"`
	Result   Result    `json:"result"`
	Difference
}

// Tally is what comparisons came to. It is safe for concurrent use.
type Tally struct {
	Since time.Time

	counters map[Result]prometheus.Counter

	mu     sync.Mutex
	counts map[Result]int
	seen   []Seen
}

// NewTally makes an empty Tally; set may be nil.
func NewTally(set *metrics.Set, route, destination string) *Tally {
	t := &Tally{Since: time.Now(), counters: map[Result]prometheus.Counter{}, counts: map[Result]int{}}
	if set != nil {
		for _, r := range Results {
			t.counters[r] = set.ShadowCalls.WithLabelValues(route, destination, string(r))
		}
	}
	return t
}

// Counts gives how often each result came up, and the latest differences, the latest first.
func (t *Tally) Counts() (counts map[Result]int, seen []Seen) {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts = map[Result]int{}
	for _, r := range Results {
		counts[r] = t.counts[r]
	}
	seen = slices.Clone(t.seen)
	slices.Reverse(seen)
	return counts, seen
}

func (t *Tally) add(r Result, seen *Seen) {
	if c := t.counters[r]; c != nil {
		c.Inc()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[r]++
	if seen == nil {
		return
	}
	if len(t.seen) == kept {
		t.seen = append(t.seen[:0], t.seen[1:]...)
	}
	t.seen = append(t.seen, *seen)
}

// Shadow runs a candidate. Offer and Compare are safe for concurrent use.
type Shadow struct {
	candidate wasm.Plugin
	tally     *Tally
	redact    func(string) string // makes text fit for people
	calls     chan Call
	stop      context.CancelFunc
	done      chan struct{}
}

// New starts a Shadow, which owns the candidate from then on. redact strikes out placeholders and secrets of both sides.
func New(candidate wasm.Plugin, tally *Tally, redact func(string) string) *Shadow {
	s := &Shadow{candidate: candidate, tally: tally, redact: redact, calls: make(chan Call, waiting), done: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go s.run(ctx)
	return s
}

// Candidate is the plugin that runs beside.
func (s *Shadow) Candidate() wasm.Plugin { return s.candidate }

// Tally is where its comparisons are counted.
func (s *Shadow) Tally() *Tally { return s.tally }

// Offer hands a call over to be compared, or passes it over. It does not wait. A function that the candidate does not have
// is as if it had written nothing.
func (s *Shadow) Offer(c Call) {
	select {
	case s.calls <- c:
	default:
		s.tally.add(Skipped, nil)
	}
}

func (s *Shadow) run(ctx context.Context) {
	defer close(s.done)
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-s.calls:
			r, d := s.Compare(ctx, c)
			switch {
			case ctx.Err() != nil:
				return
			case r == Same:
				s.tally.add(r, nil)
			default:
				s.tally.add(r, &Seen{time.Now(), c.Event, c.Delivery, c.Function.String(), r, d})
			}
		}
	}
}

// Compare runs the candidate now, and counts nothing.
func (s *Shadow) Compare(ctx context.Context, c Call) (Result, Difference) {
	var o Outcome
	if s.candidate.Functions().Has(c.Function) {
		out, err := s.candidate.Call(ctx, c.Function, c.Input)
		o = Outcome{Output: []byte(s.redact(string(out.Body))), Err: err}
	}
	force := c.Outcome
	force.Output = []byte(s.redact(string(force.Output)))
	r, d := Compare(force, o)
	d.InForce, d.Candidate = s.redact(d.InForce), s.redact(d.Candidate)
	return r, d
}

// Close ends the candidate. Calls that wait are not compared any more; none may be offered.
func (s *Shadow) Close(ctx context.Context) error {
	s.stop()
	select {
	case <-s.done:
	case <-ctx.Done():
	}
	return s.candidate.Close(ctx)
}
