package redact_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/redact"
)

const asForm = "application/x-www-form-urlencoded; charset=utf-8"

func TestRequest(t *testing.T) {
	mark := []event.Header{{Name: redact.Mark, Value: "body"}}
	tests := []struct {
		name     string
		o        redact.RequestOptions
		in, want event.Raw
	}{
		{
			"nothing said", redact.RequestOptions{}, event.Raw{Path: "/p", Query: "a=1", ContentType: "application/json", Body: []byte(`{"a":1}`)},
			event.Raw{Path: "/p", ContentType: "application/json", Headers: mark},
		},
		{
			"no body to keep", redact.RequestOptions{Query: []string{"From"}}, event.Raw{Query: "From=%2B49&To=1&F%72om=2&x&bad%zz=3&a;From=4"},
			event.Raw{Query: "To=1&x", Headers: []event.Header{}},
		},
		{
			"JSON", redact.RequestOptions{Body: []string{"p.phone"}}, event.Raw{Body: []byte(`{"p":{"phone":1,"x":2}}`)},
			event.Raw{Body: []byte(`{"p":{"x":2}}`), Headers: []event.Header{}},
		},
		{
			"a form", redact.RequestOptions{Body: []string{"From"}}, event.Raw{ContentType: asForm, Body: []byte("From=%2B49&To=1")},
			event.Raw{ContentType: asForm, Body: []byte("To=1"), Headers: []event.Header{}},
		},
		{
			"neither", redact.RequestOptions{Body: []string{"From"}}, event.Raw{ContentType: "text/xml", Body: []byte("<From>+49</From>")},
			event.Raw{ContentType: "text/xml", Headers: mark},
		},
		{
			"headers", redact.RequestOptions{Headers: []string{"X-Caller"}}, event.Raw{Headers: []event.Header{{Name: "x-caller", Value: "1"}, {Name: "x-other", Value: "2"}, {Name: "content-encoding", Value: "gzip"}}},
			event.Raw{Headers: []event.Header{{Name: "x-other", Value: "2"}}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.in
			redact.NewRequest(tt.o).Apply(&got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if lacks := len(tt.in.Body) > 0 && len(got.Body) == 0; redact.Lacks(&got) != lacks {
				t.Errorf("it is told wrongly whether the body is there")
			}
		})
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("From=1&To=2", asForm, "From=%2B49&F%72om=1;From=2")
	f.Add(`{"From":"canary"}`, "application/json", "From")
	f.Fuzz(func(t *testing.T, body, contentType, query string) {
		raw := event.Raw{ContentType: contentType, Query: query, Body: []byte(body)}
		redact.NewRequest(redact.RequestOptions{Body: []string{"From"}, Query: []string{"From"}}).Apply(&raw)
		for pair := range strings.SplitSeq(raw.Query, "&") {
			if name, _, _ := strings.Cut(pair, "="); name == "From" {
				t.Errorf("%q keeps From: %q", query, raw.Query)
			}
		}
		if len(raw.Body) > 0 && len(raw.Body) > len(body) {
			t.Errorf("%q became %q", body, raw.Body)
		}
	})
}

func TestEvents(t *testing.T) {
	in := `{"specversion":"1.0","id":"call-+4930","source":"/s","type":"t","subject":"call/+4930","time":"2025-03-04T08:00:00Z","partitionkey":"call/+4930","data":{"call":{"from":"+4930","to":"+4931"}}}`
	e, err := event.Parse([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	got, err := redact.NewEvents([]string{"data.call.to"}, []string{"id", "subject", "data.call.from"}, key).Apply(e)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(got.JSON)+got.ID+got.Subject+got.PartitionKey, "+493") {
		t.Errorf("%+v %s", got, got.JSON)
	}
	if got.PartitionKey != got.Subject || !strings.HasPrefix(got.ID, redact.HashPrefix) || !got.Time.Equal(time.Date(2025, 3, 4, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", got)
	}
	bytes, err := event.Parse([]byte(`{"id":"1","source":"/s","type":"t","data_base64":"KzQ5MzA="}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, err = redact.NewEvents([]string{"data.call.to"}, nil, nil).Apply(bytes); err != nil || strings.Contains(string(got.JSON), "KzQ5") {
		t.Errorf("bytes that nobody can look through stay: %s, %v", got.JSON, err)
	}
	if got, err = redact.NewEvents([]string{"subject"}, nil, nil).Apply(bytes); err != nil || !strings.Contains(string(got.JSON), "KzQ5") {
		t.Errorf("bytes that nothing was said of are gone: %s, %v", got.JSON, err)
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		path string
		hash bool
		ok   bool
	}{
		{"data.call.from", false, true}, {"data.*.phone", true, true}, {"data.**.phone", false, true}, {"subject", false, true}, {"id", true, true}, {"data", true, true},
		{"", false, false}, {"data..x", false, false}, {".", false, false}, {"id", false, false}, {"type", true, false}, {"time", false, false},
		{"data", false, false}, {"**", false, false}, {"**.phone", false, false}, {"*.phone", true, false}, {"data_base64", false, false},
	} {
		if what, do := redact.Check(c.path, c.hash); (what == "") != c.ok || (do == "") != c.ok {
			t.Errorf("%q, hash %v: %q; %q", c.path, c.hash, what, do)
		}
	}
}
