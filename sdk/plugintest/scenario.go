package plugintest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/plugboard/plugboard/sdk"
)

// scenarioFile is a NAME.scenario.json. In given, event is the event and the other keys are configuration, unless they
// are collected under config.
type scenarioFile struct {
	environment
	Given    map[string]json.RawMessage `json:"given"`
	Config   map[string]json.RawMessage `json:"config"`
	Exchange []exchange                 `json:"exchange"`
	Request  *wantRequest               `json:"request"` // one exchange, written without a list
	Response *response                  `json:"response"`
	Expect   map[string]json.RawMessage `json:"expect"`
}

type exchange struct {
	Request  wantRequest `json:"request"`
	Response response    `json:"response"`
}

type response struct {
	Status      int               `json:"status"`
	Headers     map[string]string `json:"headers"`
	ContentType string            `json:"content_type"`
	Body        json.RawMessage   `json:"body"`
}

// play is a scenario under way.
type play struct {
	t       tb
	p       Plugin
	h       *fakeHost
	event   json.RawMessage
	left    []exchange
	used    int // exchanges, those of the gateway itself included
	attempt int
	memo    json.RawMessage
	end     outcome
}

// outcome is how an attempt ended.
type outcome struct {
	state     string // delivered, retry, dead, disabled, dropped
	reason    string
	notBefore time.Duration
	slowDown  time.Duration
	refresh   bool
}

func runScenario(t *testing.T, p Plugin, file string) { playFile(t, p, file) }

func playFile(t tb, p Plugin, file string) {
	t.Helper()
	s, f := newPlay(t, p, file)
	if !p.with(s.h, s.run) {
		if f.Expect["refused"] == nil {
			t.Fatalf("init refuses the configuration: %s: %s", s.h.stopped, s.h.reason)
		}
		s.end = outcome{state: "refused", reason: s.h.reason}
	}
	s.finish(f.Expect)
}

// newPlay reads a scenario.
func newPlay(t tb, p Plugin, file string) (*play, *scenarioFile) {
	t.Helper()
	if p.Format == nil {
		t.Fatal("the plugin has no Format")
	}
	f := new(scenarioFile)
	if err := json.Unmarshal(readFile(t, file), f); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if f.Request != nil && f.Response != nil {
		f.Exchange = append(f.Exchange, exchange{*f.Request, *f.Response})
	}
	event := f.Given["event"]
	if event == nil {
		t.Fatalf("%s: given.event is missing: nothing to deliver", file)
	}
	return &play{t: t, p: p, event: event, left: f.Exchange, h: newHost(f.environment, f.config(t))}, f
}

// finish compares the end with what is expected.
func (s *play) finish(expect map[string]json.RawMessage) {
	s.t.Helper()
	if len(s.left) > 0 && !s.t.Failed() {
		s.t.Errorf("ended as %q (%s) with %d requests of the scenario to go%s", s.end.state, s.end.reason, len(s.left), s.h.logText())
	}
	s.check(expect)
}

func (f *scenarioFile) config(t tb) []byte {
	t.Helper()
	config := map[string]json.RawMessage{}
	for k, v := range f.Given {
		if k != "event" && k != "config" {
			config[k] = v
		}
	}
	if c := f.Given["config"]; c != nil {
		if err := json.Unmarshal(c, &config); err != nil {
			t.Fatal(err)
		}
	}
	for k, v := range f.Config {
		config[k] = v
	}
	out, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// run makes attempts as long as they end in a retry and the scenario goes on.
func (s *play) run() {
	for s.attempt = 1; s.attempt <= 20; s.attempt++ {
		s.end = s.oneAttempt()
		if s.end.state != "retry" || len(s.left) == 0 || s.t.Failed() {
			return
		}
	}
	s.t.Error("more than 20 attempts")
}

// sent is a document as format writes it, and with it a further step in judge's next.
type sent struct {
	Request json.RawMessage `json:"request"`
	Memo    json.RawMessage `json:"memo"`
}

func (s *play) oneAttempt() outcome {
	s.h.facts["attempt"] = strconv.Itoa(s.attempt)
	delete(s.h.facts, "memo")
	if s.memo != nil {
		s.h.facts["memo"] = string(s.memo)
	}
	s.h.call("format", compact(s.event), func() int32 { return sdk.Format(s.p.Format) })
	if s.h.stopped != "" {
		return s.stopped()
	}
	out := sent{Request: json.RawMessage("{}")}
	if len(s.h.output) > 0 {
		s.decode(s.h.output, &out)
	}
	s.remember(out.Memo)
	for step := 1; step <= 20; step++ {
		res, ok := s.exchange(out.Request)
		if !ok {
			return outcome{state: "failed", reason: "not the request that the scenario wants"}
		}
		v := s.judge(step, out, res)
		if v.Next == nil {
			return s.conclude(v, res)
		}
		out = sent{Request: v.Next.Request}
	}
	s.t.Error("more than 20 steps in one attempt")
	return outcome{}
}

func (s *play) stopped() outcome {
	states := map[string]string{"drop": "dropped", "retry": "retry", "fail": "dead", "reject": "dead"}
	return outcome{state: states[s.h.stopped], reason: s.h.reason}
}

func (s *play) decode(doc []byte, into any) {
	s.t.Helper()
	dec := json.NewDecoder(bytes.NewReader(doc))
	if err := dec.Decode(into); err != nil {
		s.t.Fatalf("what the plugin wrote does not read: %v\n%s", err, doc)
	}
}

func compact(raw json.RawMessage) []byte {
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		return raw
	}
	return out.Bytes()
}
