package admin

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/plugboard/plugboard/queue"
)

var filterKeys = []string{"source", "type", "subject", "destination", "event", "state", "since", "until", "limit", "cursor"}

// filter reads a list's query. Times are RFC 3339, or a duration before now ("2h").
func filter(q url.Values, now time.Time) (queue.Filter, error) {
	for key := range q {
		if !slices.Contains(filterKeys, key) {
			return queue.Filter{}, fmt.Errorf("no parameter %q; there are %v", key, filterKeys)
		}
	}
	f := queue.Filter{
		Source: q.Get("source"), Type: q.Get("type"), Subject: q.Get("subject"),
		Destination: q.Get("destination"), EventID: q.Get("event"), Cursor: q.Get("cursor"),
	}
	var err error
	if s := q.Get("state"); s != "" {
		if f.State, err = queue.ParseState(s); err != nil {
			return f, err
		}
	}
	if s := q.Get("limit"); s != "" {
		if f.Limit, err = strconv.Atoi(s); err != nil || f.Limit < 1 || f.Limit > 1000 {
			return f, fmt.Errorf("limit %q is not a number from 1 to 1000", s)
		}
	}
	if f.Since, err = moment(q.Get("since"), now); err != nil {
		return f, fmt.Errorf("since: %w", err)
	}
	if f.Until, err = moment(q.Get("until"), now); err != nil {
		return f, fmt.Errorf("until: %w", err)
	}
	return f, nil
}

func moment(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(-d.Abs()), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("%q is neither a time such as 2026-03-04T08:00:00Z nor a duration before now such as 2h", s)
	}
	return t, nil
}
