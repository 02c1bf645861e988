package plugintest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// recorder stands in for a testing.T, to see that what is wrong is called wrong.
type recorder struct{ faults []string }

func (r *recorder) Helper()                   {}
func (r *recorder) Failed() bool              { return len(r.faults) > 0 }
func (r *recorder) Error(a ...any)            { r.faults = append(r.faults, fmt.Sprint(a...)) }
func (r *recorder) Errorf(f string, a ...any) { r.faults = append(r.faults, fmt.Sprintf(f, a...)) }
func (r *recorder) Fatal(a ...any)            { r.Error(a...); runtime.Goexit() }
func (r *recorder) Fatalf(f string, a ...any) { r.Errorf(f, a...); runtime.Goexit() }
func (r *recorder) run(do func(tb)) (all string) { // do may end its goroutine
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(r)
	}()
	<-done
	return strings.Join(r.faults, "\n")
}

// presence is a small destination plugin of two steps, with a memory for the second attempt.
var presence = Plugin{
	Init: func() error {
		if sdk.Config().Get("bad").Exists() {
			return sdk.Reject("bad: unknown key")
		}
		return nil
	},
	Format: func(in *sdk.Incoming, out *sdk.Outgoing) error {
		if in.Get("data.reason").Str() == "api" {
			return sdk.Drop("echo of our own change")
		}
		if id := in.Memo().Get("id").Str(); id != "" {
			put(out, id, in)
			return nil
		}
		out.Method("GET")
		out.Path("agents")
		out.Query("sourceId", in.Get("data.agent").Str())
		return nil
	},
	Judge: func(a *sdk.Answer, v *sdk.Verdict) error {
		switch {
		case a.Header("X-Limit") == "0":
			v.Retry("limit").AfterSeconds(1200)
			v.SlowDown(30)
		case a.Status() == 410:
			v.Disable("gone")
		case a.Step() == 1 && a.Memo().Get("id").Str() == "":
			doc, err := a.JSON()
			if err != nil {
				return sdk.Fail(err.Error())
			}
			id := doc.Get("items.0.id").Str()
			if id == "" {
				v.Dead("agent not found")
				return nil
			}
			v.Memo().Str("id", id)
			put(v.Next(), id, a.Event())
		}
		return nil
	},
}

func put(q *sdk.Outgoing, id string, in *sdk.Incoming) {
	q.Method("PUT")
	q.Path("agents", id)
	q.JSON().Str("presence", in.Get("data.state").Str())
	q.Header("x-mark", "1")
}

const lookup = `{"request":{"method":"GET","path":"/agents","query":{"sourceId":"7"},"headers":{"authorization":"Bearer x"}},
	"response":{"status":200,"body":{"items":[{"id":"u/1"}]}}}`
const change = `{"request":{"method":"PUT","path":"/agents/u%2F1","headers":{"x-mark":"1","content-type":"application/json"},"body":{"presence":"away"}},
	"response":{"status":201}}`
const token = `{"request":{"method":"POST","path":"/oauth/token"},"response":{"status":200}}`
const given = `{"event":{"data":{"agent":7,"state":"away"}}}`

// playText plays a scenario and gives its faults.
func playText(t *testing.T, scenario string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.scenario.json")
	if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	return new(recorder).run(func(r tb) { playScenario(r, presence, file) })
}

func scenario(given, expect string, exchange ...string) string {
	return `{"given":` + given + `,"expect":` + expect + `,"exchange":[` + strings.Join(exchange, ",") + `]}`
}

func with(exchange, from, to string) string { return strings.Replace(exchange, from, to, 1) }

