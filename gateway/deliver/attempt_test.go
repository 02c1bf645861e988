package deliver_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

var now = time.Date(2025, 3, 4, 8, 0, 0, 0, time.UTC)

const body = `{"specversion":"1.0","id":"ev-1","source":"/zendesk/1","type":"agent.state.changed","subject":"agent/7","data":{"agent":{"id":"7"}}}`

func owed() *queue.Delivery {
	return &queue.Delivery{ID: "ev-1/crm", Destination: "crm", Route: "r", Event: queue.Event{
		ID: "ev-1", Source: "zendesk", Type: "agent.state.changed", Subject: "agent/7", Received: now.Add(-time.Second), Body: []byte(body)}}
}

// answers plays an Exchanger: each answer in turn, the requests kept. After the last answer there is none.
type answers struct {
	list []any // int (status), *deliver.Response or error
	got  []*deliver.Request
}

func (a *answers) Exchange(_ context.Context, r *deliver.Request) (*deliver.Response, error) {
	a.got = append(a.got, r)
	if len(a.list) == 0 {
		return nil, errors.New("nobody answers")
	}
	next := a.list[0]
	a.list = a.list[1:]
	switch v := next.(type) {
	case int:
		return &deliver.Response{Status: v, Header: http.Header{}}, nil
	case *deliver.Response:
		return v, nil
	}
	return nil, next.(error)
}

func text(s string) secret.Text { return secret.Text{Placeholder: s, Display: s} }

