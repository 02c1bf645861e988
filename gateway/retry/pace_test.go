package retry_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/retry"
)

// headers reads "Name: value" lines.
func headers(lines string) http.Header {
	h := http.Header{}
	for line := range strings.SplitSeq(lines, "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			h.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	return h
}

func TestReadPace(t *testing.T) {
	in := func(d time.Duration) time.Time { return start.Add(d) }
	window := func(left int, reset time.Duration) retry.Pace { return retry.Pace{Left: left, Reset: reset} }
	tests := []struct {
		name   string
		status int
		header string
		want   retry.Pace
	}{
		{"nothing", 200, "", retry.Pace{}},
		{"429", 429, "", retry.Pace{Throttled: true}},
		{"429 in seconds", 429, "Retry-After: 7", retry.Pace{Throttled: true, Wait: 7 * time.Second}},
		{"429 by a date", 429, "Retry-After: " + in(time.Minute).Format(http.TimeFormat), retry.Pace{Throttled: true, Wait: time.Minute}},
		{"a date by a clock that is wrong", 429, "Date: " + in(-2*time.Hour).Format(http.TimeFormat) + "\nRetry-After: " + in(-2*time.Hour+time.Minute).Format(http.TimeFormat),
			retry.Pace{Throttled: true, Wait: time.Minute}},
		{"429 for a year", 429, "Retry-After: 31536000", retry.Pace{Throttled: true, Wait: retry.MaxAfter}},
		{"429 and nonsense", 429, "Retry-After: soon", retry.Pace{Throttled: true}},
		{"503", 503, "Retry-After: 7", retry.Pace{Wait: 7 * time.Second}},
		{"500", 500, "Retry-After: 7", retry.Pace{}}, // says when that one may be tried again
		{"200", 200, "Retry-After: 7", retry.Pace{}},
		{"drafts to 06", 200, "RateLimit-Limit: 100\nRateLimit-Remaining: 5\nRateLimit-Reset: 50", window(5, 50*time.Second)},
		{"draft 07", 200, "RateLimit: limit=100, remaining=5, reset=50", window(5, 50*time.Second)},
		{"drafts from 08", 200, `RateLimit-Policy: "default";q=100;w=60` + "\n" + `RateLimit: "default";r=5;t=50`, window(5, 50*time.Second)},
		{"two policies", 200, `RateLimit: "burst";r=90;t=1, "day";r=3;t=3600`, window(3, time.Hour)},
		{"as much left of two", 200, `RateLimit: "a";r=0;t=1, "b";r=0;t=10`, window(0, 10*time.Second)},
		{"without the time", 200, `RateLimit: "default";r=0`, retry.Pace{}},
		{"GitHub: a time", 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: " + fmt.Sprint(in(90*time.Second).Unix()), window(0, 90*time.Second)},
		{"a time by a clock that is wrong", 200, "Date: " + in(time.Hour).Format(http.TimeFormat) + "\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: " + fmt.Sprint(in(time.Hour+90*time.Second).Unix()),
			window(0, 90*time.Second)},
		{"milliseconds", 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: " + fmt.Sprint(in(90*time.Second).UnixMilli()), window(0, 90*time.Second)},
		{"Discord: fractions", 200, "X-RateLimit-Remaining: 1\nX-RateLimit-Reset: 1741075290.5\nX-RateLimit-Reset-After: 1.5", window(1, 1500*time.Millisecond)},
		{"Reddit: fractions left", 200, "x-ratelimit-remaining: 598.0\nx-ratelimit-reset: 300", window(598, 5*time.Minute)},
		{"Zendesk", 200, "X-Rate-Limit: 700\nX-Rate-Limit-Remaining: 0\nratelimit-reset: 41", window(0, 41*time.Second)},
		{"Okta", 200, "X-Rate-Limit-Remaining: 0\nX-Rate-Limit-Reset: " + fmt.Sprint(in(30*time.Second).Unix()), window(0, 30*time.Second)},
		{"a date", 200, "RateLimit-Remaining: 0\nRateLimit-Reset: " + in(time.Minute).Format(time.RFC3339), window(0, time.Minute)},
		{"past", 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: " + fmt.Sprint(in(-time.Minute).Unix()), retry.Pace{}},
		{"far away", 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 9999999999", window(0, retry.MaxAfter)},
		{"left alone", 200, "X-RateLimit-Remaining: 0", retry.Pace{}},
		{"the time alone", 200, "X-RateLimit-Reset: 5", retry.Pace{}},
		{"negative", 200, "X-RateLimit-Remaining: -1\nX-RateLimit-Reset: 5", retry.Pace{}},
		{"words", 200, "X-RateLimit-Remaining: none\nX-RateLimit-Reset: soon", retry.Pace{}},
		{"endless", 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: " + strings.Repeat("9", 400), retry.Pace{}},
	}
	for _, tt := range tests {
		if got := retry.ReadPace(tt.status, headers(tt.header), start); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func FuzzReadPace(f *testing.F) {
	for _, seed := range []string{"Retry-After: 3", `RateLimit: "a";r=0;t=1, "b,;";r=;t=`, "RateLimit: remaining=1, reset=5", "RateLimit-Remaining: 1e9\nRateLimit-Reset: 1e300",
		"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1741075290", "Date: Tue, 04 Mar 0001 08:00:07 GMT\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT",
		"X-Rate-Limit-Remaining: 99999999999999999999\nX-Rate-Limit-Reset: 2025-03-04T08:00:07Z"} {
		f.Add(429, seed)
	}
	f.Fuzz(func(t *testing.T, status int, text string) {
		p := retry.ReadPace(status, headers(text), start)
		if p.Wait < 0 || p.Wait > retry.MaxAfter || p.Reset < 0 || p.Reset > retry.MaxAfter || p.Left < 0 || p.Reset == 0 && p.Left != 0 {
			t.Fatalf("%d %q: %+v", status, text, p)
		}
	})
}

// Each form heeds for, and those without an end of their own heed attempts.
func TestLimits(t *testing.T) {
	hour := time.Hour
	tests := []struct {
		conf    config.Retry
		retries int
		span    time.Duration
	}{
		{config.Retry{Every: hour, For: 5 * hour}, 5, 5 * hour},
		{config.Retry{Every: hour, Attempts: 100}, 99, time.Duration(99 * 1.1 * float64(hour))},
		{config.Retry{Every: hour, Attempts: 3, For: 10 * hour}, 2, 10 * hour},
		{config.Retry{Every: hour, Attempts: 30, For: 10 * hour}, 10, 10 * hour},
		{config.Retry{Schedule: []time.Duration{hour, hour, hour}}, 3, 24 * hour},
		{config.Retry{Schedule: []time.Duration{hour, hour, hour}, For: 2 * hour}, 2, 2 * hour},
		{config.Retry{Backoff: hour, Max: hour, For: 2 * hour}, 2, 2 * hour},
		{config.Retry{Backoff: hour, Max: hour, For: 20 * hour, Attempts: 4}, 3, 20 * hour},
		{config.Retry{Every: hour, Attempts: 1}, 0, 24 * hour},
	}
	for _, tt := range tests {
		p, err := retry.New(tt.conf, retry.Options{Rand: noJitter})
		if err != nil {
			t.Fatal(err)
		}
		if got := waits(t, p); len(got) != tt.retries {
			t.Errorf("%+v: %d retries, want %d", tt.conf, len(got), tt.retries)
		}
		if got := p.Span(); got.Round(time.Second) != tt.span {
			t.Errorf("%+v: tries for %v, want %v", tt.conf, got, tt.span)
		}
		if at, ok := p.Next(0, start, start); !ok || at.Sub(start) < time.Millisecond { // none has counted yet
			t.Errorf("%+v: nothing after an attempt that does not count", tt.conf)
		}
	}
}

func BenchmarkReadPace(b *testing.B) {
	h := headers("Content-Type: application/json\nDate: Tue, 04 Mar 2025 08:00:07 GMT")
	b.ReportAllocs()
	for b.Loop() {
		retry.ReadPace(200, h, start)
	}
}
