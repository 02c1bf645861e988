package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/edge"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/queue"
)

// Trial is one request to play through the whole pipeline: no network, nothing stored.
type Trial struct {
	Method  string
	Target  string // path and query
	Headers []event.Header
	Body    []byte
	Now     time.Time // when the request arrives
	// RemoteAddr is the sender's; 127.0.0.1 unless set.
	RemoteAddr string
	// Answers are handed in turn to the requests of each delivery. Nil: a delivery is shown up to its first request.
	Answers []Answer
}

// Answer is what a receiver says in a Trial. Body is any JSON: a text stands for itself, everything else for its JSON.
type Answer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// TrialResult is what would happen.
type TrialResult struct {
	Status     int               `json:"status"`
	Source     string            `json:"source"`
	Reason     string            `json:"reason"`
	Events     []json.RawMessage `json:"events"`
	Deliveries []TrialDelivery   `json:"deliveries"`
}

// TrialDelivery is one delivery of a Trial. Outcome is send, dropped or failed; with answers it is what the delivery
// would end as: delivered, retry, dead, dropped.
type TrialDelivery struct {
	Event            string         `json:"event"`
	Route            string         `json:"route"`
	Destination      string         `json:"destination"`
	Outcome          string         `json:"outcome"`
	Reason           string         `json:"reason,omitempty"`
	NotBeforeSeconds int            `json:"not_before_seconds,omitempty"`
	Requests         []TrialRequest `json:"requests"`
}

// TrialRequest is a request as it would be sent; secrets stand as {{secret.NAME}}.
type TrialRequest struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// Try plays a Trial against a configuration. Its error is a config.Faults when the configuration does not load.
func Try(ctx context.Context, o Options, t Trial) (*TrialResult, error) {
	a, release, err := load(ctx, o)
	if err != nil {
		return nil, err
	}
	r, err := a.try(ctx, t)
	return r, errors.Join(err, a.close(ctx), release(ctx))
}

func (a *assembly) try(ctx context.Context, t Trial) (*TrialResult, error) {
	path, query, _ := strings.Cut(t.Target, "?")
	reading := a.pipeline.Read(ctx, &edge.Request{
		Method: t.Method, Path: path, Query: query, Headers: t.Headers, Body: t.Body, RemoteAddr: cmp.Or(t.RemoteAddr, "127.0.0.1"),
	}, t.Now)
	r := &TrialResult{Status: reading.Status, Source: reading.Source, Reason: reading.Reason,
		Events: []json.RawMessage{}, Deliveries: []TrialDelivery{}}
	for _, f := range reading.Faults {
		r.Reason = strings.TrimPrefix(r.Reason+"; ", "; ") + f.Error()
	}
	for _, entry := range reading.Entries {
		r.Events = append(r.Events, entry.Event.Body)
		for _, owed := range entry.Owed {
			d, err := a.tryDelivery(ctx, entry.Event, owed, t)
			if err != nil {
				return nil, err
			}
			r.Deliveries = append(r.Deliveries, d)
		}
	}
	return r, nil
}

func (a *assembly) tryDelivery(ctx context.Context, ev queue.Event, owed queue.Owed, t Trial) (TrialDelivery, error) {
	out := TrialDelivery{Event: ev.ID, Route: owed.Route, Destination: owed.Destination, Requests: []TrialRequest{}}
	to := a.destinations[owed.Destination]
	answers, err := responses(t.Answers)
	if err != nil {
		return out, err
	}
	script := deliver.NewScript(to.cfg, answers)
	d, err := to.attempter(script, nil, a.log, func() time.Time { return t.Now }, nil)
	if err != nil {
		return out, err
	}
	result := d.Attempt(ctx, &queue.Delivery{ID: ev.ID + "/" + owed.Destination, Destination: owed.Destination,
		Route: owed.Route, Key: owed.Key, State: queue.Pending, Created: t.Now, Event: ev})
	for i := range script.Sent {
		out.Requests = append(out.Requests, trialRequest(&script.Sent[i]))
	}
	out.Outcome, out.Reason = result.Class.String(), result.Reason
	switch {
	case script.Over():
		out.Outcome, out.Reason = "send", ""
		if t.Answers != nil {
			out.Reason = "the list of answers ended before the delivery did"
		}
	case t.Answers == nil && result.Class != deliver.Dropped && result.Class != deliver.Delivered:
		out.Outcome = "failed"
	case result.Class == deliver.Retry:
		out.NotBeforeSeconds = to.notBefore(result, t.Now)
	}
	return out, nil
}

// notBefore is how long the delivery would wait.
func (d *destination) notBefore(r deliver.Result, now time.Time) int {
	at := r.At
	if at.IsZero() {
		at, _ = d.policy.Next(1, now, now)
	}
	return int(math.Round(retry.NotBefore(at, r.NotBefore, now, retry.Options{}).Sub(now).Seconds()))
}

func trialRequest(r *deliver.Request) TrialRequest {
	out := TrialRequest{Method: r.Method, URL: r.URL, Headers: map[string]string{}, Body: string(r.Body)}
	for name, values := range r.Header {
		out.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return out
}

func responses(answers []Answer) ([]deliver.Response, error) {
	list := make([]deliver.Response, len(answers))
	for i, a := range answers {
		if a.Status < 100 || a.Status > 599 {
			return nil, fmt.Errorf("answer %d: status %d is none of HTTP's; write a number such as 200", i+1, a.Status)
		}
		list[i] = deliver.Response{Status: a.Status, Header: http.Header{}, Body: a.Body}
		var text string
		if json.Unmarshal(a.Body, &text) == nil {
			list[i].Body = []byte(text)
		}
		for name, value := range a.Headers {
			list[i].Header.Set(name, value)
		}
	}
	return list, nil
}
