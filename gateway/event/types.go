package event

import "slices"

// canonical are the types that the bundled source plugins make, family by family.
var canonical = []string{
	"agent.capacity.changed", "agent.channel.created", "agent.channel.deleted", "agent.groups.changed",
	"agent.logged_in", "agent.logged_out", "agent.state.changed",
	"agent.work_item.added", "agent.work_item.removed", "agent.work_item.updated",
	"call.abandoned", "call.answered", "call.created", "call.dequeued", "call.ended", "call.held", "call.missed",
	"call.queued", "call.resumed", "call.ringing", "call.transferred",
	"contact.created", "contact.updated", "csat.received", "disposition.set", "note.created",
	"ticket.assigned", "ticket.comment.added", "ticket.created", "ticket.mentioned", "ticket.merged",
	"ticket.sla.breached", "ticket.stale", "ticket.status.changed", "ticket.updated",
	"vendor.unmapped",
	"voicemail.assigned", "voicemail.left", "voicemail.transcribed",
}

// Types lists the canonical event types in order. The list is the caller's own.
func Types() []string { return slices.Clone(canonical) }

// IsCanonical says whether the type is one of the canonical ones.
func IsCanonical(t string) bool {
	_, found := slices.BinarySearch(canonical, t)
	return found
}

// Own is the source of the events that the gateway makes of what happens to itself. Nobody sends them, so no source of a
// configuration has that name, and they go to those routes alone that name it.
const Own = "plugboard"

// Handed is the source of events that somebody hands in over the API without naming one (POST /v1/events). Routes may name
// it whether or not the configuration has a source of that name.
const Handed = "api"

// The types of the gateway's own events.
const (
	EndpointDisabled     = "plugboard.endpoint.disabled"
	DeliveryDead         = "plugboard.delivery.dead"
	DestinationFailing   = "plugboard.destination.failing"
	DestinationRecovered = "plugboard.destination.recovered"
)

// OwnTypes lists the types of the gateway's own events in order. The list is the caller's own.
func OwnTypes() []string {
	return []string{DeliveryDead, DestinationFailing, DestinationRecovered, EndpointDisabled}
}