func TestScenario(t *testing.T) {
	unauthorised := with(lookup, `"status":200`, `"status":401`)
	busy := with(change, `"status":201`, `"status":503`)
	tests := []struct{ name, scenario, fault string }{
		{"delivered", scenario(given, `{"delivered":true,"requests":2,"attempts":1,"memo":{"id":"u/1"}}`, lookup, change), ""},
		{"token first", scenario(given, `{"delivered":true,"requests":3}`, token, lookup, change), ""},
		{"token expired", scenario(given, `{"delivered":true,"requests":4}`, unauthorised, token, lookup, change), ""},
		{"second attempt", scenario(given, `{"delivered":true,"attempts":2}`, lookup, busy, change), ""},
		{"left to retry", scenario(given, `{"delivered":false,"retry":true}`, lookup, busy), ""},
		{"dropped", scenario(`{"event":{"data":{"reason":"api"}}}`, `{"dropped":true,"delivered":false,"retry":false,"reason":"echo","requests":0}`), ""},
		{"dead", scenario(given, `{"dead":true,"reason":"not found"}`, with(lookup, `{"id":"u/1"}`, ``)), ""},
		{"slow", scenario(given, `{"retry":true,"not_before_seconds":1200,"slow_down":true,"credentials_marked_bad":false}`,
			with(lookup, `"status":200`, `"status":401,"headers":{"x-limit":"0"}`)), ""},
		{"disabled", scenario(given, `{"disable_target":true}`, with(lookup, `"status":200`, `"status":410`)), ""},

		{"other path", scenario(given, `{}`, with(lookup, "/agents", "/users")), `"/users"`},
		{"other parameter", scenario(given, `{}`, with(lookup, `"7"`, `"8"`)), `"sourceId"`},
		{"other body", scenario(given, `{}`, lookup, with(change, `"away"`, `"here"`)), `"here"`},
		{"other header", scenario(given, `{}`, lookup, with(change, `"x-mark":"1"`, `"x-mark":"2"`)), `"x-mark"`},
		{"missing header", scenario(given, `{}`, lookup, with(change, `"x-mark":"1"`, `"x-other":"1"`)), `"x-other"`},
		{"other method", scenario(given, `{}`, lookup, with(change, `"PUT"`, `"POST"`)), `"POST"`},
		{"too many", scenario(given, `{}`, lookup, change, change), "1 requests of the scenario to go"},
		{"too few", scenario(given, `{}`, lookup), "a request more than the scenario has"},
		{"not delivered", scenario(given, `{"delivered":true}`, lookup, busy), "delivered: want true, got false (ended as retry"},
		{"other reason", scenario(given, `{"reason":"ambiguous"}`, with(lookup, `{"id":"u/1"}`, ``)), "reason: want one with"},
		{"unknown expectation", scenario(given, `{"deliverd":true}`, lookup, change), "deliverd: an expectation that nobody knows"},
		{"no event", scenario(`{}`, `{}`), "given.event is missing"},
		{"refused configuration", scenario(with(given, `{"event"`, `{"bad":1,"event"`), `{}`), "refuses the configuration: reject: bad: unknown key"},
		{"refusal expected", scenario(with(given, `{"event"`, `{"bad":1,"event"`), `{"refused":"bad: unknown key"}`), ""},
		{"other refusal expected", scenario(with(given, `{"event"`, `{"bad":1,"event"`), `{"refused":"unknown"}`), "refused: want"},
		{"not refused", scenario(given, `{"refused":"bad: unknown key"}`, lookup, change), "refused: want"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := playText(t, test.scenario)
			if (test.fault == "") != (got == "") || !strings.Contains(strings.ReplaceAll(got, "\u00a0", " "), test.fault) {
				t.Errorf("want the fault %q, got:\n%s", test.fault, got)
			}
		})
	}
}

// reading is a small source plugin that uses all of the host.
var reading = Plugin{
	Receive: func(r *sdk.Request, out *sdk.Events) error {
		if r.Method() != "POST" {
			return sdk.Reject("want POST")
		}
		sdk.Info("reading " + r.Path())
		doc, err := r.JSON()
		if err != nil {
			return sdk.Reject(err.Error())
		}
		e := out.Add("agent.state.changed")
		agent, _ := sdk.Lookup("agents", doc.Get("n").Str())
		before, _ := sdk.State("last")
		sdk.SetState("last", agent, 60)
		e.Data().Str("agent.id", agent)
		e.Data().Str("before", before)
		mac, ok := sdk.Sign("key", sdk.HMACSHA256, r.Body())
		e.Data().Bool("signed", ok && len(mac) == 32)
		e.Received(r.ReceivedAt())
		return nil
	},
	Transform: func(in *sdk.Incoming, out *sdk.Events) error {
		e := out.Copy(in)
		e.Remove("data.secret")
		e.Data().Str("added", sdk.Config().Get("word").Str())
		return nil
	},
}

