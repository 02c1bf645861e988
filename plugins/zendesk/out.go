package main

import (
	"strconv"

	"github.com/plugboard/plugboard/sdk"
)

// The other direction: what a delivery does in Zendesk. A destination does one thing, its action:
//
//	status   GET …/agent_statuses (further pages) ─► the id of the status with that name ─► PUT …/agent_statuses/agents/{id}
//	         what was found is remembered for an hour, so that most deliveries are the PUT alone
//	comment  PUT /api/v2/tickets/{id}, with a text made from a template
//
// What the PUT will cause is stated with it (effect), in the words in which receive reads Zendesk's own report of it.

// write makes the first request of an attempt.
func write(in *sdk.Incoming, out *sdk.Outgoing) error {
	if set.comment != nil {
		return addComment(in, out)
	}
	want, err := wantedStatus(in)
	if err != nil {
		return err
	}
	want.begin(out)
	return nil
}

// decide reads an answer.
func decide(a *sdk.Answer, v *sdk.Verdict) error {
	if set.comment != nil {
		commentAdded(a, v)
		return nil
	}
	want, err := wantedStatus(a.Event())
	if err != nil {
		return err
	}
	switch r := a.Request(); {
	case r.Member("method").Str() == "PUT":
		statusSet(a, v, want)
	case r.Member("url").Str() == statusList:
		statusesListed(a, v, want)
	default:
		availabilityShown(a, v, want)
	}
	return nil
}

// failed decides what an answer that is not the wished one means. How long to wait after 429 and 503 is in Retry-After,
// which the gateway reads for itself.
func failed(a *sdk.Answer, v *sdk.Verdict, what string) {
	status := a.Status()
	reason := what + ": answered " + strconv.Itoa(status)
	if said := complaint(a); said != "" {
		reason += ": " + said
	}
	switch {
	case status == 401:
		v.Retry(reason + "; is the token right, and API access on?").RefreshAuth()
	case status == 408, status == 409, status == 425, status == 429, status >= 500: // 409: somebody else is changing it
		v.Retry(reason)
	case status >= 400:
		v.Dead(reason)
	}
}

// complaint is what Zendesk says about an error: {"error", "description"} or {"error": {"title", "message"}} from its older
// interfaces, {"errors": [{"code", "title", "detail"}]} from JSON:API ones.
func complaint(a *sdk.Answer) string {
	doc, err := a.JSON()
	if err != nil {
		return sdk.Excerpt(a.Body(), 200)
	}
	for _, path := range [...]string{
		"errors.0.detail", "errors.0.title", "errors.0.code", "details.base.0.description", "description", "error.message", "error.title", "error", "message",
	} {
		if s := doc.Get(path).Str(); s != "" {
			return sdk.Excerpt(s, 200)
		}
	}
	return ""
}
