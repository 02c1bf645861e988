package main

import (
	"strconv"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// callReport is the end of a call.
func callReport(in *sdk.Incoming) ([]report, error) {
	kind := set.noDirection
	switch direction := in.Get("data.call.direction").Str(); direction {
	case "inbound":
		kind = "ACD-CALL"
	case "outbound":
		kind = "VPD-CALL"
	case "internal":
		return nil, sdk.Drop("an internal call; the feed has those with customers")
	}
	if kind == "" {
		return nil, sdk.Drop("the call has no direction (no_direction)")
	}
	r := report{call: true, fields: make([]field, 0, 20)}
	if in.Get("data.agent.id").Str() != "" || in.Get(set.agentID).Str() != "" {
		if err := r.agent(in); err != nil {
			return nil, err
		}
	}
	r.account(in)
	r.add("event_type", kind)
	r.add("call_id", in.Get("data.call.id").Str())
	start, seconds := span(in)
	r.add("call_start", start)
	r.add("call_duration", strconv.FormatInt(seconds, 10))
	r.number("queue_duration", in.Get("data.call.timings.wait_seconds"))
	r.add("call_state", callState(in, kind))
	from, to := ends(in)
	r.add("ani", from)
	r.add("dnis", to)
	r.add("gate_id", in.Get("data.call.queue.id").Str())
	r.add("gate_name", in.Get("data.call.queue.name").Str())
	r.add("recording_url", in.Get("data.call.recording_url").Str())
	r.add("agent_disposition", first(in, "data.disposition.notes", "data.disposition.code"))
	return []report{r}, nil
}

// span is when a call began, by the destination's clocks, and how many seconds it took. What the event does not say follows
// from what it does.
func span(in *sdk.Incoming) (start string, seconds int64) {
	began, hasBegan := rfc3339.Parse(in.Get("data.call.started_at").Str())
	ended, hasEnded := rfc3339.Parse(in.Get("data.call.ended_at").Str())
	if !hasEnded && in.Type() == "call.ended" {
		ended, hasEnded = rfc3339.Parse(in.Time())
	}
	seconds, ok := in.Get("data.call.timings.total_seconds").Int()
	switch {
	case ok:
	case hasBegan && hasEnded:
		seconds = ended.Sec - began.Sec
	default:
		for _, part := range [...]string{"wait", "ring", "talk", "hold"} {
			n, _ := in.Get("data.call.timings." + part + "_seconds").Int()
			seconds += n
		}
	}
	seconds = max(seconds, 0)
	if !hasBegan && hasEnded {
		began, hasBegan = rfc3339.Time{Sec: ended.Sec - seconds}, true
	}
	if !hasBegan {
		return "", seconds
	}
	return string(set.zone.Append(nil, rfc3339.Time{Sec: began.Sec})), seconds
}

// callState is how a call ended, in the feed's few words: as it came, by call_states, or by the nearest of them; "" where
// nothing says it. An abandoned call counts against a team, so none is made of not knowing.
func callState(in *sdk.Incoming, kind string) string {
	if raw := in.Get("data.call.outcome_raw").Str(); in.Vendor() == vendor && raw != "" {
		return raw
	}
	outcome := howEnded(in)
	if state, ok := set.callStates.Find(outcome, sameCode); ok {
		return state
	}
	switch {
	case outcome == "unknown":
		return ""
	case outcome == "answered":
		return "ANSWERED"
	case kind == "ACD-CALL" && (outcome == "deflected" || outcome == "voicemail"):
		return "DEFLECTED"
	case kind == "ACD-CALL":
		return "ABANDON"
	case outcome == "machine", outcome == "voicemail":
		return "MACHINE"
	}
	return "ABANDONED"
}

// howEnded is the call's outcome, or the one that follows from what else the event has: that somebody talked, or nobody did;
// an agent, whom the feed names only with calls that one took.
func howEnded(in *sdk.Incoming) string {
	if outcome := in.Get("data.call.outcome").Str(); outcome != "" && outcome != "unknown" {
		return outcome
	}
	talked := in.Get("data.call.timings.talk_seconds")
	seconds, timed := talked.Int()
	switch {
	case in.Type() == "call.abandoned":
		return "abandoned"
	case in.Type() == "call.missed":
		return "missed"
	case seconds > 0, in.Get("data.call.answered_at").Exists():
		return "answered"
	case timed:
		return "abandoned"
	case in.Get("data.agent").Exists():
		return "answered"
	}
	return "unknown"
}

// ends are the numbers that the call was from and to. A vendor says who called whom, or which of them is the customer.
func ends(in *sdk.Incoming) (from, to string) {
	from, to = in.Get("data.call.from").Str(), in.Get("data.call.to").Str()
	customer, centre := in.Get("data.call.customer_number").Str(), in.Get("data.call.contact_center_number").Str()
	if in.Get("data.call.direction").Str() == "outbound" {
		customer, centre = centre, customer
	}
	if from == "" {
		from = customer
	}
	if to == "" {
		to = centre
	}
	return from, to
}

// first is the first of those paths that an event has.
func first(in *sdk.Incoming, paths ...string) string {
	for _, p := range paths {
		if s := in.Get(p).Str(); s != "" {
			return s
		}
	}
	return ""
}