// TestEncode plays the case of an encode, and sees when another request is made.
func TestEncode(t *testing.T) {
	p := Plugin{Encode: func(in *sdk.Incoming, out *sdk.Message) error {
		if in.Type() == "" {
			return sdk.Reject("no type")
		}
		out.Method("PUT")
		out.Form("kind", in.VendorType())
		out.Header("x-word", sdk.Config().Get("word").Str())
		return nil
	}}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.encode.json":  `{"event":{"type":"t","cctype":"T"},"config":{"word":"w"}}`,
		"a.message.json": `{"request":{"method":"PUT","form":{"kind":"T"},"headers":{"x-word":"w"}}}`,
		"b.encode.json":  `{"event":{}}`,
		"b.error.json":   `{"stop":"reject","reason":"no type"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	Run(t, p, dir)
}

// TestRoundTrip: a plugin whose encode is right passes, and one that forgets a field, says no, or is not read again does not.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.request.json")
	if err := os.WriteFile(file, []byte(`{"method":"GET","target":"/x?agent=7&status=away&more=1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	receive := func(r *sdk.Request, out *sdk.Events) error {
		fields := r.QueryFields()
		e := out.Add("agent.state.changed")
		e.Data().StrFrom("agent.id", fields.Get("agent"))
		e.Data().StrFrom("state.name", fields.Get("status"))
		e.Data().Rest("extensions.acme", fields.Root())
		e.Received(r.ReceivedAt())
		return nil
	}
	encode := func(in *sdk.Incoming, out *sdk.Message) error {
		out.Method("GET")
		for name, v := range in.Extensions("acme").Each {
			out.Query(name, v.Str())
		}
		out.Query("agent", in.Get("data.agent.id").Str())
		out.Query("status", in.Get("data.state.name").Str())
		return nil
	}
	RoundTrip(t, Plugin{Receive: receive, Encode: encode}, dir)
	for want, bad := range map[string]func(*sdk.Incoming, *sdk.Message) error{
		`"name": "away"`: func(in *sdk.Incoming, out *sdk.Message) error {
			err := encode(in, out)
			out.Query("status", "here")
			return err
		},
		"encode ends with reject: no": func(*sdk.Incoming, *sdk.Message) error { return sdk.Reject("no") },
	} {
		got := new(recorder).run(func(r tb) { playRoundTrip(r, Plugin{Receive: receive, Encode: bad}, file) })
		if !strings.Contains(strings.ReplaceAll(got, "\u00a0", " "), want) {
			t.Errorf("want %q, got:\n%s", want, got)
		}
	}
}

func TestReceive(t *testing.T) {
	Run(t, reading, "testdata")
}

// What is wrong with an event, a reply or a stop must be seen.
func TestReceiveSeesFaults(t *testing.T) {
	defer func(before bool) { *update = before }(*update)
	*update = false
	dir := t.TempDir()
	files := map[string]string{
		"a.request.json": `{"method":"POST","target":"/x","body":{"n":1}}`,
		"a.events.json":  `{"events":[]}`,
		"b.request.json": `{"method":"GET","target":"/x"}`,
		"b.error.json":   `{"stop":"drop","reason":"want POST"}`,
		"c.request.json": `{"method":"GET","target":"/x"}`,
		"c.events.json":  `{"events":[]}`,
		"d.request.json": `{"method":"GET","target":"/x"}`,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"a": "agent.state.changed", "b": `"reject"`, "c": `+   "stop": "reject"`, "d": "-update writes it"} {
		file := filepath.Join(dir, name+".request.json")
		got := new(recorder).run(func(r tb) {
			playReceive(r, reading, casefile.Of(file))
		})
		if !strings.Contains(got, want) {
			t.Errorf("%s: want %q in the fault, got %q", name, want, got)
		}
	}
}

func TestRefusal(t *testing.T) {
	if got := Refusal(presence, `{"bad":1}`); got != "bad: unknown key" {
		t.Error(got)
	}
	if got := Refusal(presence, `{}`); got != "" {
		t.Error(got)
	}
}

func TestByStatus(t *testing.T) {
	for status, want := range map[int]string{200: "delivered", 299: "delivered", 301: "dead", 400: "dead", 408: "retry", 410: "disabled", 425: "retry", 429: "retry", 500: "retry", 599: "retry"} {
		if got := byStatus(status); got != want {
			t.Errorf("%d: want %s, got %s", status, want, got)
		}
	}
}
