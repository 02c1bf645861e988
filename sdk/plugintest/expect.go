package plugintest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// check compares a delivery's end with what the scenario expects.
func (s *play) check(expect map[string]json.RawMessage) {
	s.t.Helper()
	for name, raw := range expect {
		if slices.Contains(s.p.Ignore, name) {
			continue
		}
		switch name {
		case "refused": // by init: the reason
			s.equal(name, raw, map[bool]string{true: s.end.reason}[s.end.state == "refused"])
		case "delivered":
			s.equal(name, raw, s.end.state == "delivered")
		case "retry":
			s.equal(name, raw, s.end.state == "retry")
		case "dead":
			s.equal(name, raw, s.end.state == "dead")
		case "dropped":
			s.equal(name, raw, s.end.state == "dropped")
		case "disable_target":
			s.equal(name, raw, s.end.state == "disabled")
		case "slow_down":
			s.equal(name, raw, s.end.slowDown > 0)
		case "credentials_marked_bad":
			s.equal(name, raw, s.end.refresh)
		case "not_before_seconds":
			s.equal(name, raw, int(s.end.notBefore/time.Second))
		case "requests":
			s.equal(name, raw, s.used)
		case "attempts":
			s.equal(name, raw, s.attempt)
		case "memo":
			s.equal(name, raw, s.memo)
		case "reason":
			var want string
			if json.Unmarshal(raw, &want) != nil || !strings.Contains(s.end.reason, want) {
				s.t.Errorf("reason: want one with %s, got %q", raw, s.end.reason)
			}
		default:
			s.t.Errorf("%s: an expectation that plugintest does not know; name it in Plugin.Ignore if it is not the plugin's business", name)
		}
	}
}

func (s *play) equal(name string, want json.RawMessage, got any) {
	s.t.Helper()
	text, err := json.Marshal(got)
	if err != nil || string(text) != string(compact(want)) {
		s.t.Errorf("%s: want %s, got %s (ended as %s: %s)%s", name, want, text, s.end.state, s.end.reason, s.h.logText())
	}
}
