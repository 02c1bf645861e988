package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// TestEddyDeskLive: EddyDesk posts a reply whose text it has not escaped, and the gateway writes the note on the parent request,
// over HTTP, to a server that answers as EddyDesk does: done, a redirect, banned, a wrong key.
func TestEddyDeskLive(t *testing.T) {
	body, err := os.ReadFile("../plugins/eddydesk/testdata/12-broken-json.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		answer func(http.ResponseWriter)
		kind   feed.Kind
		result string
		not    time.Duration // before the next attempt
		author string        // of the reply's author
	}{
		{"done", func(w http.ResponseWriter) { fmt.Fprint(w, `{"data":{"id":901}}`) }, feed.Ended, "delivered", 0, "99"}, //nolint:errcheck // the client would notice
		{"a redirect is a success", func(w http.ResponseWriter) { w.Header().Set("Location", "/elsewhere"); w.WriteHeader(http.StatusFound) }, feed.Ended, "delivered", 0, "99"},
		{"banned", func(w http.ResponseWriter) {
			w.Header().Set("X-Rate-Limit-Remaining", "0")
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"errors":[{"code":"e-401","title":"Ban","details":"Ban for 20 min."}]}`) //nolint:errcheck // as above
		}, feed.Attempt, "retry", 20 * time.Minute, "99"},
		{"staff replied", nil, feed.Ended, "dropped", 0, "12"},
	} {
		t.Run(test.name, func(t *testing.T) {
			requests := make(chan string, 8)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				user, key, _ := r.BasicAuth()
				requests <- fmt.Sprintf("%s %s %s %s:%s %s", r.Method, r.URL.Path, r.Header.Get("Content-Type"), user, key, sent)
				test.answer(w)
			}))
			t.Cleanup(server.Close)
			g := start(t, eddyDeskFile(t, server.URL))
			notes := g.feed.Listen(256)
			defer notes.Close()
			reply := strings.NewReplacer(`"ticket_id": "5158"`, `"ticket_id": "5158", "p": "5100"`, `"last_post_user_id": "99"`, `"last_post_user_id": "`+test.author+`"`).Replace(string(body))
			webhook(t, g.url("/hooks/sources-reply"), "application/json", reply)
			for {
				select {
				case n := <-notes.C:
					if n.Kind != test.kind {
						continue
					}
					if n.Result != test.result || test.not > 0 && time.Until(n.NotBefore) < test.not-time.Minute {
						t.Errorf("%+v; want %s, not before %s", n, test.result, test.not)
					}
				case <-t.Context().Done():
					t.Fatal("nothing came of it")
				}
				break
			}
			close(requests)
			const want = "POST /api/v2/tickets/5100/comments/ application/x-www-form-urlencoded gw@example.com:k text=Reply+in+5158:+He+said+%22no%22%0Aand+left.&user_id=99"
			if got, sent := <-requests; sent != (test.answer != nil) || sent && got != want {
				t.Errorf(" got %s\nwant %s", got, want)
			}
		})
	}
}

// eddyDeskFile is a configuration with a source and a destination as the plugin's page has them.
func eddyDeskFile(t *testing.T, url string) string {
	t.Helper()
	template, err := os.ReadFile("../plugins/eddydesk/testdata/templates/new-reply.json.txt")
	if err != nil {
		t.Fatal(err)
	}
	layout := strings.Replace(string(template), `"ticket_id": "{ticket_id}"`, `"ticket_id": "{ticket_id}", "p": "{parent_ticket_id}"`, 1)
	return gatewaytest.Write(t, fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[queue]
dir = "data"
min_free = "1MiB"
[plugins]
%s[sources.sources-reply]
plugin = "eddydesk"
verify = { scheme = "none" }
[sources.sources-reply.config]
account = "desk-main"
dispatcher_condition = "New reply in the request"
template = '''%s'''
[destinations.note]
plugin = "eddydesk"
url = %q
allow_http = true
allow_private = true
auth = { type = "basic", username = "gw@example.com", password = "k" }
success = ["2xx", "3xx"]
retry = { every = "30m", for = "24h" }
[destinations.note.config]
link = "/api/v2/tickets/{parent_ticket_id}/comments/"
template = "text=Reply in {ticket_id}: {answer_last_without_html}&user_id={last_post_user_id}"
last_reply = "requester"
[[routes]]
name = "all"
to = ["note"]
`, gatewaytest.PluginsTable(t), layout, url))
}
