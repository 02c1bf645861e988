package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// shop is a gateway whose receiver answers as it is told, and the commands run against it.
type shop struct {
	*testing.T
	config string
	hook   string
	status atomic.Int64
	ended  *feed.Listener
}

func startShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{T: t}
	s.status.Store(http.StatusBadRequest)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(s.status.Load())) }))
	t.Cleanup(receiver.Close)
	admin, listen := gatewaytest.FreeAddr(t), gatewaytest.FreeAddr(t)
	s.config = gatewaytest.Write(t, fmt.Sprintf(`[server]
listen = %q
admin = %q
[queue]
dir = "data"
min_free = "1MiB"
[plugins]
dir = "."
[sources.in]
verify = { scheme = "none" }
[destinations.crm]
url = %q
allow_http = true
allow_private = true
[[routes]]
name = "all"
to = ["crm"]
`, listen, admin, receiver.URL))
	s.hook = "http://" + listen + "/hooks/in"
	hub := new(feed.Hub)
	s.ended = hub.Listen(1 << 12)
	g, err := gateway.New(t.Context(), gateway.Options{ConfigFile: s.config, Feed: hub})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// send posts n events and waits until their deliveries have ended.
func (s *shop) send(n int) {
	s.Helper()
	for i := range n {
		body := fmt.Sprintf(`{"specversion":"1.0","id":"ev-%d","source":"/t","type":"test.happened","subject":"agent/7","data":{}}`, i)
		resp, err := http.Post(s.hook, "application/cloudevents+json", strings.NewReader(body))
		if err != nil || resp.StatusCode != http.StatusAccepted || resp.Body.Close() != nil {
			s.Fatal(resp, err)
		}
	}
	s.awaitEnds(n)
}

func (s *shop) awaitEnds(n int) {
	s.Helper()
	for timeout := time.After(20 * time.Second); n > 0; {
		select {
		case note := <-s.ended.C:
			if note.Kind == feed.Ended {
				n--
			}
		case <-timeout:
			s.Fatalf("%d deliveries have not ended", n)
		}
	}
}

// says runs a command and wants its exit status and something in what it prints.
func (s *shop) says(want int, text string, args ...string) string {
	s.Helper()
	status, out, errs := command(s.T, append(args, "--config", s.config)...)
	if status != want || !strings.Contains(out+errs, text) {
		s.Errorf("plugboard %s: status %d, want %d and %q\n%s%s", strings.Join(args, " "), status, want, text, out, errs)
	}
	return out
}

// TestDeadLettersAreSteered does with dead letters what an operator does: look, count, replay, put away.
func TestDeadLettersAreSteered(t *testing.T) {
	s := startShop(t)
	s.send(6)
	s.says(0, "answered 400", "dead-letters")
	s.says(0, "6 would be queued", "dead-letters", "replay", "--dry-run")
	s.says(0, "6 would be queued", "replay", "--state", "dead", "--dry-run")
	s.says(0, "6 would be cancelled", "dead-letters", "cancel", "--dry-run")
	s.says(0, "ev-3/crm  would be queued", "replay", "ev-3/crm", "--dry-run")
	s.status.Store(http.StatusOK)
	s.says(0, "there may be more", "replay", "--state", "dead", "--limit", "2")
	s.awaitEnds(2)
	out := s.says(0, "3 queued", "replay", "--state", "dead", "--limit", "3")
	if !strings.Contains(out, "2 skipped: it was replayed already") {
		t.Error(out)
	}
	s.awaitEnds(3)
	s.says(1, "it was replayed already", "replay", "ev-1/crm")
	s.says(0, "ev-1/crm  queued as ev-1/crm#", "replay", "ev-1/crm", "--again")
	s.awaitEnds(1)
	s.says(0, "6 cancelled", "dead-letters", "cancel", "--why", "seen to")
	s.says(1, "ev-1/crm  not cancelled: it has ended", "cancel", "ev-1/crm")
	if out := s.says(0, "", "dead-letters"); strings.Contains(out, "ev-") {
		t.Error(out)
	}
	s.says(0, "cancelled after 1 attempt: seen to", "deliveries", "--state", "cancelled")
	s.says(1, "no such delivery", "replay", "nothing")
	s.says(1, "replay it instead", "deliveries", "retry", "ev-1/crm")

	s.says(2, "say which", "replay")
	s.says(2, "not both", "cancel", "ev-1/crm", "--state", "dead")
	s.says(2, "--diff compares", "replay", "--diff", "--to", "crm")
	s.says(2, "belongs to --diff", "replay", "--changed")
	s.says(1, "no destination", "replay", "--state", "dead", "--to", "nowhere")
	s.says(1, "no state", "cancel", "--state", "lost")
}

// TestAttemptsAreListedAndShown reads attempts as a person and as a program does.
func TestAttemptsAreListedAndShown(t *testing.T) {
	s := startShop(t)
	s.send(2)
	s.says(0, "answered 400", "attempts", "--destination", "crm")
	var last admin.AttemptEntry
	lines := strings.Split(strings.TrimSpace(s.says(0, "ev-1/crm", "attempts", "--json")), "\n")
	if err := json.Unmarshal([]byte(lines[0]), &last); err != nil || len(lines) != 2 || last.Delivery != "ev-1/crm" || last.Status != 400 || last.Number != 1 || last.Started.IsZero() {
		t.Errorf("%s: %+v, %v", lines, last, err)
	}
	s.says(0, "status    400", "attempts", "show", "ev-0/crm")
	s.says(0, "status    400", "attempts", "show", "ev-0/crm", "1")
	s.says(1, "has 1 attempt", "attempts", "show", "ev-0/crm", "2")
	s.says(2, "count from 1", "attempts", "show", "ev-0/crm", "first")
}
