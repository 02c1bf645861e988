package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
)

// condition is what fires a rule, and what it is in the canonical model.
type condition struct {
	name   string
	typ    string
	public string // of a comment: "true", "false"; "" says nothing of it
}

// conditions are those of EddyDesk's page, some of them as people shorten them. What they are in the canonical model is our reading;
// a configuration may have another (kind).
var conditions = [...]condition{
	{"New request", "ticket.created", ""},
	{"New reply in the request", "ticket.comment.added", "true"},
	{"New reply", "ticket.comment.added", "true"},
	{"New internal note in the request", "ticket.comment.added", "false"},
	{"New internal note", "ticket.comment.added", "false"},
	{"Changes in the request", "ticket.updated", ""},
	{"Freeze of the request", "ticket.updated", ""},
	{"Freeze", "ticket.updated", ""},
	{"Unfreeze of the request", "ticket.updated", ""},
	{"Unfreeze", "ticket.updated", ""},
	{"Change of requester", "ticket.updated", ""},
	{"Requester changed", "ticket.updated", ""},
	{"SLA breach", "ticket.sla.breached", ""},
	{"Requests merged", "ticket.merged", ""},
	{"Merged", "ticket.merged", ""},
	{"Mention in the request", "ticket.mentioned", ""},
	{"Mention", "ticket.mentioned", ""},
	{"Rate has been added", "csat.received", ""},
}

const unmapped = "vendor.unmapped"

// conditionOf finds a condition by its name, whatever the case. Timers ("Minutes from the last reply") are told by how they begin;
// one that nobody knows is vendor.unmapped.
func conditionOf(name string) condition {
	name = strings.Trim(name, " \t")
	for _, c := range conditions {
		if sdk.SameName(c.name, name) {
			return c
		}
	}
	for _, timer := range [...]string{"Minutes from", "Hours from", "Days from", "Minutes since", "Hours since", "Days since"} {
		if len(name) >= len(timer) && sdk.SameName(timer, name[:len(timer)]) {
			return condition{name, "ticket.stale", ""}
		}
	}
	return condition{name, unmapped, ""}
}

func knownStatus(s string) string {
	return known(s, "new", "open", "pending", "hold", "solved", "closed", "deleted")
}

func knownPriority(s string) string { return known(s, "low", "normal", "high", "urgent") }

// known gives the one of the words that s is, whatever the case; "" when it is none.
func known(s string, words ...string) string {
	for _, w := range words {
		if sdk.SameName(s, w) {
			return w
		}
	}
	return ""
}
