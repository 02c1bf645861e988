package casefile

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// End is how a delivery ended, at the last attempt that the scenario has answers for.
type End struct {
	State          string // delivered, retry, dead, disabled, dropped, or refused by init
	Reason         string
	NotBefore      time.Duration
	SlowDown       time.Duration
	BadCredentials bool // the plugin asked for new ones
	Requests       int  // of the file, those that the gateway makes by itself included
	Attempts       int
	Memo           json.RawMessage
}

// gatewaysOwn are expectations that are not the plugin's business: tokens.
var gatewaysOwn = []string{"stored_refresh_token"}

// Check says what of a delivery's end is not as the scenario expects. Those named by ignore are passed over; any other
// expectation that nobody knows is a fault, so that none is passed over unseen.
func (s *Scenario) Check(e End, ignore ...string) (faults []string) {
	for name, raw := range s.Expect {
		if slices.Contains(ignore, name) || slices.Contains(gatewaysOwn, name) {
			continue
		}
		if name == "reason" {
			var want string
			if json.Unmarshal(raw, &want) != nil || !strings.Contains(e.Reason, want) {
				faults = append(faults, fmt.Sprintf("reason: want one with %s, got %q", raw, e.Reason))
			}
			continue
		}
		got, known := e.value(name)
		if !known {
			faults = append(faults, name+": an expectation that nobody knows")
			continue
		}
		if d, err := Diff(raw, encode(got)); err != nil || d != "" {
			faults = append(faults, fmt.Sprintf("%s: want %s, got %s (ended as %s: %s)", name, raw, encode(got), e.State, e.Reason))
		}
	}
	slices.Sort(faults)
	return faults
}

// value is what an expectation of that name is about.
func (e End) value(name string) (got any, known bool) {
	switch name {
	case "delivered", "retry", "dead", "dropped":
		return e.State == name, true
	case "disable_target":
		return e.State == "disabled", true
	case "refused": // by init: the reason
		if e.State != "refused" {
			return "", true
		}
		return e.Reason, true
	case "slow_down":
		return e.SlowDown > 0, true
	case "credentials_marked_bad":
		return e.BadCredentials, true
	case "not_before_seconds":
		return int(e.NotBefore.Round(time.Second) / time.Second), true
	case "requests":
		return e.Requests, true
	case "attempts":
		return e.Attempts, true
	case "memo":
		return e.Memo, true
	}
	return nil, false
}
