package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/setting"
	"github.com/plugboard/plugboard/sdk/zone"
)

// settings are the configuration, read once for an instance. The first part is a source's, the second a destination's, and
// both take account and timezone.
type settings struct {
	account string
	zone    zone.Zone

	statusBase  setting.Table
	endReceived bool     // a call's end is when it was reported
	silent      bool     // answers are 200 and empty
	ignore      []string // fields that are not the vendor's

	agentURL, callURL string
	method            string
	json              bool // else the link carries the fields
	omitEmpty         bool
	states            []string // which to send; none: all
	sessions          string   // what logins are made of: auto, events, states
	agentID           string   // the path of the id by which the workforce system knows agents
	stateMap          setting.Table
	callTypes         []string
	callStates        setting.Table
	noDirection       string // the event_type of a call that has none; "": it is not sent
}

var set settings

// configure reads the configuration. Its error names the key.
func configure() error {
	set = settings{method: "POST", agentID: "data.agent.id", sessions: "auto", callTypes: []string{"call.ended"}, noDirection: "ACD-CALL"}
	for key, v := range sdk.Config().Each {
		if err := set.read(key, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *settings) read(key string, v jsondoc.Value) (err error) {
	choice := ""
	switch key {
	case "account":
		err = setting.Text(key, v, &s.account)
	case "timezone":
		if s.zone, err = zone.Parse(v.Str()); err != nil || v.Kind() != jsondoc.String {
			err = sdk.Reject("timezone: " + v.Str() + " is not known; write a name (Europe/Berlin), an offset (+05:30) or a rule (CET-1CEST,M3.5.0,M10.5.0/3)")
		}
	case "status_base":
		err = s.statusBase.Read(key, v, "available", "limited", "engaged", "wrap_up", "unavailable", "offline", "unknown")
	case "call_end":
		choice, err = setting.OneOf(key, v, "computed", "received")
		s.endReceived = choice == "received"
	case "mode":
		choice, err = setting.OneOf(key, v, "generic-http", "agent-state-subscription")
		s.silent = choice == "agent-state-subscription"
	case "ignore":
		err = setting.List(key, v, &s.ignore)
	case "authorization": // stands where the source says who may post
	default:
		return s.readFeed(key, v)
	}
	return err
}

// readFeed reads a destination's own keys.
func (s *settings) readFeed(key string, v jsondoc.Value) (err error) {
	choice := ""
	switch key {
	case "agent_url":
		err = setting.Text(key, v, &s.agentURL)
	case "call_url":
		err = setting.Text(key, v, &s.callURL)
	case "method":
		s.method, err = setting.OneOf(key, v, "POST", "GET", "PUT")
	case "send_body_as_json":
		var ok bool
		if s.json, ok = v.Bool(); !ok || v.Kind() != jsondoc.Bool {
			err = sdk.Reject(key + ": write true or false")
		}
	case "empty":
		choice, err = setting.OneOf(key, v, "send", "omit")
		s.omitEmpty = choice == "omit"
	case "states":
		err = s.readStates(v)
	case "sessions":
		s.sessions, err = setting.OneOf(key, v, "auto", "events", "states")
	case "agent_id":
		err = setting.Text(key, v, &s.agentID)
	case "state_map":
		err = s.stateMap.Read(key, v)
	case "call_types":
		err = setting.List(key, v, &s.callTypes)
	case "call_states":
		err = s.callStates.Read(key, v)
	case "no_direction":
		choice, err = setting.OneOf(key, v, "ACD-CALL", "VPD-CALL", "drop")
		s.noDirection = strings.TrimPrefix(choice, "drop")
	default:
		err = sdk.Reject("unknown key " + key + "; a source has account, timezone, status_base, call_end, mode and ignore; a destination account, timezone, " +
			"agent_url, call_url, method, send_body_as_json, empty, states, sessions, agent_id, state_map, call_types, call_states and no_direction")
	}
	return err
}

// readStates reads which states are sent: "all", or a list of login, logout, and codes and labels.
func (s *settings) readStates(v jsondoc.Value) error {
	if v.Str() == "all" {
		return nil
	}
	if err := setting.List("states", v, &s.states); err != nil || len(s.states) == 0 {
		return sdk.Reject(`states: write "all", or a list of "login", "logout" and states: ["login", "logout", "LUNCH"]`)
	}
	return nil
}
