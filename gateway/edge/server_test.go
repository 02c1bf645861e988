package edge_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/feed"
)

var received = time.Date(2025, 3, 4, 20, 0, 0, 0, time.UTC)

type accepted struct {
	ID         string   `json:"id"`
	Events     []string `json:"events"`
	Deliveries int      `json:"deliveries"`
	Aside      bool     `json:"aside"`
}

func (g *gateway) accepted(target, body string, headers ...string) accepted {
	g.t.Helper()
	status, answer, h := g.send("POST", target, body, headers...)
	var a accepted
	if err := json.Unmarshal([]byte(answer), &a); err != nil || status != 202 || h.Get("Content-Type") != "application/json" {
		g.t.Fatalf("%d %s (%v)", status, answer, err)
	}
	return a
}

// A 202 means that the event, the deliveries it owes and the request are on disk.
func TestAccepted(t *testing.T) {
	g := start(t, nil)
	a := g.accepted("/hooks/read?x=%2F", `{"a":1}`, "Content-Type", "application/json", "X-Zendesk-Account-Id", "9", "X-Api-Key", "s3cr3t", "Authorization", "Bearer s3cr3t")
	if len(a.Events) != 1 || a.Events[0] != a.ID || a.Deliveries != 2 {
		t.Fatalf("answered %+v", a)
	}
	stored, err := g.queue.Event(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	e := stored.Event
	if e.Source != "read" || e.Type != "agent.state.changed" || e.Subject != "agent/7" || !strings.Contains(string(e.Body), `"data":{"a":1,"derived":["time"]}`) {
		t.Errorf("stored %+v: %s", e, e.Body)
	}
	if !strings.Contains(string(e.Body), `"source":"/acme/main"`) {
		t.Errorf("the connection's account is not in the source: %s", e.Body)
	}
	var owed []string
	for _, d := range stored.Deliveries {
		owed = append(owed, d.Destination+":"+d.Route+":"+d.Key)
	}
	if diff := cmp.Diff([]string{"agents:agents:agent/7", "out:everything:"}, sorted(owed)); diff != "" {
		t.Errorf("owed (-want +got):\n%s", diff)
	}
	raw, err := event.DecodeRaw(e.Raw)
	if err != nil {
		t.Fatal(err)
	}
	want := event.Raw{Method: "POST", Path: "/hooks/read", Query: "x=%2F", ContentType: "application/json", RemoteAddr: "127.0.0.1",
		Headers: []event.Header{{Name: "content-type", Value: "application/json"}, {Name: "x-zendesk-account-id", Value: "9"}}, Body: []byte(`{"a":1}`)}
	if diff := cmp.Diff(want, raw); diff != "" {
		t.Errorf("raw (-want +got):\n%s", diff)
	}
}

func sorted(list []string) []string {
	for i := range list {
		for j := i; j > 0 && list[j] < list[j-1]; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	return list
}

// A repeat is answered like the first and queued once; after the first commit nothing else is counted as accepted.
func TestRepeat(t *testing.T) {
	g := start(t, nil)
	first := g.accepted("/hooks/read", `{"a":1}`)
	again := g.accepted("/hooks/read", `{"a":1}`)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("answered differently:\n%s", diff)
	}
	if n := len(g.events()); n != 1 {
		t.Errorf("%d events stored, want 1", n)
	}
	if n := g.counted("plugboard_events_accepted_total", "read"); n != 1 {
		t.Errorf("counted %v accepted, want 1", n)
	}
	if n := g.counted("plugboard_events_received_total", "202", "read"); n != 2 {
		t.Errorf("counted %v answers, want 2", n)
	}
	if notes := g.notes.of(feed.Accepted); len(notes) != 2 || notes[0].Reason != "" || notes[1].Reason == "" || notes[0].Deliveries != 2 {
		t.Errorf("notes %+v", notes)
	}
}

// What no route wants is stored and answered 202 all the same.
func TestUnwanted(t *testing.T) {
	g := start(t, nil)
	a := g.accepted("/hooks/plain", `{"specversion":"1.0","id":"1","source":"/s","type":"quiet"}`, "Content-Type", "application/cloudevents+json")
	if a.ID != "1" || a.Deliveries != 0 {
		t.Errorf("answered %+v", a)
	}
	if stored := g.events(); len(stored) != 1 || len(stored[0].Deliveries) != 0 {
		t.Errorf("stored %+v", stored)
	}
}

func TestBatch(t *testing.T) {
	g := start(t, nil)
	a := g.accepted("/hooks/plain", `[{"specversion":"1.0","id":"1","source":"/s","type":"t"},{"specversion":"1.0","id":"2","source":"/s","type":"agent.x"}]`,
		"Content-Type", "application/cloudevents-batch+json")
	if diff := cmp.Diff(accepted{ID: "1", Events: []string{"1", "2"}, Deliveries: 3}, a); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
