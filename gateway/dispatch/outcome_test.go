package dispatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/queue"
)

func TestOutcomesEndLeases(t *testing.T) {
	tests := []struct {
		name  string
		out   deliver.Result
		state queue.State
		waits []time.Duration // before each further attempt
		told  string
	}{
		{"delivered", status(200), queue.Delivered, nil, ""},
		{"dropped", deliver.Result{Class: deliver.Dropped, Reason: "echo"}, queue.Dropped, nil, ""},
		{"dead", status(404), queue.Dead, nil, "dead crm answered 404 ev-1/crm 1"},
		{"disable", deliver.Result{Class: deliver.Disable, Reason: "archived"}, queue.Dead, nil, "dead crm archived ev-1/crm 1, disabled crm archived ev-1/crm 1"},
		{"retry", deliver.Result{Class: deliver.Retry, Reason: "no"}, queue.Dead, []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute},
			"dead crm attempts spent after 4: no ev-1/crm 4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				q, told := newMemoryQueue(), []string{}
				l := lane(t, "crm", &receiver{outcome: func(*queue.Delivery) deliver.Result { return tt.out }})
				l.Policy = policy(t, config.Retry{Schedule: []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute}})
				start(t, dispatch.Options{Queue: q, Tell: func(h dispatch.Happening) {
					told = append(told, fmt.Sprintf("%s %s %s %s %d", h.Kind, h.Destination, h.Reason, h.Delivery.ID, h.Attempt.Number))
				}}, l)
				q.add("crm", 1)
				begin := time.Now()
				pass(2 * time.Hour)
				it := q.items[0]
				if it.State != tt.state || len(it.gaps) != len(tt.waits) || len(it.tries) != len(tt.waits)+1 {
					t.Fatalf("%v after %d attempts, %d waits", it.State, len(it.tries), len(it.gaps))
				}
				for i, w := range tt.waits {
					if got := it.tries[i+1].Started.Sub(begin); got != w {
						t.Errorf("attempt %d came after %v, want %v", i+2, got, w)
					}
					begin = it.tries[i+1].Started
				}
				if last := it.tries[len(it.tries)-1]; last.Result != tt.state.String() {
					t.Errorf("recorded as %q", last.Result)
				}
				if got := strings.Join(told, ", "); got != tt.told {
					t.Errorf("told %q, want %q", got, tt.told)
				}
			})
		})
	}
}

func TestReceiversWishes(t *testing.T) {
	tests := []struct {
		name string
		out  func(now time.Time) deliver.Result
		want time.Duration // the policy says 5 s
	}{
		{"later", func(now time.Time) deliver.Result { return deliver.Result{NotBefore: now.Add(20 * time.Second)} }, 20 * time.Second},
		{"earlier", func(now time.Time) deliver.Result { return deliver.Result{NotBefore: now.Add(3 * time.Second)} }, 5 * time.Second},
		{"the plugin's", func(now time.Time) deliver.Result { return deliver.Result{At: now.Add(2 * time.Second)} }, 2 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				q := newMemoryQueue()
				start(t, dispatch.Options{Queue: q}, lane(t, "crm", &receiver{outcome: func(d *queue.Delivery) deliver.Result {
					if d.Attempts > 0 {
						if string(d.Memo) != `{"a":1}` {
							t.Errorf("memo %q", d.Memo)
						}
						return status(200)
					}
					r := tt.out(time.Now())
					r.Class, r.Memo = deliver.Retry, []byte(`{"a":1}`)
					return r
				}}))
				q.add("crm", 1)
				begin := time.Now()
				pass(time.Hour)
				if got := q.items[0].Ended.Sub(begin); got != tt.want {
					t.Errorf("delivered after %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestAFaultInAnAttemptCostsThatAttempt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newMemoryQueue()
		start(t, dispatch.Options{Queue: q}, lane(t, "crm", &receiver{outcome: func(d *queue.Delivery) deliver.Result {
			if d.Attempts == 0 {
				panic("canary-secret")
			}
			return status(200)
		}}))
		q.add("crm", 1)
		pass(time.Minute)
		it := q.items[0]
		if it.State != queue.Delivered || len(it.tries) != 2 || !strings.Contains(it.tries[0].Error, "internal fault") || strings.Contains(it.tries[0].Error, "canary") {
			t.Errorf("%v %+v", it.State, it.tries)
		}
	})
}
