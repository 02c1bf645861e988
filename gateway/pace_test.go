package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue"
)

// pacedSystem is a system that answers as it is told, and keeps what came and when.
type pacedSystem struct {
	url string

	mu     sync.Mutex
	came   []string // webhook-id
	times  []time.Time
	gaveUp int // answers of 400 and more
	answer func(n int, w http.ResponseWriter)
}

// newPaced runs one; answer is given the number of the request, from 1, and is not called side by side.
func newPaced(t testing.TB, answer func(n int, w http.ResponseWriter)) *pacedSystem {
	s := &pacedSystem{answer: answer}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *pacedSystem) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.came, s.times = append(s.came, r.Header.Get("webhook-id")), append(s.times, time.Now())
	rec := httptest.NewRecorder()
	if s.answer != nil {
		s.answer(len(s.came), rec)
	}
	if rec.Code >= http.StatusBadRequest {
		s.gaveUp++
	}
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(rec.Code)
}

func (s *pacedSystem) seen() (ids []string, times []time.Time, refused int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.came), slices.Clone(s.times), s.gaveUp
}

// paced is a configuration of one destination, there, with settings of its own.
func paced(t testing.TB, url, settings string) string {
	t.Helper()
	file := gatewaytest.Minimal(t, "data", url, "")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), "concurrency = 10\n", settings+"\n", 1))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// hand hands an event in; its deliveries have its subject as key.
