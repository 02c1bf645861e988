package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/setting"
)

// settings are the configuration, read once for an instance.
type settings struct {
	// a source's; a destination takes account and internal_number_pattern too
	account    string
	internal   pattern
	statusBase setting.Table
	types      setting.Table // canonical types by Ziwo's
	results    setting.Table // outcomes by Ziwo's
	agents     setting.Table // agents' ids by their numbers
	table      string

	// a destination's
	webhook    bool // action = "webhook"
	statuses   map[string]int64
	logins     jsondoc.Value // by an agent's id
	formLogin  bool
	comment    string
	apiChanges bool
}

var set settings

var bases = []string{"available", "limited", "engaged", "wrap_up", "unavailable", "offline", "unknown"}

// configure reads the configuration. Its error names the key.
func configure() error {
	set = settings{statuses: map[string]int64{}}
	set.internal, _ = parsePattern("^[0-9]{2,6}$")
	for key, v := range sdk.Config().Each {
		if err := set.read(key, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *settings) read(key string, v jsondoc.Value) (err error) {
	switch key {
	case "account":
		err = setting.Text(key, v, &s.account)
	case "internal_number_pattern":
		fault := ""
		if s.internal, fault = parsePattern(v.Str()); fault != "" || v.Str() == "" {
			err = sdk.Reject(key + ": " + fault + `; write one like "^[0-9]{2,6}$"; it has characters, classes, \d, ., counts and |`)
		}
	case "status_base":
		err = s.statusBase.Read(key, v, bases...)
	case "types":
		err = s.types.Read(key, v, "call.created", "call.ringing", "call.answered", "call.ended", "call.held", "call.resumed", "call.transferred",
			"call.missed", "call.abandoned", "agent.logged_in", "agent.logged_out", "agent.state.changed", unmapped)
	case "results":
		err = s.results.Read(key, v, outcomes[:]...)
	case "agents":
		err = s.agents.Read(key, v)
	case "agent_table":
		err = setting.Text(key, v, &s.table)
	default:
		return s.readOut(key, v)
	}
	return err
}

// readOut reads a destination's own keys.
func (s *settings) readOut(key string, v jsondoc.Value) (err error) {
	choice := ""
	switch key {
	case "action":
		choice, err = setting.OneOf(key, v, "status", "webhook")
		s.webhook = choice == "webhook"
	case "statuses":
		for name, n := range v.Each {
			number, ok := n.Int()
			if !ok || number < 0 {
				return sdk.Reject(key + `: "` + name + `" is not set to the number of a status; 0 sets none`)
			}
			s.statuses[name] = number
		}
		if v.Kind() != jsondoc.Object {
			err = sdk.Reject(key + ` is not a table; write statuses = { "Training" = 7, engaged = 4 }`)
		}
	case "logins":
		err = checkLogins(v)
		s.logins = v
	case "login_format":
		choice, err = setting.OneOf(key, v, "json", "form")
		s.formLogin = choice == "form"
	case "comment":
		err = setting.Text(key, v, &s.comment)
	case "api_changes":
		choice, err = setting.OneOf(key, v, "drop", "send")
		s.apiChanges = choice == "send"
	default:
		err = sdk.Reject("unknown key " + key + "; a source has account, internal_number_pattern, status_base, types, results, agents and agent_table; " +
			"a destination action, statuses, logins, login_format, comment and api_changes, and account and internal_number_pattern")
	}
	return err
}

// checkLogins wants for each agent either who logs in for him, or a token.
func checkLogins(v jsondoc.Value) error {
	for id, l := range v.Each {
		named := l.Member("username").Str() != "" && l.Member("password").Str() != ""
		if named == (l.Member("access_token").Str() != "") {
			return sdk.Reject(`logins: "` + id + `" needs username and password, or access_token`)
		}
		for key := range l.Each {
			if key != "username" && key != "password" && key != "access_token" && key != "phone" {
				return sdk.Reject(`logins: "` + id + `" has ` + key + "; the keys are username, password, access_token and phone")
			}
		}
	}
	if v.Kind() != jsondoc.Object {
		return sdk.Reject(`logins is not a table; write logins = { "8447" = { username = "ada@example.com", password = "{{secret.ziwo.ada}}" } }`)
	}
	return nil
}
