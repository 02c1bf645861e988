package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
)

// addComment adds a comment to a ticket: for agents alone unless the configuration says that the requester is to see it.
func addComment(in *sdk.Incoming, out *sdk.Outgoing) error {
	ticket, err := zendeskID(in, "ticket_id", "data.ticket.id")
	if err != nil {
		return err
	}
	body, err := set.comment.Text(in.Value())
	if err != nil {
		return sdk.Fail("comment: " + err.Error())
	}
	if strings.TrimSpace(body) == "" {
		return sdk.Drop("the comment is empty")
	}
	out.Method("PUT")
	out.Path("api", "v2", "tickets", ticket)
	out.Header("content-type", "application/json")
	c := out.JSON().Object("ticket.comment")
	c.Str("body", body)
	c.Bool("public", set.public)
	out.Effect(commentEcho(ticket, body))
	return nil
}

// commentAdded reads the answer. A ticket that is closed or deleted takes no comments: 422, 404.
func commentAdded(a *sdk.Answer, v *sdk.Verdict) {
	switch status := a.Status(); {
	case status >= 200 && status < 300:
		v.Delivered()
	case status == 404:
		v.Dead("ticket not found in Zendesk")
	default:
		failed(a, v, "comment")
	}
}

// commentEcho is what a comment is known by when Zendesk reports it: its ticket and, in short, its text. White space is
// left out, with which Zendesk is free.
func commentEcho(ticket, body string) (key, value string) {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a, 64 bits
	sum := uint64(offset)
	for i := range len(body) {
		if body[i] > ' ' {
			sum = (sum ^ uint64(body[i])) * prime
		}
	}
	var text [16]byte
	for i := range text {
		text[i] = "0123456789abcdef"[sum>>60]
		sum <<= 4
	}
	return "ticket/" + ticket + "/comment", string(text[:])
}
