package vendors_test

import (
	"net/http"
	"strings"
)

// kind is a kind of event that the table is about.
type kind struct{ name, eventType, heading string }

var kinds = []kind{
	{"state", "agent.state.changed", "An agent's state"},
	{"call", "call.ended", "A call that ended"},
}

// sender is a vendor as a source. A new vendor is one entry: the source's settings, signed as the vendor signs, and one of its
// cases (plugins/<plugin>/testdata/NAME.request.json, without the ending) for each kind of event that it has.
type sender struct {
	name     string // of the source
	heading  string
	settings string // of the source, in TOML, without its path
	messages map[string][]string
}

var senders = []sender{
	{"zendesk", "Zendesk", `
plugin = "zendesk"
verify = { scheme = "zendesk", secret = "s3cr3t" }
config = { account = "main" }`, map[string][]string{"state": {"03-agent-unified-logout"}}},
}

// target is a system as a destination. A new one is one entry: its settings (SERVER is its server's address), what its server
// answers as documented ("201 {…}"; 200 unless a status stands in front), and what of the last request shows that it
// worked, in few words: they are the table's cell.
type target struct {
	name     string // of the destination
	heading  string
	takes    []string // names of kinds
	settings string
	plays    func(request) string
	shows    func(request) string
	unable   map[string]string // by sender: why it cannot be, where the target takes such events from others
}

var targets = []target{
	{"babelforce", "babelforce: presence", []string{"state"}, `
plugin = "babelforce"
auth   = { type = "oauth2-password", token_url = "SERVER/oauth/token", username = "gateway@example.com", password = "s3cr3t" }
config = { presence_map = { unavailable = "away", limited = "away", engaged = "busy", wrap_up = "busy", offline = "offline", unknown = "away" } }`,
		func(r request) string {
			switch {
			case r.URL.Path == "/oauth/token":
				return `{"access_token":"a","token_type":"bearer","expires_in":3600}`
			case r.Method == http.MethodGet:
				return `{"items":[{"id":"046b6c7f-0b8a-43b9-b35d-6489e6daee91","sourceId":"` + r.URL.Query().Get("sourceId") + `"}],"pagination":{"page":1,"pages":1}}`
			}
			return `201 {"presence":{"name":"` + r.member("presence", "name") + `"}}`
		},
		func(r request) string { return r.member("presence", "name") }, nil},

	{"zendesk-status", "Zendesk: status", []string{"state"}, `
plugin = "zendesk"
auth   = { type = "basic", username = "admin@example.com/token", password = "s3cr3t" }
config = { agents = "agents", unmapped = "base", status_map = { unknown = "Away" } }`,
		func(r request) string {
			if r.Method == http.MethodGet {
				return `{"default":[{"id":1,"name":"Online"},{"id":2,"name":"Offline"},{"id":3,"name":"Away"},{"id":4,"name":"Transfers Only"}],"custom":[]}`
			}
			return `{}`
		},
		func(r request) string {
			name := map[string]string{"1": "Online", "2": "Offline", "3": "Away", "4": "Transfers Only"}[r.member("id")]
			return name + " for " + r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		}, nil},

	{"crm", "CRM: JSON template", []string{"state", "call"}, `
plugin = "webhook"
config = { method = "PUT", url = "SERVER/{{subject}}", body = '{"what": "{{type}}", "who": "{{data.agent.name}}{{^data.agent.name}}{{subject}}{{/data.agent.name}}", "state": "{{data.state.name}}", "outcome": "{{data.call.outcome}}"}' }`,
		func(request) string { return "" },
		func(r request) string {
			return strings.TrimSpace(r.member("who") + " " + r.member("state") + r.member("outcome"))
		}, nil},

	{"cloudevents", "CloudEvents", []string{"state", "call"}, `
plugin = "webhook"
config = { format = "cloudevent" }`,
		func(request) string { return "202 " },
		func(r request) string { return r.member("type") + " from " + r.member("source") }, nil},
}

// deaf is the control: it refuses everything.
var deaf = target{"deaf", "", nil, "", func(request) string { return "400 no" }, nil, nil}

// agents is the table by which Zendesk knows other vendors' agents: theirs, by whatever the vendor's own event has.
func agents() string {
	return "id,zendesk\n" +
		"8447388090494,8447388090494\n"
}
