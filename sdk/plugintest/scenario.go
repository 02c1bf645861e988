package plugintest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// play is a scenario under way.
type play struct {
	t       tb
	p       Plugin
	h       *fakeHost
	file    *casefile.Scenario
	left    []casefile.Step
	used    int // exchanges, those of the gateway itself included
	attempt int
	memo    json.RawMessage
	end     casefile.End
}

func runScenario(t *testing.T, p Plugin, c casefile.Case) { playScenario(t, p, c.File) }

func playScenario(t tb, p Plugin, file string) {
	t.Helper()
	s := newPlay(t, p, file)
	if !p.with(s.h, s.run) {
		if s.file.Expect["refused"] == nil {
			t.Fatalf("init refuses the configuration: %s: %s", s.h.stopped, s.h.reason)
		}
		s.end = casefile.End{State: "refused", Reason: s.h.reason}
	}
	s.finish()
}

// newPlay reads a scenario.
func newPlay(t tb, p Plugin, file string) *play {
	t.Helper()
	if p.Format == nil {
		t.Fatal("the plugin has no Format")
	}
	f, err := casefile.ReadScenario(file)
	if err != nil {
		t.Fatal(err)
	}
	return &play{t: t, p: p, file: f, left: f.Steps, h: newHost(f.Environment, f.Config)}
}

// finish compares the end with what is expected.
func (s *play) finish() {
	s.t.Helper()
	if len(s.left) > 0 && !s.t.Failed() {
		s.t.Errorf("ended as %q (%s) with %d requests of the scenario to go%s", s.end.State, s.end.Reason, len(s.left), s.h.logText())
	}
	s.end.Requests, s.end.Attempts, s.end.Memo = s.used, s.attempt, s.memo
	for _, fault := range s.file.Check(s.end, s.p.Ignore...) {
		s.t.Errorf("%s%s", fault, s.h.logText())
	}
}

// run makes attempts as long as they end in a retry and the scenario goes on.
func (s *play) run() {
	for s.attempt = 1; s.attempt <= 20; s.attempt++ {
		s.end = s.oneAttempt()
		if s.end.State != "retry" || len(s.left) == 0 || s.t.Failed() {
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

func (s *play) oneAttempt() casefile.End {
	s.h.facts["attempt"] = strconv.Itoa(s.attempt)
	delete(s.h.facts, "memo")
	if s.memo != nil {
		s.h.facts["memo"] = string(s.memo)
	}
	s.h.call("format", s.file.Event, func() int32 { return sdk.Format(s.p.Format) })
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
			return casefile.End{State: "failed", Reason: "not the request that the scenario wants"}
		}
		v := s.judge(step, out, res)
		if v.Next == nil {
			return s.conclude(v, res)
		}
		out = sent{Request: v.Next.Request}
	}
	s.t.Error("more than 20 steps in one attempt")
	return casefile.End{}
}

func (s *play) stopped() casefile.End {
	states := map[string]string{"drop": "dropped", "retry": "retry", "fail": "dead", "reject": "dead"}
	return casefile.End{State: states[s.h.stopped], Reason: s.h.reason}
}

func (s *play) decode(doc []byte, into any) {
	s.t.Helper()
	dec := json.NewDecoder(bytes.NewReader(doc))
	if err := dec.Decode(into); err != nil {
		s.t.Fatalf("what the plugin wrote does not read: %v\n%s", err, doc)
	}
}