func (g *running) hand(t testing.TB, id, subject string) {
	t.Helper()
	body := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/s","type":"agent.state.changed","subject":%q,"data":{}}`, id, subject)
	resp, err := http.Post(g.url("/in"), "application/cloudevents+json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing of it is read
	if resp.StatusCode != http.StatusAccepted {
		t.Fatal(resp.Status)
	}
}

// ended waits until n deliveries have ended, and gives them by event.
func (g *running) ended(t testing.TB, n int) map[string]queue.Delivery {
	t.Helper()
	out := map[string]queue.Delivery{}
	for _, d := range settledWithin(t, g.Store(), "there", n) {
		out[d.Event.ID] = d
	}
	return out
}

// A newer event takes the place of one that waits, not of one that is being sent.
func TestLatestOnly(t *testing.T) {
	for _, latest := range []bool{true, false} {
		t.Run(fmt.Sprint(latest), func(t *testing.T) {
			t.Parallel()
			began, goOn := make(chan bool, 1), make(chan bool)
			s := newPaced(t, func(n int, _ http.ResponseWriter) {
				if n == 1 {
					began <- true
					<-goOn
				}
			})
			g := start(t, paced(t, s.url, fmt.Sprintf("concurrency = 1\nlatest_only = %v", latest)))
			g.hand(t, "a", "agent/1")
			<-began
			for _, id := range []string{"b", "c", "d"} {
				g.hand(t, id, "agent/1")
			}
			g.hand(t, "e", "agent/2")
			close(goOn)
			got := g.ended(t, 5)
			came, _, _ := s.seen()
			if !latest { // the control
				if slices.Sort(came); !slices.Equal(came, []string{"a", "b", "c", "d", "e"}) {
					t.Errorf("without latest_only %v came, want all", came)
				}
				return
			}
			if slices.Sort(came); !slices.Equal(came, []string{"a", "d", "e"}) {
				t.Errorf("%v came, want a, which was on its way, d, which is the newest, and e", came)
			}
			if b, c := got["b"], got["c"]; b.State != queue.Superseded || b.Reason != "replaced by c/there" || c.State != queue.Superseded || c.Reason != "replaced by d/there" {
				t.Errorf("b is %s (%s), c is %s (%s)", b.State, b.Reason, c.State, c.Reason)
			}
			if n := g.metric(t, `plugboard_deliveries_total{destination="there",state="superseded"}`); n != "2" {
				t.Errorf("%q counted as superseded, want 2", n)
			}
		})
	}
}

// metric gives a sample's value, "" when there is none.
func (g *running) metric(t testing.TB, sample string) string {
	t.Helper()
	_, _, text := g.call(t, g.local(t), http.MethodGet, "/metrics", "")
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, sample+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// most is how many came within any span of a length.
func most(times []time.Time, span time.Duration) (n int) {
	for i := range times {
		j := i
		for j < len(times) && times[j].Sub(times[i]) < span {
			j++
		}
		n = max(n, j-i)
	}
	return n
}

// What a rate does not let through waits in the queue and spends no attempt. That the number is never exceeded is shown to
// the millisecond in package dispatch; here a loaded machine may have delayed some on their way.
func TestRate(t *testing.T) {
	for _, rate := range []string{`rate = "20/s"`, ""} {
		t.Run(rate, func(t *testing.T) {
			t.Parallel()
			s := newPaced(t, nil)
			g := start(t, paced(t, s.url, rate))
			for i := range 50 {
				g.hand(t, fmt.Sprint(i), fmt.Sprint("agent/", i))
			}
			for id, d := range g.ended(t, 50) {
				if d.State != queue.Delivered || d.Attempts != 1 {
					t.Errorf("%s is %s after %d attempts", id, d.State, d.Attempts)
				}
			}
			_, times, _ := s.seen()
			switch n := most(times, time.Second); {
			case rate == "" && n < 40:
				t.Errorf("without a rate %d came within a second: the test finds nothing", n)
			case rate != "" && n > 25:
				t.Errorf("%d came within a second, want 20", n)
			}
		})
	}
}

// A 429 slows the whole destination: what else waits is not sent to be told the same. The control sends it all the same.
func TestThrottled(t *testing.T) {
	for _, slow := range []bool{true, false} {
		t.Run(fmt.Sprint(slow), func(t *testing.T) {
			t.Parallel()
			var until time.Time
			s := newPaced(t, func(n int, w http.ResponseWriter) {
				if n == 1 {
					until = time.Now().Add(time.Second)
				}
				if time.Now().Before(until) {
					w.Header().Set("Retry-After", "1")
					w.WriteHeader(http.StatusTooManyRequests)
				}
			})
			g := start(t, paced(t, s.url, fmt.Sprintf("concurrency = 2\nslow_down = %v\nretry = { schedule = [\"10ms\"] }", slow)))
			for i := range 20 {
				g.hand(t, fmt.Sprint(i), fmt.Sprint("agent/", i))
			}
			for id, d := range g.ended(t, 20) {
				if d.State != queue.Delivered {
					t.Errorf("%s is %s: %s", id, d.State, d.Reason)
				}
			}
			switch _, _, refused := s.seen(); {
			case slow && refused > 2:
				t.Errorf("%d were told to come later, want no more than were in flight", refused)
			case !slow && refused < 10:
				t.Errorf("%d were told to come later without slowing down: the test finds nothing", refused)
			}
		})
	}
}

// A receiver that has no time spends no attempts; one that fails does.
func TestThrottledSpendsNoAttempt(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusInternalServerError} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			s := newPaced(t, func(n int, w http.ResponseWriter) {
				if n <= 4 {
					w.WriteHeader(status)
				}
			})
			g := start(t, paced(t, s.url, `retry = { backoff = "5ms", attempts = 2, for = "1m" }`+"\nslow_down = false"))
			g.hand(t, "a", "agent/1")
			d := g.ended(t, 1)["a"]
			if status == http.StatusTooManyRequests && (d.State != queue.Delivered || d.Attempts != 5) {
				t.Errorf("%s after %d attempts, want delivered by the fifth", d.State, d.Attempts)
			}
			if status != http.StatusTooManyRequests && (d.State != queue.Dead || d.Attempts != 2) {
				t.Errorf("%s after %d attempts, want dead after two: the test finds nothing", d.State, d.Attempts)
			}
		})
	}
}

// Nothing is sent into a window that the receiver says is used up. The control is sent there.
func TestRateLimitHeaders(t *testing.T) {
	for _, slow := range []bool{true, false} {
		t.Run(fmt.Sprint(slow), func(t *testing.T) {
			t.Parallel()
			s := newPaced(t, func(n int, w http.ResponseWriter) {
				if n == 1 {
					w.Header().Set("X-RateLimit-Remaining", "0")
					w.Header().Set("X-RateLimit-Reset", fmt.Sprint(time.Now().Add(2*time.Second).Unix()))
				}
			})
			g := start(t, paced(t, s.url, fmt.Sprintf("concurrency = 1\nslow_down = %v", slow)))
			for i := range 3 {
				g.hand(t, fmt.Sprint(i), fmt.Sprint("agent/", i))
			}
			g.ended(t, 3)
			_, times, _ := s.seen()
			if early := times[1].Sub(times[0]) < 900*time.Millisecond; early == slow { // the reset is told in whole seconds
				t.Errorf("the second came %v after the first", times[1].Sub(times[0]))
			}
		})
	}
}
