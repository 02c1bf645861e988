package config

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// retryForms are the three ways to say when to try again; a table follows one of them.
var retryForms = []choice[Retry]{
	{"every", []setting[Retry]{
		{key: "every", required: `write every = "30m"`, meaning: "the wait between attempts", reads: duration(time.Millisecond, func(r *Retry) *time.Duration { return &r.Every })},
		retryFor, retryAttempts}},
	{"schedule", []setting[Retry]{
		{key: "schedule", required: `write schedule = ["5s", "5m"]`, meaning: "the wait before each further attempt", reads: schedule()},
		retryFor}},
	{"backoff", []setting[Retry]{
		{key: "backoff", required: `write backoff = "1s"`, meaning: "the first wait", reads: duration(time.Millisecond, func(r *Retry) *time.Duration { return &r.Backoff })},
		{key: "factor", def: int64(2), meaning: "how many times longer each further wait is",
			why:   "doubling: soon again after a blip, seldom during an outage",
			reads: number(func(r *Retry) *float64 { return &r.Factor })},
		{key: "max", def: "1h", meaning: "the longest wait",
			why:   "an outage that ends is noticed within the hour",
			reads: duration(time.Millisecond, func(r *Retry) *time.Duration { return &r.Max })},
		retryFor, retryAttempts}},
}

// Without either, every goes on for a day and backoff for 20 attempts (package retry).
var (
	retryFor = setting[Retry]{key: "for", meaning: "how long to go on, from the first attempt",
		why:   "a day where only every is given; else attempts or the schedule's length end it",
		reads: duration(time.Millisecond, func(r *Retry) *time.Duration { return &r.For })}
	retryAttempts = setting[Retry]{key: "attempts", meaning: "how many attempts in all",
		why:   "no number: the time decides, or the schedule's length",
		reads: count(1, math.MaxInt32, func(r *Retry) *int { return &r.Attempts })}
)

func retry() reads[Destination] {
	k := kind{"a table", `{ every = "30m", for = "24h" }`}
	return reads[Destination]{kind: k, inner: describeChoices("form", retryForms), into: func(r *reader, n node, d *Destination) {
		table, ok := n.value.(map[string]any)
		if !ok {
			r.wrong(n, k)
			return
		}
		if form, ok := r.retryForm(n, slices.Sorted(maps.Keys(table))); ok {
			readTable(r, n, form.settings, &d.Retry)
			if _, set := table["max"]; !set {
				d.Retry.Max = max(d.Retry.Max, d.Retry.Backoff) // a first wait longer than the usual longest one
			}
			if d.Retry.Backoff > d.Retry.Max && d.Retry.Max > 0 {
				r.fault(n.key("max"), fmt.Sprintf("max is shorter than backoff (%v)", d.Retry.Backoff), "make max the longest wait")
			}
		}
	}}
}

// retryForm finds which form the keys belong to, and blames keys of two.
func (r *reader) retryForm(n node, keys []string) (choice[Retry], bool) {
	var used []int
	for i := range retryForms {
		if slices.ContainsFunc(keys, func(key string) bool { return ownKey(i, key) }) {
			used = append(used, i)
		}
	}
	switch len(used) {
	case 1:
		return retryForms[used[0]], true
	case 0:
		r.noRetryForm(n, keys)
	default:
		r.fault(n, fmt.Sprintf("%s mixes two forms: %s", n.path.last(), strings.Join(keys, ", ")),
			"keep every, or schedule, or backoff with factor and max; for and attempts may stand with them")
	}
	return choice[Retry]{}, false
}

// ownKey says whether a key belongs to one form alone.
func ownKey(form int, key string) bool {
	for i := range retryForms {
		if has := slices.ContainsFunc(retryForms[i].settings, func(s setting[Retry]) bool { return s.key == key }); has != (i == form) {
			return false
		}
	}
	return true
}

// noRetryForm blames a table that does not say how long to wait.
func (r *reader) noRetryForm(n node, keys []string) {
	var all []setting[Retry]
	for _, form := range retryForms {
		for _, s := range form.settings {
			if !slices.ContainsFunc(all, func(o setting[Retry]) bool { return o.key == s.key }) {
				s.required, s.def = "", nil
				all = append(all, s)
			}
		}
	}
	before := len(r.faults)
	if readTable(r, n, all, &Retry{}); len(r.faults) > before {
		return
	}
	what := n.path.last() + " is empty"
	if len(keys) > 0 {
		what = fmt.Sprintf("%s has only %s, and does not say how long to wait", n.path.last(), strings.Join(keys, " and "))
	}
	r.fault(n, what, `write { every = "30m", for = "24h" }, { schedule = ["5s", "5m"] } or { backoff = "1s", attempts = 20 }`)
}

func schedule() reads[Retry] {
	k := kind{`a list of durations such as ["5s", "5m"]`, `["5s", "5m"]`}
	return reads[Retry]{kind: k, into: func(r *reader, n node, t *Retry) {
		items, ok := n.items()
		if !ok || len(items) == 0 {
			r.wrong(n, k)
			return
		}
		wait := duration(time.Millisecond, func(d *time.Duration) *time.Duration { return d })
		for _, item := range items {
			var d time.Duration
			wait.into(r, item, &d)
			t.Schedule = append(t.Schedule, d)
		}
	}}
}
