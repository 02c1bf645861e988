package main

import (
	"strconv"

	"github.com/plugboard/plugboard/sdk"
)

// setPresence asks for an agent's presence to be set.
func setPresence(q *sdk.Outgoing, uuid, presence string) {
	q.Method("PUT")
	q.Path("api", "v2", "agents", uuid, "status")
	q.Header("content-type", "application/json")
	q.JSON().Str("presence.name", presence)
}

// presenceList is where the account's presences are.
const presenceList = "/api/v2/agents/presence/available"

func listPresences(q *sdk.Outgoing) {
	q.Method("GET")
	q.URL(presenceList)
	q.Header("content-type", "application/json")
}

// presencesListed goes on if the presence exists. What babelforce answers to one that does not is not documented, so
// this is the sure way to a reason that says what to do.
func presencesListed(a *sdk.Answer, v *sdk.Verdict, want change) {
	if a.Status() != 200 {
		failed(a, v, "list of presences")
		return
	}
	doc, err := a.JSON()
	if err != nil {
		v.Retry("list of presences: answered 200, but not with JSON: " + err.Error())
		return
	}
	for _, p := range doc.Member("items").Each {
		if p.Member("name").Str() == want.presence {
			presenceExists(a, v, want)
			return
		}
	}
	if want.create {
		createPresence(v.Next(), want.presence)
		v.Memo().Merge(a.Memo())
		return
	}
	v.Dead("presence \"" + want.presence + "\" does not exist in babelforce; create it there, or give another in presence_map")
}

// presenceExists goes on, and spares the deliveries of the next hour the question.
func presenceExists(a *sdk.Answer, v *sdk.Verdict, want change) {
	want.known()
	f := recall(a.Memo(), want)
	f.checked = true
	f.keep(v.Memo(), want)
	f.next(v.Next(), want)
}

// createPresence asks for a presence to be made. All of them are red: babelforce has one that is green, and refuses another
// with 501.
func createPresence(q *sdk.Outgoing, name string) {
	q.Method("POST")
	q.URL(presenceList)
	q.Header("content-type", "application/json")
	b := q.JSON()
	b.Str("name", name)
	b.Str("label", name)
	b.Bool("available", false)
}

// presenceCreated reads the answer. 409: somebody else was faster.
func presenceCreated(a *sdk.Answer, v *sdk.Verdict, want change) {
	switch status := a.Status(); {
	case status >= 200 && status < 300, status == 409:
		presenceExists(a, v, want)
	case status == 501:
		v.Dead("babelforce makes no presence \"" + want.presence + "\"; create it there, or give another in presence_map")
	default:
		failed(a, v, "making presence \""+want.presence+"\"")
	}
}

// presenceSet reads the answer to the PUT.
func presenceSet(a *sdk.Answer, v *sdk.Verdict, want change) {
	switch status := a.Status(); {
	case status >= 200 && status < 300: // documented is 201
		v.Delivered()
	case (status == 404 || status == 410) && a.Step() == 1:
		// The id is one that an earlier attempt remembered: the agent may have been made anew since. One that was looked
		// up in this attempt is not looked up again.
		f := recall(a.Memo(), want)
		f.uuid = ""
		f.keep(v.Memo(), want)
		f.next(v.Next(), want)
	default:
		if want.check && status >= 400 && status < 500 {
			want.unknown() // it may have been deleted since
		}
		failed(a, v, "presence \""+want.presence+"\"")
	}
}

// failed decides what an answer that is not the wished one means. Before a retry the memo is kept as it is.
func failed(a *sdk.Answer, v *sdk.Verdict, what string) {
	status := a.Status()
	reason := what + ": answered " + strconv.Itoa(status)
	if said := complaint(a); said != "" {
		reason += ": " + said
	}
	switch {
	case status == 401:
		// The gateway has got a new token and asked again by now, if it has credentials that can be renewed.
		v.Retry(reason).RefreshAuth()
	case status == 408, status == 425, status == 429, status >= 500:
		v.Retry(reason)
	case status >= 400:
		v.Dead(reason)
		return
	default:
		return // a redirect, or an answer nobody knows: the gateway's to judge
	}
	v.Memo().Merge(a.Memo())
}

// complaint is what babelforce says about an error. Which member it is in is not documented.
func complaint(a *sdk.Answer) string {
	doc, err := a.JSON()
	if err != nil {
		return sdk.Excerpt(a.Body(), 200)
	}
	for _, name := range [...]string{"message", "error_description", "error"} {
		if s := doc.Member(name).Str(); s != "" {
			return sdk.Excerpt(s, 200)
		}
	}
	return ""
}
