package vendors_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// kind is a kind of event that the table is about.
type kind struct{ name, eventType, heading, letter string }

var kinds = []kind{
	{"state", "agent.state.changed", "An agent's state", "S"},
	{"call", "call.ended", "A call that ended", "C"},
	{"ticket", "ticket.created", "A new ticket", "T"},
}

// sender is a vendor as a source. A new vendor is one entry: the source's settings, signed as the vendor signs, one of its
// cases (plugins/<plugin>/testdata/NAME.request.json, without the ending) for each kind of event that it has, and the agent
// whom the case of a state is about.
type sender struct {
	name     string // of the source
	heading  string
	settings string // of the source, in TOML, without its path; TESTDATA is its plugin's folder of that name
	state    string // its case; "" when it has none
	call     string
	agent    string            // data.agent.id of the state: a line of the table by which Zendesk and Talkdesk know the agent
	query    map[string]string // by kind: what the link has besides
	ticket   string
}

// message is the sender's case of a kind, from the repository's folder on, without its ending; "" when it has none.
func (s sender) message(kind kind, plugin string) string {
	file := map[string]string{"state": s.state, "call": s.call, "ticket": s.ticket}[kind.name]
	if file == "" || strings.HasPrefix(file, "examples/") {
		return file
	}
	return "plugins/" + plugin + "/testdata/" + file
}

var senders = []sender{
	{"zendesk", "Zendesk", `
plugin = "zendesk"
verify = { scheme = "zendesk", secret = "s3cr3t" }
config = { account = "main" }`, "03-agent-unified-logout", "", "8447388090494", nil, "09-ticket-created"},

	{"babelforce-events", "babelforce", `
plugin = "babelforce"
verify = { scheme = "bearer", token = "s3cr3t" }
config = { account = "acme", timezone = "Europe/Berlin" }`, "in/available", "", "046b6c7f-0b8a-43b9-b35d-6489e6da0001", nil, ""},

	{"wfm", "RingCX (workforce feed)", `
plugin = "wfm-ringcx"
verify = { scheme = "basic", username = "ringcx", password = "s3cr3t" }
config = { timezone = "Europe/Berlin" }`, "05-state-custom-unicode", "10-call-answered", "1369310", nil, ""},

	{"talkdesk", "Talkdesk", `
plugin = "talkdesk"
verify = { scheme = "query", name = "key", value = "s3cr3t" }
[sources.talkdesk.config]
account = "acme"
status_base = { "Lunch 🍜" = "unavailable" }
[sources.talkdesk.config.automations]
status = { trigger = "An agent status changes", template_file = "TESTDATA/templates/status-changes.json.txt" }
ended  = { trigger = "An inbound call ends", template_file = "TESTDATA/templates/inbound-call-ends.json.txt" }`,
		"03-agent-status-changes", "06-inbound-call-ends", "5d0a0a0a0a0a0a0a0a0a0a01", map[string]string{"state": "automation=status", "call": "automation=ended"}, ""},

	{"twilio", "Twilio TaskRouter", `
plugin = "twilio"
public_url = "https://gateway.example.com"
verify = { scheme = "twilio", secret = "s3cr3t" }
config = { status_base = { "Pause ☕" = "unavailable" } }`, "01-activity", "", "WK00000000000000000000000000000001", nil, ""},

	{"genesys", "Genesys Cloud", `
plugin = "genesys"
verify = { scheme = "header", name = "x-api-key", value = "s3cr3t" }
config = { account = "acme" }`, "01-activity", "07-conversation", "e2f1c5d0-0000-4000-8000-000000000001", nil, ""},

	{"connect", "Amazon Connect", `
plugin = "amazon-connect"
verify = { scheme = "header", name = "x-amz-firehose-access-key", value = "s3cr3t" }
config = { status_base = { "Lunch" = "unavailable" } }`, "01-state-change", "", "ag-1", nil, ""},

	{"aircall", "Aircall", `
plugin = "aircall"
verify = { scheme = "body-token", value = "s3cr3t" }
config = { account = "acme" }`, "07-user-opened", "04-call-ended", "456", nil, ""},

	// Ziwo signs nothing: its secret is a path that nobody guesses. It knows agents by their numbers; the map makes them ids.
	{"ziwo", "Ziwo", `
plugin = "ziwo"
verify = { scheme = "none" }
config = { account = "acme", agents = { "043960200" = "8447388090499" } }`, "11-agent-status-break", "04-call-ended", "8447388090499", nil, ""},

	{"eddydesk", "EddyDesk", `
plugin = "eddydesk"
verify = { scheme = "basic", username = "gateway", password = "s3cr3t" }
config = { account = "desk-main", timezone = "Europe/Kyiv", dispatcher_condition = "New request", template_file = "TESTDATA/templates/new-request.json.txt" }`,
		"", "", "", nil, "01-new-request"},

	{"cloudevents-in", "CloudEvents", `
verify = { scheme = "standard-webhooks", secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" }`, "examples/telegram/01-away", "examples/crm/01-call-ended", "8447388090494", nil, ""},
}

