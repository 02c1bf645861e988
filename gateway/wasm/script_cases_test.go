package wasm

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/plugboard/plugboard/sdk/casefile"
)

const examples = "../../examples/plugins"

// example reads one of the example scripts.
func example(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(examples, "script", name+".js"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func scriptHost(t testing.TB) *Host { return openHost(t, HostOptions{CacheDir: cacheDir()}) }

func loadScript(t testing.TB, h *Host, name, source string) *Module {
	t.Helper()
	m, err := h.LoadScript(t.Context(), name, []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type factMap map[string]string

func (f factMap) Fact(name string) ([]byte, bool) {
	s, ok := f[name]
	return []byte(s), ok
}

// TestExampleScripts plays the cases that the example plugins of every language must pass.
func TestExampleScripts(t *testing.T) {
	h := scriptHost(t)
	for _, name := range []string{"ziwo-calls", "telegram-message"} {
		m := loadScript(t, h, name, string(example(t, name)))
		cases, err := casefile.List(filepath.Join(examples, "cases", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			t.Run(name+"/"+c.Name, func(t *testing.T) {
				if c.Kind == casefile.OfRequest {
					playRequest(t, m, c)
				} else {
					playScenario(t, m, c)
				}
			})
		}
	}
}

func playRequest(t *testing.T, m *Module, c casefile.Case) {
	r, err := casefile.ReadRequest(c.File)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.New(t.Context(), PluginOptions{Config: r.Config, Ready: 1, Limits: patient})
	var out Output
	if err == nil {
		t.Cleanup(func() { _ = p.Close(context.Background()) })
		f := factMap{"received_at": r.ReceivedAt, "method": r.Method, "path": r.Path, "query": r.Query, "source": "ziwo"}
		for name, value := range r.Headers {
			f["header."+name] = value
		}
		out, err = p.Call(t.Context(), Receive, Input{Body: r.Body, Facts: f})
	}
	result := casefile.Result{Output: out.Body}
	if err != nil {
		e := failureOf(t, err)
		result.Stop, result.Reason = map[Kind]string{Rejected: "reject", Dropped: "drop", RetryLater: "retry", GaveUp: "fail", Refused: "fail"}[e.Kind], e.Reason
	}
	d, err := c.Compare(result)
	if err != nil {
		t.Fatal(err)
	}
	if d != "" {
		t.Errorf("(- wanted, + made)\n%s\n%v", d, err)
	}
}

// written is a document that format or judge writes.
type written struct {
	Request *struct {
		Method string
		URL    string
		JSON   json.RawMessage
	}
	Retry *struct {
		After, Reason string
	}
	Dead string
	Memo json.RawMessage
}

// playScenario plays a delivery with as much of the gateway's part as the shared cases of telegram-message need.
func playScenario(t *testing.T, m *Module, c casefile.Case) {
	s, err := casefile.ReadScenario(c.File)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.New(t.Context(), PluginOptions{Config: s.Config, Ready: 1, Limits: patient})
	if err != nil {
		checkEnd(t, s, casefile.End{State: "refused", Reason: failureOf(t, err).Reason})
		return
	}
	t.Cleanup(func() { _ = p.Close(context.Background()) })
	var end casefile.End
	left := s.Steps
	for attempt := 1; ; attempt++ {
		end = playAttempt(t, p, s, &left, attempt, end.Memo)
		if end.Attempts = attempt; end.State != "retry" || len(left) == 0 || t.Failed() {
			break
		}
	}
	end.Requests = len(s.Steps) - len(left)
	checkEnd(t, s, end)
}

func checkEnd(t *testing.T, s *casefile.Scenario, end casefile.End) {
	t.Helper()
	for _, fault := range s.Check(end) {
		t.Error(fault)
	}
}

func playAttempt(t *testing.T, p Plugin, s *casefile.Scenario, left *[]casefile.Step, attempt int, memo json.RawMessage) casefile.End {
	t.Helper()
	f := factMap{"attempt": strconv.Itoa(attempt), "destination": "telegram"}
	if memo != nil {
		f["memo"] = string(memo)
	}
	out, err := p.Call(t.Context(), Format, Input{Body: s.Event, Facts: f})
	var e *Error
	if errors.As(err, &e) {
		return casefile.End{State: map[Kind]string{Dropped: "dropped", RetryLater: "retry", GaveUp: "dead"}[e.Kind], Reason: e.Reason, Memo: memo}
	}
	doc := readWritten(t, out.Body)
	if doc.Memo != nil {
		memo = doc.Memo
	}
	if len(*left) == 0 {
		t.Fatalf("a request more than the scenario has: %s", out.Body)
	}
	step := (*left)[0]
	*left = (*left)[1:]
	made := casefile.Sent{Method: doc.Request.Method, URL: doc.Request.URL, Headers: map[string]string{"content-type": "application/json"}, Body: doc.Request.JSON}
	if made.URL == "" {
		made.URL = "https://api.telegram.org" + step.Want.Path
	}
	if d := step.Want.Diff(made); d != "" {
		t.Errorf("(- wanted, + made)\n%s", d)
	}
	return judgeStep(t, p, s, step.Response, memo)
}

func judgeStep(t *testing.T, p Plugin, s *casefile.Scenario, r casefile.Response, memo json.RawMessage) casefile.End {
	t.Helper()
	input, err := json.Marshal(map[string]any{"event": s.Event, "step": 1, "request": map[string]any{}, "memo": memo,
		"response": map[string]any{"status": r.Status, "headers": r.AllHeaders(), "body": string(casefile.Text(r.Body))}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Call(t.Context(), Judge, Input{Body: input, Facts: factMap{}})
	if err != nil {
		t.Fatal(err)
	}
	v := readWritten(t, out.Body)
	if v.Memo != nil {
		memo = v.Memo
	}
	end := casefile.End{Memo: memo}
	switch {
	case v.Retry != nil:
		end.State, end.Reason = "retry", v.Retry.Reason
		end.NotBefore, _ = time.ParseDuration(v.Retry.After)
	case v.Dead != "":
		end.State, end.Reason = "dead", v.Dead
	case r.Status < 300:
		end.State = "delivered"
	case r.Status >= 500 || r.Status == 429:
		end.State = "retry"
		end.NotBefore, _ = time.ParseDuration(r.AllHeaders()["retry-after"] + "s")
	default:
		end.State = "dead"
	}
	return end
}

func readWritten(t *testing.T, body []byte) (doc written) {
	t.Helper()
	if len(body) > 0 {
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
	}
	return doc
}

// BenchmarkScript is a call of each example script, with all limits.
func BenchmarkScript(b *testing.B) {
	h := scriptHost(b)
	for _, c := range []struct {
		name, config string
		fn           Function
		body         string
	}{
		{"ziwo-calls", `{"account":"acme"}`, Receive, ziwoEnded},
		{"telegram-message", `{"chat_id":100200300}`, Format, stateChanged},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := openModule(b, loadScript(b, h, c.name, string(example(b, c.name))), PluginOptions{Config: []byte(c.config)})
			in := Input{Body: []byte(c.body), Facts: factMap{"received_at": casefile.ReceivedAt, "source": "ziwo"}}
			var out Output
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if out, err = p.Call(b.Context(), c.fn, in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(out.Cost), "counts/op")
			b.ReportMetric(float64(len(out.Body)), "B-out")
		})
	}
}

const (
	ziwoEnded = `{"coreUUID":"0f5e7c1a-1111-4222-8333-00000000000a","dialplan":null,"callID":"7b3d2c10-aaaa-4bbb-8ccc-000000000001",` +
		`"otherLegCallID":"7b3d2c10-aaaa-4bbb-8ccc-000000000101","type":"ended","data":"043960123","flags":"0",` +
		`"callerIdName":"043960123","callerIdNumber":"043960123","calleeIdName":"33333","calleeIdNumber":"33333",` +
		`"startedAt":"2025-03-04T07:35:55.122Z","startedAtEpoch":"1741073755122651","direction":"inbound","duration":"63",` +
		`"talkTime":"53","ringTime":"10","result":"answered","endedAt":"2025-03-04T07:36:58.122Z","queueName":"Support","position":"33333"}`
	stateChanged = `{"specversion":"1.0","id":"01JNGR5X0V7W2Q9P4K3M8T6ZBA","source":"/zendesk/22129848","type":"agent.state.changed",` +
		`"time":"2025-03-04T10:15:00Z","ccvendor":"zendesk","cctype":"agent.unified_state_changed","ccaccount":"22129848",` +
		`"subject":"agent/8447388090494","partitionkey":"agent/8447388090494","ccreceived":"2025-03-04T10:15:00.411902233Z",` +
		`"data":{"scope":"unified","agent":{"id":"8447388090494","name":"Ada Example"},"state":{"name":"away","code":"2","base":"unavailable","reason":"agent"},` +
		`"previous_state":{"name":"online","code":"3","base":"available"},"extensions":{"zendesk":{"detail":{"version":"17"}}}}}`
)
