package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue"
)

// ticketSystem is Zendesk's API for tickets: one ticket is open, one closed, and each comment is reported by webhook, its
// text with other white space than it came with.
type ticketSystem struct {
	t    *testing.T
	hook string

	mu       sync.Mutex
	comments []string
	work     sync.WaitGroup
}

func (s *ticketSystem) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Ticket struct {
			Comment struct {
				Body   string
				Public *bool
			}
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.Method != http.MethodPut || r.Header.Get("Authorization") != "Bearer made-up" {
		s.t.Errorf("%s %s, %v", r.Method, r.URL, err)
	}
	c := body.Ticket.Comment
	switch ticket := strings.TrimPrefix(r.URL.Path, "/api/v2/tickets/"); ticket {
	case "5158":
		_, _ = fmt.Fprintf(w, `{"ticket":{"id":5158},"audit":{"id":1}}`)
		s.mu.Lock()
		s.comments = append(s.comments, fmt.Sprintf("%s (public %v)", c.Body, c.Public != nil && *c.Public))
		s.mu.Unlock()
		s.work.Go(func() { s.commented("<p>"+c.Body+"</p>", strings.Join(strings.Fields(c.Body), "  ")+"\n") })
	case "5159":
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = fmt.Fprint(w, `{"error":"RecordInvalid","description":"Record validation errors","details":{"base":[{"description":"Status: closed prevents ticket update"}]}}`)
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprint(w, `{"error":"RecordNotFound","description":"Not found"}`)
	}
}

// commented is Zendesk's webhook about a comment.
func (s *ticketSystem) commented(id, text string) {
	webhook(s.t, s.hook, "application/json", fmt.Sprintf(`{"account_id":1,"id":%q,"type":"zen:event-type:ticket.comment_added","subject":"zen:ticket:5158",`+
		`"time":"2025-03-04T10:25:26Z","zendesk_event_version":"2022-11-06","detail":{"id":"5158"},"event":{"comment":{"id":"7","body":%q,"is_public":false}}}`, id, text))
}

// A call that ended is a note on its ticket; what Zendesk reports of it is the echo, and goes no further, and what a
// person writes does. A closed ticket and one that is not there make dead letters that say so.
func TestCommentsOnTickets(t *testing.T) {
	s := &ticketSystem{t: t}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		s.work.Wait()
	})
	crm, _ := answering(t, http.StatusOK)
	g := start(t, gatewaytest.Write(t, fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
[queue]
min_free = "1MiB"
[plugins]
%s
[sources.calls]
verify = { scheme = "none" }
[sources.zendesk]
plugin = "zendesk"
verify = { scheme = "none" }
[destinations.notes]
plugin = "zendesk"
url = %q
auth = { type = "bearer", token = "made-up" }
allow_http = true
allow_private = true
config = { action = "comment", comment = "Call {{data.call.id}}: {{data.call.outcome}} “{{data.agent.name}}”" }
[destinations.crm]
url = %q
allow_http = true
allow_private = true
[[routes]]
name = "calls to notes"
from = ["calls"]
to = ["notes"]
[[routes]]
name = "comments to the crm"
from = ["zendesk"]
types = ["ticket.comment.added"]
to = ["crm"]
`, gatewaytest.PluginsTable(t), server.URL, crm)))
	s.hook = g.url("/hooks/zendesk")
	for id, ticket := range map[string]string{"c1": "5158", "c2": "5159", "c3": "1"} {
		webhook(t, g.url("/hooks/calls"), "application/cloudevents+json", fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/ziwo/acme","type":"call.ended",`+
			`"subject":"call/%[1]s","data":{"call":{"id":%[1]q,"outcome":"answered"},"agent":{"name":"Zoë\t\"Z\""},"ticket":{"id":%q}}}`, id, ticket))
	}
	got := map[string]string{}
	for _, d := range settledWithin(t, g.Store(), "notes", 3) {
		got[d.ID] = fmt.Sprint(d.State, " ", d.Reason)
	}
	want := map[string]string{"c1/notes": "delivered ", "c2/notes": "dead comment: answered 422: Status: closed prevents ticket update", "c3/notes": "dead ticket not found in Zendesk"}
	for id, end := range want {
		if strings.TrimSpace(got[id]) != strings.TrimSpace(end) {
			t.Errorf("%s: %q, want %q", id, got[id], end)
		}
	}
	s.mu.Lock()
	comments := s.comments
	s.mu.Unlock()
	if want := "Call c1: answered “Zoë\t\"Z\"” (public false)"; len(comments) != 1 || comments[0] != want {
		t.Errorf("comments %q, want %q", comments, want)
	}
	if d := settledWithin(t, g.Store(), "crm", 1)[0]; d.State != queue.Dropped || !strings.HasPrefix(d.Reason, "echo of delivery c1/notes") {
		t.Errorf("what Zendesk reported: %s, %s", d.State, d.Reason)
	}
	s.commented("by hand", "Call c1: answered “Zoë\t\"Z\"” and was glad")
	s.commented("the same, by hand", "Call c1: answered “Zoë\t\"Z\"”")
	delivered := 0
	for _, d := range settledWithin(t, g.Store(), "crm", 3) {
		if d.State == queue.Delivered {
			delivered++
		}
	}
	if delivered != 2 {
		t.Errorf("%d of 2 comments by hand went on", delivered)
	}
}