// target is a system as a destination. A new one is one entry: its settings (SERVER is its server's address), what its server
// answers as documented ("201 {…}"; 200 unless a status stands in front), and what of the last request shows that it
// worked, in few words: they are the table's cell.
type target struct {
	name     string   // of the destination
	heading  string   // in plugins/PAIRS.md
	system   string   // in the README: the columns of those with the same are one
	takes    []string // names of kinds
	settings string
	plays    func(request) string
	shows    func(request) string
	unable   map[string]string // by sender: why it cannot be, where the target takes such events from others
}

var targets = []target{
	{"babelforce", "babelforce: presence", "babelforce", []string{"state"}, `
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

	{"zendesk-status", "Zendesk: status", "Zendesk", []string{"state"}, `
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

	{"talkdesk-status", "Talkdesk: status", "Talkdesk", []string{"state"}, `
plugin = "talkdesk"
auth   = { type = "oauth2-client-credentials", token_url = "SERVER/oauth/token", client_id = "plugboard", client_secret = "s3cr3t" }
config = { users = "agents", status_map = { offline = "Away", unknown = "Away" } }`,
		func(r request) string {
			if r.URL.Path == "/oauth/token" {
				return `{"access_token":"a","token_type":"Bearer","expires_in":600}`
			}
			return "204 "
		},
		func(r request) string { return r.member("new_status") }, nil},

	{"ziwo-status", "Ziwo: status", "Ziwo", []string{"state"}, `
plugin = "ziwo"
config = { statuses = { offline = 2, unknown = 2 }, logins = { LOGINS } }`,
		func(r request) string {
			if r.URL.Path == "/auth/login" {
				return `{"result":true,"content":{"access_token":"a"},"info":{}}`
			}
			return `{"result":true,"content":{},"info":{}}`
		},
		func(r request) string {
			return map[string]string{"1": "Available", "2": "On Break", "3": "Meeting", "4": "Outgoing"}[r.member("number")]
		}, nil},

	{"crm", "CRM: JSON template", "CRM", []string{"state", "call", "ticket"}, `
plugin = "webhook"
config = { method = "PUT", url = "SERVER/{{subject}}", body = '{"what": "{{type}}", "who": "{{data.agent.name}}{{^data.agent.name}}{{subject}}{{/data.agent.name}}", "state": "{{data.state.name}}", "outcome": "{{data.call.outcome}}{{data.ticket.subject}}"}' }`,
		func(request) string { return "" },
		func(r request) string {
			return strings.TrimSpace(r.member("who") + " " + r.member("state") + r.member("outcome"))
		}, nil},

	{"cloudevents", "CloudEvents", "CloudEvents", []string{"state", "call", "ticket"}, `
plugin = "webhook"
config = { format = "cloudevent" }`,
		func(request) string { return "202 " },
		func(r request) string { return r.member("type") + " from " + r.member("source") }, nil},

	{"workforce", "workforce system (RingCX's feed)", "workforce", []string{"state", "call"}, `
plugin = "wfm-ringcx"
auth   = { type = "basic", username = "plugboard", password = "s3cr3t" }
config = { agent_url = "/agent", call_url = "/call", send_body_as_json = true, timezone = "Europe/Berlin" }`,
		func(request) string { return "" },
		func(r request) string {
			return strings.Join(strings.Fields(r.member("event_type")+" "+r.member("event_aux_type")+" "+r.member("call_state")), " ")
		}, nil},

	// A note on the request in which a team keeps its log: states and calls have no request of their own.
	{"eddydesk-note", "EddyDesk: note", "EddyDesk", []string{"state", "call", "ticket"}, `
plugin  = "eddydesk"
auth    = { type = "basic", username = "gateway@example.com", password = "s3cr3t" }
success = ["2xx", "3xx"]
[destinations.eddydesk-note.config]
link = "/api/v2/tickets/5100/comments/"
template = "text={who} {call} {state}{outcome}{ticket_name}"
tags = { who = "data.agent.id", call = "data.call.id", state = "data.state.name", outcome = "data.call.outcome" }`,
		func(request) string {
			return `{"data":{"ticket_id":5100,"id":901,"user_id":12,"text":"","date_created":"10:15:05 04.03.2025","visible":"1","files":[]}}`
		},
		func(r request) string {
			form, err := url.ParseQuery(string(r.body))
			if err != nil || r.URL.Path != "/api/v2/tickets/5100/comments/" {
				return ""
			}
			return strings.Join(strings.Fields(form.Get("text")), " ")
		}, nil},

	{"talkdesk-posts", "who knows Talkdesk's posts", "Talkdesk", []string{"state", "call"}, `
plugin = "talkdesk"
[destinations.talkdesk-posts.config.automations]
status   = { trigger = "An agent status changes", template = '{"event": "status", "agent": "{{agent_id}}", "status": "{{status}}"}' }
inbound  = { trigger = "An inbound call ends", template = '{"event": "inbound", "call": "{{call_id}}", "seconds": "{{total_duration}}"}' }
outbound = { trigger = "An outbound call ends", template = '<call direction="outbound"><id>{{call_id}}</id></call>' }`,
		func(request) string { return "" },
		func(r request) string {
			return strings.TrimSpace(r.member("event") + " " + r.member("status") + r.member("seconds"))
		}, nil},

	{"ziwo-webhook", "who knows Ziwo's messages", "Ziwo", []string{"state", "call"}, `
plugin = "ziwo"
config = { action = "webhook" }`,
		func(request) string { return "" },
		func(r request) string { return r.member("type") }, nil},

	{"telegram", "Telegram", "Telegram", []string{"state", "call", "ticket"}, `
plugin = "telegram"
config = { chat_id = -100, text = "<b>{{data.agent.name}}{{^data.agent.name}}{{subject}}{{/data.agent.name}}</b> {{data.state.name}}{{data.call.outcome}}{{data.ticket.subject}}" }`,
		func(r request) string {
			return `{"ok":true,"result":{"message_id":1,"text":"` + r.member("chat_id") + `"}}`
		},
		func(r request) string { return r.member("text") }, nil},

	{"slack", "Slack", "Slack", []string{"state", "call", "ticket"}, `
plugin = "slack"
config = { text = "*{{data.agent.name}}{{^data.agent.name}}{{subject}}{{/data.agent.name}}* {{data.state.name}}{{data.call.outcome}}{{data.ticket.subject}}" }`,
		func(request) string { return "ok" },
		func(r request) string { return r.member("text") }, nil},
}

// deaf is the control: it refuses everything.
var deaf = target{"deaf", "", "", nil, "", func(request) string { return "400 no" }, nil, nil}

// logins are those with which Ziwo lets agents set their status.
func logins() string {
	known := map[string]bool{}
	var list []string
	for _, s := range senders {
		if s.agent != "" && !known[s.agent] {
			known[s.agent] = true
			list = append(list, fmt.Sprintf("%q = { username = %q, password = \"s3cr3t\" }", s.agent, s.name+"@example.com"))
		}
	}
	return strings.Join(list, ", ")
}

// agents is the table by which Zendesk knows the agents of all.
func agents() string {
	known := map[string]bool{}
	var b strings.Builder
	b.WriteString("id,zendesk\n")
	for i, s := range senders {
		if s.agent != "" && !known[s.agent] {
			known[s.agent] = true
			fmt.Fprintf(&b, "%s,%d\n", s.agent, 8447388090494+i)
		}
	}
	return b.String()
}