func destination(t *testing.T, x deliver.Exchanger, change func(*deliver.Options)) *deliver.Destination {
	t.Helper()
	o := deliver.Options{Config: &config.Destination{Name: "crm", URL: text("https://crm.example.com/base")}, Exchanger: x, Now: func() time.Time { return now }}
	if change != nil {
		change(&o)
	}
	d, err := deliver.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWithoutPluginTheEventGoesOut(t *testing.T) {
	x := &answers{list: []any{204}}
	d := destination(t, x, func(o *deliver.Options) {
		o.Config.Headers = map[string]secret.Text{"x-account": text("main")}
	})
	got := d.Attempt(t.Context(), owed())
	request := &deliver.Request{Method: "POST", URL: "https://crm.example.com/base", Body: []byte(body), Header: http.Header{
		"Content-Type": {"application/cloudevents+json"}, "Webhook-Id": {"ev-1"}, "Webhook-Timestamp": {"1741075200"}, "X-Account": {"main"}}}
	want := deliver.Result{Class: deliver.Delivered, Requests: []string{"POST https://crm.example.com/base → 204"},
		Attempt: queue.Attempt{Number: 1, Started: now, Result: "delivered", Status: 204, Request: "POST https://crm.example.com/base",
			Sent: deliver.Fingerprint(request.Method, request.URL, request.Body)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]*deliver.Request{request}, x.got); diff != "" {
		t.Error(diff)
	}
}

func TestOutcomeByStatus(t *testing.T) {
	tests := []struct {
		answer    any
		success   []string
		want      deliver.Class
		failing   bool
		notBefore time.Duration
	}{
		{answer: 200, want: deliver.Delivered},
		{answer: 203, want: deliver.Delivered},
		{answer: 207, want: deliver.Delivered},
		{answer: 302, want: deliver.Dead},
		{answer: 302, success: []string{"2xx", "3xx"}, want: deliver.Delivered},
		{answer: 200, success: []string{"201"}, want: deliver.Dead},
		{answer: 404, success: []string{"2xx", "404"}, want: deliver.Delivered},
		{answer: 400, want: deliver.Dead},
		{answer: 401, want: deliver.Dead},
		{answer: 403, want: deliver.Dead},
		{answer: 404, want: deliver.Dead},
		{answer: 408, want: deliver.Retry},
		{answer: 410, want: deliver.Disable},
		{answer: 422, want: deliver.Dead},
		{answer: 425, want: deliver.Retry},
		{answer: 429, want: deliver.Retry},
		{answer: 500, want: deliver.Retry, failing: true},
		{answer: 503, want: deliver.Retry, failing: true},
		{answer: 999, want: deliver.Retry, failing: true},
		{answer: after(429, "3"), want: deliver.Retry, notBefore: 3 * time.Second},
		{answer: after(503, "Tue, 04 Mar 2025 08:00:20 GMT"), want: deliver.Retry, failing: true, notBefore: 20 * time.Second},
		{answer: after(400, "3"), want: deliver.Dead},
		{answer: errors.New("connection refused"), want: deliver.Retry, failing: true},
		{answer: &send.Error{Timeout: true, What: "no answer in time"}, want: deliver.Retry, failing: true},
		{answer: &send.Error{Permanent: true, What: "address refused"}, want: deliver.Dead},
	}
	for _, tt := range tests {
		d := destination(t, &answers{list: []any{tt.answer}}, func(o *deliver.Options) { o.Config.Success = tt.success })
		got := d.Attempt(t.Context(), owed())
		wait := time.Duration(0)
		if !got.NotBefore.IsZero() {
			wait = got.NotBefore.Sub(now)
		}
		if got.Class != tt.want || got.Failing != tt.failing || wait != tt.notBefore {
			t.Errorf("%v: %v, failing %v, not before %v; want %v, %v, %v", tt.answer, got.Class, got.Failing, wait, tt.want, tt.failing, tt.notBefore)
		}
		if (got.Reason == "") != (tt.want == deliver.Delivered) || got.Reason != got.Attempt.Error {
			t.Errorf("%v: reason %q, recorded %q", tt.answer, got.Reason, got.Attempt.Error)
		}
	}
}

func after(status int, value string) *deliver.Response {
	return &deliver.Response{Status: status, Header: http.Header{"Retry-After": {value}}}
}

func TestOutcomeByPlugin(t *testing.T) {
	const first = `{"request":{"method":"GET","url":"/a"},"memo":{"step":1}}`
	tests := []struct {
		name   string
		format func(wasm.Input) (string, error)
		judge  string
		status int
		want   deliver.Result // Class, Reason, At, NotBefore, Memo, SlowDown, Failing are compared
	}{
		{name: "silent, good", judge: "", status: 200, want: deliver.Result{Class: deliver.Delivered}},
		{name: "silent, bad", judge: " ", status: 404, want: deliver.Result{Class: deliver.Dead, Reason: "answered 404 Not Found"}},
		{name: "memo only", judge: `{"memo":{"a":1}}`, status: 502, want: deliver.Result{Class: deliver.Retry, Reason: "answered 502 Bad Gateway", Memo: []byte(`{"a":1}`), Failing: true}},
		{name: "delivered in spite of", judge: `{"delivered":true}`, status: 409, want: deliver.Result{Class: deliver.Delivered}},
		{name: "slow down", judge: `{"delivered":true,"slow_down":"30s"}`, status: 200, want: deliver.Result{Class: deliver.Delivered, SlowDown: 30 * time.Second}},
		{name: "dead", judge: `{"dead":"agent not found"}`, status: 200, want: deliver.Result{Class: deliver.Dead, Reason: "agent not found"}},
		{name: "disable", judge: `{"disable":"archived"}`, status: 200, want: deliver.Result{Class: deliver.Disable, Reason: "archived"}},
		{name: "retry", judge: `{"retry":{"reason":"busy"}}`, status: 200, want: deliver.Result{Class: deliver.Retry, Reason: "busy", Memo: []byte(`{"step":1}`)}},
		{name: "retry after", judge: `{"retry":{"after":"20m","reason":"ban"},"memo":null}`, status: 401, want: deliver.Result{Class: deliver.Retry, Reason: "ban", At: now.Add(20 * time.Minute)}},
		{name: "retry at", judge: `{"retry":{"at":"2025-03-04T08:00:07Z"}}`, status: 429, want: deliver.Result{Class: deliver.Retry, Reason: "answered 429 Too Many Requests", At: now.Add(7 * time.Second), Memo: []byte(`{"step":1}`)}},
		{name: "retry at once", judge: `{"retry":{"after":"0s"},"memo":null}`, status: 429, want: deliver.Result{Class: deliver.Retry, Reason: "answered 429 Too Many Requests", At: now.Add(time.Second)}},
		{name: "retry in a year", judge: `{"retry":{"after":"8760h"},"memo":null}`, status: 429, want: deliver.Result{Class: deliver.Retry, Reason: "answered 429 Too Many Requests", At: now.Add(24 * time.Hour)}},
		{name: "dropped", format: stops(wasm.Dropped, "echo"), want: deliver.Result{Class: deliver.Dropped, Reason: "echo"}},
		{name: "gave up", format: stops(wasm.GaveUp, "no presence"), want: deliver.Result{Class: deliver.Dead, Reason: "no presence"}},
		{name: "rejected", format: stops(wasm.Rejected, "no agent"), want: deliver.Result{Class: deliver.Dead, Reason: "no agent"}},
		{name: "later", format: stops(wasm.RetryLater, "not yet"), want: deliver.Result{Class: deliver.Retry, Reason: "not yet"}},
		{name: "trapped", format: stops(wasm.Trapped, "unreachable"), want: deliver.Result{Class: deliver.Retry, Reason: "plugin p, format: trapped: unreachable"}},
		{name: "limited", format: stops(wasm.Limited, "50ms"), want: deliver.Result{Class: deliver.Retry, Reason: "plugin p, format: over its limit: 50ms"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &scripted{name: "p", format: tt.format, judge: says(tt.judge)}
			if p.format == nil {
				p.format = says(first)
			}
			d := destination(t, &answers{list: []any{tt.status}}, func(o *deliver.Options) { o.Plugin = p })
			got := d.Attempt(t.Context(), owed())
			if got.Attempt.Plugin != "p@0123456789ab" || got.Attempt.Result != tt.want.Class.String() {
				t.Errorf("record %+v", got.Attempt)
			}
			got.Requests, got.Attempt, got.Err, got.Pace = nil, queue.Attempt{}, nil, retry.Pace{} // tested by themselves
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a plugin writes may be anything. Nothing of it is sent, and it is tried again: a corrected plugin may be loaded.
func TestNonsense(t *testing.T) {
	for _, doc := range []string{"", "null", "[]", "{", `{"request":null}`, `{"request":7}`, `{"request":{"headers":[]}}`, `{"request":{"query":{"a":{"b":1}}}}`,
		`{"request":{"form":{"a":[[1]]}}}`, `{"request":{"method":7}}`} {
		x := &answers{list: []any{200}}
		d := destination(t, x, func(o *deliver.Options) { o.Plugin = &scripted{name: "p", format: says(doc)} })
		if got := d.Attempt(t.Context(), owed()); got.Class != deliver.Retry || !strings.Contains(got.Reason, "cannot be read") || len(x.got) > 0 {
			t.Errorf("format %q: %v %q, %d requests", doc, got.Class, got.Reason, len(x.got))
		}
	}
	for _, doc := range []string{"[]", "{", `{"delivered":true,"dead":"x"}`, `{"next":{}}`, `{"next":{"request":[]}}`, `{"retry":{"after":"soon"}}`,
		`{"retry":{"at":"soon"}}`, `{"retry":{"at":"2025-03-04T08:00:07Z","after":"1s"}}`, `{"slow_down":"a bit"}`} {
		x := &answers{list: []any{200, 200}}
		p := &scripted{name: "p", format: says(`{"request":{}}`), judge: says(doc)}
		d := destination(t, x, func(o *deliver.Options) { o.Plugin = p })
		if got := d.Attempt(t.Context(), owed()); got.Class != deliver.Retry || !strings.Contains(got.Reason, "cannot be read") || len(x.got) > 1 {
			t.Errorf("judge %q: %v %q, %d requests", doc, got.Class, got.Reason, len(x.got))
		}
	}
}

func TestStepsAreBounded(t *testing.T) {
	x := &answers{}
	for range 100 {
		x.list = append(x.list, 200)
	}
	p := &scripted{name: "p", format: says(`{"request":{}}`), judge: says(`{"next":{"request":{}}}`)}
	got := destination(t, x, func(o *deliver.Options) { o.Plugin = p }).Attempt(t.Context(), owed())
	if got.Class != deliver.Dead || len(x.got) != deliver.MaxSteps {
		t.Errorf("%v %q after %d requests", got.Class, got.Reason, len(x.got))
	}
}

func TestWhatPluginsAreTold(t *testing.T) {
	var facts []string
	p := &scripted{name: "p", judge: says("")}
	p.format = func(in wasm.Input) (string, error) {
		for _, name := range []string{"destination", "route", "source", "attempt", "received_at", "memo", "delivery", "config"} {
			facts = append(facts, name+"="+fact(t, in, name))
		}
		return `{"request":{"url":"/x"},"memo":[1]}`, nil
	}
	x := &answers{list: []any{&deliver.Response{Status: 200, Header: http.Header{"X-A": {"1", "2"}}, Body: []byte("\xff")}}}
	q := owed()
	q.Attempts, q.Memo = 2, []byte(`{"a":1}`)
	got := destination(t, x, func(o *deliver.Options) { o.Plugin = p }).Attempt(t.Context(), q)
	if got.Class != deliver.Delivered || got.Attempt.Number != 3 {
		t.Errorf("%+v", got)
	}
	want := []string{"destination=crm", "route=r", "source=zendesk", "attempt=3", "received_at=2025-03-04T07:59:59Z", `memo={"a":1}`, "delivery=ev-1/crm", "config=absent"}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Error(diff)
	}
	judged := map[string]any{
		"event":    map[string]any{"specversion": "1.0", "id": "ev-1", "source": "/zendesk/1", "type": "agent.state.changed", "subject": "agent/7", "data": map[string]any{"agent": map[string]any{"id": "7"}}},
		"step":     1.0,
		"request":  map[string]any{"url": "/x"},
		"response": map[string]any{"status": 200.0, "headers": map[string]any{"x-a": "1, 2"}, "body_base64": "/w=="},
		"memo":     []any{1.0},
	}
	if diff := cmp.Diff([]map[string]any{judged}, p.judged); diff != "" {
		t.Error(diff)
	}
}

// always answers 204.
type always struct{}

func (always) Exchange(context.Context, *deliver.Request) (*deliver.Response, error) {
	return &deliver.Response{Status: http.StatusNoContent, Header: http.Header{}}, nil
}
