package isolation_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/queue"
)

const (
	others   = 99 // destinations that work, beside the bad one
	attempts = 2  // that the bad one's deliveries have
)

// oneBad is a gateway with 99 destinations that work and, first in the route, perhaps one that does not: it answers 500,
// or nothing until its receiver is released, and then 500.
type oneBad struct {
	*rig
	works, bad *receiver
}

// startOneBad runs it. kind is "500", "hanging" or "" for 99 destinations and no bad one; retry is the bad one's; arrived,
// which may be nil, is called for each request to the others.
func startOneBad(t testing.TB, kind, retry string, arrived func(*http.Request), plant func(*dispatch.Lane)) *oneBad {
	o := &oneBad{works: receiveEach(t, false, arrived), bad: receive(t, kind == "hanging", nil)}
	o.bad.status.Store(http.StatusInternalServerError)
	var names, tables []string
	if kind != "" {
		names, tables = append(names, "bad"), append(tables, destination("bad", o.bad.URL, concurrency, retry))
	}
	for i := range others {
		names = append(names, fmt.Sprintf("good-%02d", i))
		tables = append(tables, destination(names[len(names)-1], o.works.URL, concurrency, ""))
	}
	o.rig = start(t, plant, names, tables...)
	t.Cleanup(o.bad.release) // before the gateway is stopped, which would wait for it
	return o
}

// check sends events and names what does not hold: everything for the others is delivered, while the bad one hangs if that
// is what it does; then its deliveries end as dead letters, when their attempts are spent. limit bounds each wait.
func (o *oneBad) check(t testing.TB, events int, limit time.Duration) (wrong []string) {
	o.send(t, 0, events)
	ended := map[string]int{} // by state and which
	seen := func(n feed.Note) {
		if n.Kind == feed.Ended {
			ended[n.Result+" "+n.Destination[:3]]++
		}
	}
	delivered, dead := queue.Delivered.String()+" goo", queue.Dead.String()+" bad"
	o.await(limit, func(n feed.Note) bool { seen(n); return ended[delivered] == others*events })
	o.bad.release()
	if ended[delivered] != others*events {
		wrong = append(wrong, fmt.Sprintf("%d of %d deliveries to the others have ended", ended[delivered], others*events))
		return wrong
	}
	if ended[dead] < events {
		o.await(limit, func(n feed.Note) bool { seen(n); return ended[dead] == events })
	}
	if ended[dead] != events || len(ended) != 2 {
		wrong = append(wrong, fmt.Sprintf("ended are %v, want %d dead letters and %d delivered", ended, events, others*events))
	}
	if hits := o.bad.hits.Load(); hits != int64(attempts*events) {
		wrong = append(wrong, fmt.Sprintf("the bad destination got %d requests for %d deliveries of %d attempts", hits, events, attempts))
	}
	report, err := o.Store().Audit(t.Context())
	want := map[string]int{queue.Delivered.String(): others * events, queue.Dead.String(): events}
	for state, n := range want {
		if err != nil || report.FaultCount > 0 || report.States[state] != n {
			wrong = append(wrong, fmt.Sprintf("the audit has %v, faults %v, %v; want %d %s", report.States, report.Faults, err, n, state))
		}
	}
	return wrong
}

// twice lets a delivery have two attempts, and with as many events as untilOpen the breaker opens with the last of them.
const (
	twice     = `retry = { backoff = "1ms", attempts = 2 }` + "\ntimeout = \"10m\"\n"
	untilOpen = breakAfter / attempts
)

// TestOneBadOfAHundred is row 18: it has one of a hundred destinations answer 500, or hang and then answer 500: the others get
// everything, and what was for the bad one ends as dead letters. What the others' p99 notices is measured: BenchmarkOneBad.
func TestOneBadOfAHundred(t *testing.T) {
	for _, kind := range []string{"500", "hanging"} {
		t.Run(kind, func(t *testing.T) {
			for _, w := range startOneBad(t, kind, twice, nil, nil).check(t, untilOpen, patience) {
				t.Error(w)
			}
		})
	}
}

// TestOneBadIsFound is the control: a pool for all that the hanging destination fills, and a policy that never gives up.
func TestOneBadIsFound(t *testing.T) {
	pool := make(chan struct{}, concurrency)
	tests := []struct {
		name, kind, want string
		plant            func(*dispatch.Lane)
	}{
		{"a shared pool", "hanging", "deliveries to the others", func(l *dispatch.Lane) { l.Attempter = shared{l.Attempter, pool} }},
		{"no end of attempts", "500", "dead letters", func(l *dispatch.Lane) { l.Policy = endless{} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wrong := startOneBad(t, tt.kind, twice, nil, tt.plant).check(t, untilOpen, 2*time.Second)
			if !slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, tt.want) }) {
				t.Errorf("not found; named is only %q", wrong)
			}
		})
	}
}

// endless is the planted fault: a retry policy without an end.
type endless struct{}

func (endless) Next(_ int, _, now time.Time) (time.Time, bool) {
	return now.Add(time.Millisecond), true
}

func (endless) Span() time.Duration { return time.Hour }
