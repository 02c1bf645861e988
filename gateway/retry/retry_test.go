package retry_test

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/retry"
)

var start = time.Date(2025, 3, 4, 8, 0, 0, 0, time.UTC)

func noJitter() float64 { return 0 }

// waits plays a policy from the first attempt to its end, each attempt taking no time.
func waits(t *testing.T, p retry.Policy) []time.Duration {
	t.Helper()
	var out []time.Duration
	now := start
	for n := 1; n <= 1000; n++ {
		at, ok := p.Next(n, start, now)
		if !ok {
			return out
		}
		out = append(out, at.Sub(now))
		now = at
	}
	t.Fatal("the policy has no end")
	return nil
}

func TestForms(t *testing.T) {
	const s, m, h = time.Second, time.Minute, time.Hour
	tests := []struct {
		name string
		conf config.Retry
		want []time.Duration
	}{
		{"nothing said", config.Retry{}, []time.Duration{5 * s, 5 * m, 30 * m, 2 * h, 5 * h, 10 * h, 10 * h}},
		{"schedule", config.Retry{Schedule: []time.Duration{s, m}}, []time.Duration{s, m}},
		{"every", config.Retry{Every: 30 * m, For: 2 * h}, []time.Duration{30 * m, 30 * m, 30 * m, 30 * m}},
		{"every, shorter than one", config.Retry{Every: h, For: m}, nil},
		{"backoff", config.Retry{Backoff: s, Factor: 3, Max: 20 * s, Attempts: 6}, []time.Duration{s, 3 * s, 9 * s, 20 * s, 20 * s}},
		{"backoff, flat", config.Retry{Backoff: s, Factor: 1, Attempts: 3}, []time.Duration{s, s}},
		{"one attempt", config.Retry{Backoff: s, Attempts: 1}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := retry.New(tt.conf, retry.Options{Rand: noJitter})
			if err != nil {
				t.Fatal(err)
			}
			got := waits(t, p)
			if len(got) != len(tt.want) {
				t.Fatalf("waits %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Fatalf("waits %v, want %v", got, tt.want)
				}
			}
		})
	}
}

func TestDefaultsOfForms(t *testing.T) {
	every, err := retry.New(config.Retry{Every: time.Hour}, retry.Options{Rand: noJitter})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(waits(t, every)); got != 24 {
		t.Errorf("every 1h without for: %d retries, want 24", got)
	}
	backoff, err := retry.New(config.Retry{Backoff: time.Second}, retry.Options{Rand: noJitter})
	if err != nil {
		t.Fatal(err)
	}
	got := waits(t, backoff)
	if len(got) != 19 || got[1] != 2*time.Second || got[18] != time.Hour {
		t.Errorf("backoff alone: %v, want 19 waits, doubling, at most 1h", got)
	}
}

func TestRefused(t *testing.T) {
	tests := map[string]config.Retry{
		"two forms":         {Every: time.Hour, Schedule: []time.Duration{time.Second}},
		"for alone":         {For: time.Hour},
		"zero in schedule":  {Schedule: []time.Duration{time.Second, 0}},
		"attempts alone":    {Attempts: 3},
		"shrinking":         {Backoff: time.Second, Factor: 0.5},
		"not a number":      {Backoff: time.Second, Factor: math.NaN()},
		"endless":           {Backoff: time.Second, Factor: math.Inf(1)},
		"max below backoff": {Backoff: time.Minute, Max: time.Second},
		"negative attempts": {Backoff: time.Second, Attempts: -1},
	}
	for name, conf := range tests {
		if _, err := retry.New(conf, retry.Options{}); err == nil {
			t.Errorf("%s: %+v was taken", name, conf)
		} else if !strings.HasPrefix(err.Error(), "retry: ") {
			t.Errorf("%s: %q does not say where it comes from", name, err)
		}
	}
}

