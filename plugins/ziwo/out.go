package main

import (
	"strconv"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// write makes Ziwo's message, or begins to set an agent's status.
func write(in *sdk.Incoming, out *sdk.Outgoing) error {
	if set.webhook {
		out.Method("POST")
		out.Header("content-type", "application/json")
		if why := fill(in, out.JSON()); why != "" {
			return sdk.Drop(why)
		}
		return nil
	}
	want, err := wanted(in)
	if err != nil {
		return err
	}
	if want.name != "" {
		out.Effect(want.subject, want.name)
	}
	if token := want.login.Member("access_token").Str(); token != "" {
		want.put(out, token)
		return nil
	}
	out.Method("POST")
	out.URL("/auth/login")
	for _, name := range [...]string{"username", "password"} {
		if set.formLogin {
			out.Form(name, want.login.Member(name).Str())
		} else {
			out.JSON().Str(name, want.login.Member(name).Str())
		}
	}
	return nil
}

// decide sets the status once somebody has logged in for the agent. Ziwo's answers say in result whether it worked.
func decide(a *sdk.Answer, v *sdk.Verdict) error {
	if set.webhook || a.Status() < 200 || a.Status() > 299 {
		return nil // the status decides
	}
	want, err := wanted(a.Event())
	if err != nil {
		return err
	}
	doc, err := a.JSON()
	worked, said := doc.Member("result").Bool()
	switch login := a.Request().Member("url").Str() == "/auth/login"; {
	case said && !worked:
		v.Dead("Ziwo answered: " + sdk.Excerpt(string(doc.Member("info").Raw()), 200))
	case !login:
		v.Delivered()
	case err != nil || doc.Get("content.access_token").Str() == "":
		v.Retry("login: answered without content.access_token")
	default:
		want.put(v.Next(), doc.Get("content.access_token").Str())
	}
	return nil
}

// change is what an event asks for.
type change struct {
	login   jsondoc.Value
	number  int64
	subject string // of Ziwo's own report of it
	name    string // the status, if it is known, as it will be reported
}

func (c change) put(q *sdk.Outgoing, token string) {
	q.Method("PUT")
	q.URL("/agents/status")
	q.Header("access_token", token)
	q.JSON().Int("number", c.number)
	q.JSON().Str("comment", set.comment)
}

// wanted reads an event. It is the same for every step of a delivery.
func wanted(in *sdk.Incoming) (c change, err error) {
	if t := in.Type(); t != "agent.state.changed" {
		return c, sdk.Drop("only agent.state.changed sets a status, not " + t)
	}
	if in.Get("data.scope").Str() == "channel" {
		return c, sdk.Drop("a channel's own state; Ziwo has one status for an agent")
	}
	if in.Get("data.state.reason").Str() == "api" && !set.apiChanges {
		return c, sdk.Drop("echo")
	}
	id := in.Get("data.agent.id").Str()
	if c.login = set.logins.Member(id); id == "" || !c.login.Exists() {
		return c, sdk.Fail("nobody can log in for agent \"" + id + "\"; Ziwo lets agents set their own status only: add logins")
	}
	c.subject = "agent/" + id
	if phone := c.login.Member("phone").Str(); phone != "" {
		c.subject = "agent/phone:" + phone
	}
	c.number = numberOf(in.Get("data.state.name").Str(), in.Get("data.state.base").Str())
	if c.number <= 0 {
		return c, sdk.Drop("Ziwo has no status for \"" + in.Get("data.state.name").Str() + "\"; add it to statuses")
	}
	for _, s := range statuses {
		if s.number == c.number {
			c.name = s.name
		}
	}
	return c, nil
}

// numberOf finds the number of a state's status: by its name and by its base, both in the connection's table; then Ziwo's
// own by name; then the nearest by base. An agent whom others see engaged or offline is none of Ziwo's numbers' business.
func numberOf(name, base string) int64 {
	for _, key := range [...]string{name, base} {
		for known, n := range set.statuses {
			if key != "" && sameName(known, key) {
				return n
			}
		}
	}
	for _, s := range statuses {
		if s.number > 0 && sameName(name, s.name) {
			return s.number
		}
	}
	number, _ := strconv.ParseInt(map[string]string{"available": "1", "limited": "1", "unavailable": "2"}[base], 10, 64)
	return number
}
