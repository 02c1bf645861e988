package main

import (
	"strconv"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// field is one of a message's; null is an absent one that the vendor sends as null.
type field struct {
	name, value string
	null        bool
}

// report is a message of the feed that is to be sent.
type report struct {
	call   bool // it goes to the call event URL
	fields []field
}

func (r *report) add(name, value string) {
	r.fields = append(r.fields, field{name: name, value: value})
}

// number adds a number, or 0 where the event does not say.
func (r *report) number(name string, v jsondoc.Value) {
	n, _ := v.Int()
	r.add(name, strconv.FormatInt(n, 10))
}

// reports are the messages that an event makes: none but an error that says why, one, or two where a state follows a login
// that its vendor does not report.
func reports(in *sdk.Incoming) ([]report, error) {
	switch t := in.Type(); t {
	case "agent.state.changed":
		return stateReports(in)
	case "agent.logged_in":
		return sessionReport(in, "LOGIN")
	case "agent.logged_out":
		return sessionReport(in, "LOGOUT")
	default:
		for _, sent := range set.callTypes {
			if t == sent {
				return callReport(in)
			}
		}
		return nil, sdk.Drop("the feed has logins, logouts, states and ended calls, not " + t)
	}
}

// sessionReport is a login or logout that the vendor reports.
func sessionReport(in *sdk.Incoming, kind string) ([]report, error) {
	if sessionsFromStates(in) {
		return nil, sdk.Drop("logins are made of states (sessions)")
	}
	if !chosen(kind, "", false) {
		return nil, sdk.Drop("states does not list " + kind)
	}
	r, err := agentReport(in, kind)
	if err != nil {
		return nil, err
	}
	r.number("duration", in.Get("data.session.duration_seconds"))
	return []report{r}, nil
}

// sessionsFromStates says whether logins and logouts are to be made of changes from and to offline.
func sessionsFromStates(in *sdk.Incoming) bool {
	switch set.sessions {
	case "events":
		return false
	case "states":
		return true
	}
	switch in.Vendor() {
	case vendor, "talkdesk", "ziwo":
		return false // they report both
	}
	return true
}

// agentReport begins a message about an agent. Without any id nobody could tell whom it is about.
func agentReport(in *sdk.Incoming, kind string) (r report, err error) {
	r.fields = make([]field, 0, 20)
	if err = r.agent(in); err != nil {
		return r, err
	}
	r.account(in)
	r.add("event_type", kind)
	r.add("date_time", when(in.Get("time")))
	r.add("agent_login_id", in.Get("data.agent.login_id").Str())
	r.add("agent_phone", in.Get("data.agent.phone").Str())
	r.add("source_ip", in.Get("data.agent.source_ip").Str())
	return r, nil
}

// agent adds who it is: by the id that is configured, or else by whatever the event has.
func (r *report) agent(in *sdk.Incoming) error {
	id := in.Get(set.agentID).Str()
	for _, path := range [...]string{"data.agent.id", "data.agent.external_id", "data.agent.phone", "data.agent.email"} {
		if id == "" {
			id = in.Get(path).Str()
		}
	}
	if id == "" {
		return sdk.Fail("event has no " + set.agentID + ", by which the workforce system could know the agent")
	}
	r.add("agent_id", id)
	external := in.Get("data.agent.external_id").Str()
	r.fields = append(r.fields, field{"external_agent_id", external, external == ""})
	name := in.Get("data.agent.username").Str()
	for _, path := range [...]string{"data.agent.email", "data.agent.name"} {
		if name == "" {
			name = in.Get(path).Str()
		}
	}
	r.add("username", name)
	return nil
}

func (r *report) account(in *sdk.Incoming) {
	account := set.account
	if account == "" {
		account = in.Get("ccaccount").Str()
	}
	r.add("account_id", account)
}

// when is a time by the destination's clocks, in whole seconds; "" for what is none.
func when(v jsondoc.Value) string {
	t, ok := rfc3339.Parse(v.Str())
	if !ok {
		return ""
	}
	return string(set.zone.Append(nil, rfc3339.Time{Sec: t.Sec}))
}

// chosen says whether a message about that state is to be sent. A custom label is among all states, and else has to be
// listed itself: the vendor's own console has it so.
func chosen(code, label string, custom bool) bool {
	for _, s := range set.states {
		if sameCode(s, "all") || label != "" && sameCode(s, label) || !custom && sameCode(s, code) {
			return true
		}
	}
	return len(set.states) == 0
}
