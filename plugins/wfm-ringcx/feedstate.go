package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// feedState is a state in the feed's words. A code LOGIN is an agent who is not there yet, LOGOUT one who has gone.
type feedState struct {
	code, label string
	custom      bool
}

// stateReports are a change of state and, where the vendor reports none, the login before it. To be offline is no state in the
// feed: it is a logout.
func stateReports(in *sdk.Incoming) ([]report, error) {
	if in.Get("data.scope").Str() == "channel" {
		return nil, sdk.Drop("a channel's own state; the feed has one for all")
	}
	now, err := stateOf(in, in.Get("data.state"), "LOGOUT")
	if err != nil {
		return nil, err
	}
	before, err := stateOf(in, in.Get("data.previous_state"), "LOGIN")
	if err != nil {
		before = feedState{} // what it was is not worth more than what it is
	}
	derived := sessionsFromStates(in)
	var list []report
	switch {
	case now.code == "LOGOUT" && !derived:
		return nil, sdk.Drop("offline is no state in the feed; agent.logged_out says it")
	case now.code == "LOGOUT" && before.code == "LOGIN":
		return nil, sdk.Drop("offline before and after")
	case now.code == "LOGOUT":
		list, err = appendAgent(nil, in, feedState{code: "LOGOUT"}, nil)
	case before.code == "LOGIN" && derived:
		if list, err = appendAgent(nil, in, feedState{code: "LOGIN"}, nil); err == nil {
			list, err = appendAgent(list, in, now, &before)
		}
	default:
		list, err = appendAgent(nil, in, now, &before)
	}
	if err == nil && len(list) == 0 {
		err = sdk.Drop("states does not list " + now.code)
		if now.label != "" {
			err = sdk.Drop("states does not list " + now.code + " or \"" + now.label + "\"")
		}
	}
	return list, err
}

// appendAgent appends a message about an agent, if its state is among those that are sent; before is nil for a login or logout.
func appendAgent(list []report, in *sdk.Incoming, now feedState, before *feedState) ([]report, error) {
	if !chosen(now.code, now.label, now.custom) {
		return list, nil
	}
	r, err := agentReport(in, now.code)
	if err != nil {
		return nil, err
	}
	if before == nil {
		r.number("duration", in.Get("data.session.duration_seconds"))
		return append(list, r), nil
	}
	r.number("duration", in.Get("data.previous_state.duration_seconds"))
	r.add("prev_state", before.code)
	r.add("prev_aux_state", before.label)
	r.add("event_aux_type", now.label)
	pending := "0"
	if b, _ := in.Get("data.pending_disposition").Bool(); b {
		pending = "1"
	}
	r.add("pending_disp", pending)
	r.callOfState(in)
	return append(list, r), nil
}

// callOfState adds the call that the agent is busy with; the fields are not there when there is none.
func (r *report) callOfState(in *sdk.Incoming) {
	id := in.Get("data.call.id").Str()
	if id == "" {
		return
	}
	r.add("call_id", id)
	r.add("call_source_id", in.Get("data.call.queue.id").Str())
	r.add("call_source_name", in.Get("data.call.queue.name").Str())
	_, to := ends(in)
	r.add("dnis", to)
	if kind := in.Get("data.extensions." + vendor + ".call_type").Str(); kind != "" {
		r.add("call_type", kind)
	}
}

// stateOf puts a state into the feed's words. offline is the code of one who is not there.
func stateOf(in *sdk.Incoming, v jsondoc.Value, offline string) (feedState, error) {
	name, base := v.Member("name").Str(), v.Member("base").Str()
	if in.Vendor() == vendor {
		return ownState(v), nil
	}
	if name == "" && base == "" {
		return feedState{}, nil
	}
	s := feedState{label: name, custom: true}
	for _, key := range [...]string{name, base} {
		code, ok := set.stateMap.Find(key, sameCode)
		if ok && code == "" {
			return s, sdk.Drop("state_map maps \"" + key + "\" to nothing")
		}
		if ok {
			s.code = code
			break
		}
	}
	for _, c := range codes {
		if len(name) == len(c.code) && sameCode(name, c.code) { // Lunch is LUNCH, whatever its vendor means by it
			s.custom = false
			if s.code == "" && c.base != "offline" {
				s.code = c.code
			}
		}
	}
	if s.code == "" {
		s.code = codeOf(base, offline)
	}
	if s.code == offline {
		s.label = ""
	}
	return s, nil
}

// ownState is a state that came from the feed: it is sent as it was.
func ownState(v jsondoc.Value) feedState {
	s := feedState{code: v.Member("code").Str(), label: v.Member("name").Str()}
	s.custom, _ = v.Member("custom").Bool()
	if s.label == s.code {
		s.label = ""
	}
	return s
}

// codeOf is the code of how available an agent is. That somebody of whom it is not known is AWAY is a guess: a workforce system
// that plans with an agent who is not there errs worse than the other way round.
func codeOf(base, offline string) string {
	switch base {
	case "available", "limited":
		return "AVAILABLE"
	case "engaged":
		return "ENGAGED"
	case "wrap_up":
		return "WORKING"
	case "offline":
		return offline
	}
	return "AWAY"
}