func TestJitterIsOnlyEverAdded(t *testing.T) {
	for _, r := range []float64{0, 0.5, math.Nextafter(1, 0)} {
		p, err := retry.New(config.Retry{Schedule: []time.Duration{time.Hour}}, retry.Options{Rand: func() float64 { return r }})
		if err != nil {
			t.Fatal(err)
		}
		at, _ := p.Next(1, start, start)
		want := time.Duration(float64(time.Hour) * (1 + r*retry.Jitter))
		if got := at.Sub(start); got < time.Hour || got > want+time.Nanosecond || got < want-time.Nanosecond {
			t.Errorf("rand %v: wait %v, want %v", r, got, want)
		}
	}
}

// A clock that jumps must neither hold a delivery for ever nor send it in a loop.
func TestClockJumps(t *testing.T) {
	every, _ := retry.New(config.Retry{Every: time.Minute, For: time.Hour}, retry.Options{Rand: noJitter})
	schedule, _ := retry.New(config.Retry{}, retry.Options{Rand: noJitter})
	for _, jump := range []time.Duration{-365 * 24 * time.Hour, -time.Hour, time.Hour, 365 * 24 * time.Hour} {
		now := start.Add(jump)
		if at, ok := every.Next(1, start, now); ok && at.Sub(now) != time.Minute {
			t.Errorf("jump %v: every waits %v", jump, at.Sub(now))
		}
		if at, ok := schedule.Next(2, start, now); !ok || at.Sub(now) != 5*time.Minute {
			t.Errorf("jump %v: schedule says %v, %v", jump, at.Sub(now), ok)
		}
	}
}

func TestAfter(t *testing.T) {
	tests := []struct {
		header string
		want   time.Duration
		ok     bool
	}{
		{"3", 3 * time.Second, true},
		{" 120 ", 2 * time.Minute, true},
		{"0", 0, true},
		{"86401", 24 * time.Hour, true},
		{strings.Repeat("9", 400), 24 * time.Hour, true},
		{"Tue, 04 Mar 2025 08:00:07 GMT", 7 * time.Second, true},
		{"Tuesday, 04-Mar-25 08:00:07 GMT", 7 * time.Second, true},
		{"Tue, 04 Mar 2025 07:00:00 GMT", 0, true},
		{"Fri, 31 Dec 9999 23:59:59 GMT", 24 * time.Hour, true},
		{"", 0, false},
		{"-1", 0, false},
		{"+1", 0, false},
		{"1.5", 0, false},
		{"1s", 0, false},
		{"soon", 0, false},
	}
	for _, tt := range tests {
		at, ok := retry.After(tt.header, start)
		if ok != tt.ok || ok && at.Sub(start) != tt.want {
			t.Errorf("%q: %v, %v; want %v, %v", tt.header, at.Sub(start), ok, tt.want, tt.ok)
		}
	}
}

func TestNotBefore(t *testing.T) {
	most := retry.Options{Rand: func() float64 { return math.Nextafter(1, 0) }}
	planned, asked := start.Add(5*time.Second), start.Add(20*time.Second)
	if got := retry.NotBefore(planned, start.Add(3*time.Second), start, most); !got.Equal(planned) {
		t.Errorf("an earlier wish moved the plan to %v", got)
	}
	if got := retry.NotBefore(planned, time.Time{}, start, most); !got.Equal(planned) {
		t.Errorf("no wish moved the plan to %v", got)
	}
	if got := retry.NotBefore(planned, asked, start, most).Sub(start); got < 20*time.Second || got > 22*time.Second {
		t.Errorf("waits %v, want 20s to 22s", got)
	}
}

func FuzzAfter(f *testing.F) {
	for _, seed := range []string{"3", "-1", "", "Tue, 04 Mar 2025 08:00:07 GMT", strings.Repeat("9", 99), "\x00", start.Format(http.TimeFormat)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		at, ok := retry.After(header, start)
		if wait := at.Sub(start); ok && (wait < 0 || wait > retry.MaxAfter) {
			t.Fatalf("%q: waits %v", header, wait)
		}
	})
}

func BenchmarkNext(b *testing.B) {
	p, _ := retry.New(config.Retry{}, retry.Options{})
	b.ReportAllocs()
	for b.Loop() {
		p.Next(3, start, start)
	}
}
