package examples_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// environment is what the examples' READMEs ask for.
var environment = map[string]string{
	"BABELFORCE_URL": "https://services.babelforce.com", "BABELFORCE_USER": "gateway@example.com",
	"PLUGBOARD_SECRET_ZENDESK_WEBHOOK": "not-a-real-secret-either",
	"EDDYDESK_URL":                     "https://desk.example.com", "PLUGBOARD_SECRET_EDDYDESK_IN": "not-a-real-secret", "PLUGBOARD_SECRET_EDDYDESK_API": "not-a-real-secret",
	"TALKDESK_URL": "https://api.talkdeskapp.com", "PLUGBOARD_SECRET_TALKDESK_PATH": "not-a-real-secret", "PLUGBOARD_SECRET_TALKDESK_CLIENT": "not-a-real-secret",
	"PLUGBOARD_SECRET_BABELFORCE_PASSWORD": "not-a-real-secret",
	"PLUGBOARD_SECRET_BABELFORCE_TOKEN":    "not-a-real-token",
	"PLUGBOARD_SECRET_ZENDESK_TOKEN":       "nor-this-one",
	"ZENDESK_URL":                          "https://acme.zendesk.com", "ZENDESK_USER": "admin@example.com",
	"TELEGRAM_CHAT":                       "-1001234567890",
	"PLUGBOARD_SECRET_TELEGRAM_TOKEN":     "000000:TEST",
	"PLUGBOARD_SECRET_SLACK_PATH":         "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
	"PLUGBOARD_SECRET_WFM_PASSWORD":       "not-a-real-secret",
	"PLUGBOARD_SECRET_WORKFORCE_PASSWORD": "not-a-real-secret",
	"PLUGBOARD_SECRET_ZIWO_ADA":           "not-a-real-secret",
	"WORKFORCE_URL":                       "https://wfm.example.com",
	"CRM_URL":                             "https://crm.example.com/api",
	"PLUGBOARD_SECRET_CRM_SIGNING":        "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
	"PLUGBOARD_SECRET_CRM_TOKEN":          "not-a-real-secret",
	"PLUGBOARD_SECRET_PARTNER_SIGNING":    "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}

func getenv(name string) (string, bool) {
	v, ok := environment[name]
	return v, ok
}

// load copies an example beside built plugins: the folder it names is made by a build.
func load(t *testing.T, name string) gateway.Options {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(name, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), `dir = "../../plugins"`, gatewaytest.PluginsTable(t), 1))
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(name)); err != nil { // files that it names
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return gateway.Options{ConfigFile: file, Getenv: getenv}
}

func TestEveryExampleLoads(t *testing.T) {
	files, err := filepath.Glob("*/config.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		name := filepath.Dir(file)
		t.Run(name, func(t *testing.T) {
			if err := gateway.Check(t.Context(), load(t, name)); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Join(name, "README.md")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnyJSONWritesTheChatMessage(t *testing.T) {
	content, err := os.ReadFile("any-json/01-note.request.json")
	if err != nil {
		t.Fatal(err)
	}
	var sample struct{ Method, Target, Body string }
	if err := json.Unmarshal(content, &sample); err != nil {
		t.Fatal(err)
	}
	r, err := gateway.Try(t.Context(), load(t, "any-json"), gateway.Trial{
		Method: sample.Method, Target: sample.Target, Body: []byte(sample.Body), Now: time.Now(),
		Headers: []event.Header{{Name: "content-type", Value: "application/json"}},
	})
	if err != nil || r.Status != 202 || len(r.Deliveries) != 1 || len(r.Deliveries[0].Requests) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	got, want := r.Deliveries[0].Requests[0].Body, `{"text": "Ada Example: says \"thank you\""}`
	if got != want {
		t.Errorf("body %s, want %s", got, want)
	}
}

// The samples of the chats and of the CRM come out as their READMEs say.
func TestSamplesLead(t *testing.T) {
	for sample, want := range map[string]string{
		"telegram/01-away.request.json": `{"chat_id":-1001234567890,"text":"<b>Ada &lt;Ace&gt; Example</b>: online → away","parse_mode":"HTML","disable_notification":true}`,
		"slack/01-away.request.json": `{"text":"Ada &lt;Ace&gt; Example: online → away","blocks":[{"text":{"text":"*Ada &lt;Ace&gt; Example* is away","type":"mrkdwn"},"type":"section"},` +
			`{"elements":[{"text":"events 2025-03-04T08:00:01Z","type":"mrkdwn"}],"type":"context"}]}`,
		"crm/01-call-ended.request.json": "{\n  \"agent\": \"Ada Example\",\n  \"outcome\": \"answered\"\n  , \"seconds\": 61 \n}\n",
	} {
		content, err := os.ReadFile(sample)
		if err != nil {
			t.Fatal(err)
		}
		var request struct {
			Method, Target, Body string
			Headers              map[string]string
		}
		if err := json.Unmarshal(content, &request); err != nil {
			t.Fatal(err)
		}
		trial := gateway.Trial{Method: request.Method, Target: request.Target, Body: []byte(request.Body), Now: time.Unix(1741075203, 0)}
		for name, value := range request.Headers {
			trial.Headers = append(trial.Headers, event.Header{Name: name, Value: value})
		}
		r, err := gateway.Try(t.Context(), load(t, filepath.Dir(sample)), trial)
		if err != nil || r.Status != 202 || len(r.Deliveries) == 0 {
			t.Fatalf("%s: %+v, %v", sample, r, err)
		}
		d := r.Deliveries[len(r.Deliveries)-1]
		if d.Outcome != "send" || len(d.Requests) != 1 || d.Requests[0].Body != want {
			t.Errorf("%s: %s %s\n got %+v\nwant %s", sample, d.Outcome, d.Reason, d.Requests, want)
		}
	}
}
