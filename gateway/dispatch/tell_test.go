package dispatch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/queue"
)

func TestWhatIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, hub, reg := newMemoryQueue(), &feed.Hub{}, prometheus.NewRegistry()
		listener := hub.Listen(10)
		defer listener.Close()
		var lines bytes.Buffer
		o := dispatch.Options{Queue: q, Feed: hub, Metrics: metrics.New(reg), Log: slog.New(slog.NewJSONHandler(&lines, nil))}
		start(t, o, lane(t, "crm", &receiver{takes: time.Second, outcome: func(d *queue.Delivery) deliver.Result {
			if d.Attempts == 0 {
				return status(503)
			}
			r := status(201)
			r.Requests = []string{"PUT https://host/path → 201"}
			return r
		}}))
		q.add("crm", 1)
		pass(time.Minute)

		var notes []string
		for range 3 {
			n := <-listener.C
			notes = append(notes, fmt.Sprintf("%s %s %d %s %d %v %v", n.Kind, n.Destination, n.Attempt, n.Result, n.Status, n.Requests, !n.NotBefore.IsZero()))
		}
		want := "attempt crm 1 retry 503 [] true, attempt crm 2 delivered 201 [PUT https://host/path → 201] false, ended crm 2 delivered 201 [] false"
		if got := strings.Join(notes, ", "); got != want {
			t.Errorf("notes %s\nwant %s", got, want)
		}
		for i, line := range strings.Split(strings.TrimSpace(lines.String()), "\n") {
			var got map[string]any
			if err := json.Unmarshal([]byte(line), &got); err != nil {
				t.Fatal(err)
			}
			if got["event_id"] != "ev-1" || got["route"] != "r" || got["destination"] != "crm" || got["attempt"] != float64(i+1) || got["duration"] != 1e9 {
				t.Errorf("log line %s", line)
			}
		}
		for result, want := range map[string]float64{"delivered": 1, "retry": 1, "dead": 0, "dropped": 0} {
			if got := value(t, reg, "plugboard_attempts_total", result); got != want {
				t.Errorf("%v attempts counted as %s, want %v", got, result, want)
			}
		}
		if got := value(t, reg, "plugboard_deliveries_total", "delivered"); got != 1 {
			t.Errorf("%v deliveries counted, want 1", got)
		}
	})
}

// value reads a counter or gauge; label is the value of its last label, "" for the first one there is.
func value(t *testing.T, reg *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if labels := m.GetLabel(); f.GetName() == name && (label == "" || labels[len(labels)-1].GetValue() == label) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("no metric %s with %q", name, label)
	return 0
}
