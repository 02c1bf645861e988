package admin

import (
	"encoding/json"
	"net/http"

	"github.com/plugboard/plugboard/gateway/access"
	"github.com/plugboard/plugboard/gateway/endpoint"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/replay"
	"github.com/plugboard/plugboard/queue"
)

// operations describes everything under /v1; a test holds it against what the router has.
func operations() []operation {
	deliveries := []string{"source", "type", "subject", "destination", "event", "state", "since", "until", "limit", "cursor"}
	paged := []string{"limit", "cursor"}
	notFound, conflict := http.StatusNotFound, http.StatusConflict
	return []operation{
		{pattern: "GET /v1/openapi.json", does: "This description.", answer: object{}},
		{pattern: "GET /v1/version", does: "What the gateway is.", answer: object{}},
		{pattern: "GET /v1/events", does: "List events, newest first.", query: deliveries, answer: listing{EventRecord{}}},
		{pattern: "GET /v1/events/{id...}", does: "An event, and what became of it.", query: []string{"raw"}, answer: EventRecord{}, fails: []int{notFound}},
		{pattern: "GET /v1/deliveries", does: "List deliveries, newest first.", query: deliveries, answer: listing{DeliveryRecord{}}},
		{pattern: "GET /v1/deliveries/{id...}", does: "A delivery with its attempts.", answer: DeliveryRecord{}, fails: []int{notFound}},
		{pattern: "POST /v1/deliveries/{id...}", path: "/v1/deliveries/{id}/retry", does: "Try a delivery now that waits for its time.",
			status: http.StatusNoContent, fails: []int{notFound, conflict}},
		{pattern: "POST /v1/deliveries/{id...}", path: "/v1/deliveries/{id}/cancel", does: "Cancel a delivery that waits, or put a dead letter away.",
			status: http.StatusNoContent, fails: []int{notFound, conflict}},
		{pattern: "GET /v1/attempts", does: "List attempts, delivery after delivery; limit counts deliveries.", query: deliveries, answer: listing{AttemptEntry{}}},
		{pattern: "GET /v1/rejected", does: "List requests that were set aside because they could not be read.",
			query: []string{"source", "event", "since", "until", "limit", "cursor"}, answer: listing{RejectedRecord{}}},
		{pattern: "POST /v1/replay", does: "Queue stored events again, by ID or by filter.", body: Selection{}, answer: replay.Report{}},
		{pattern: "POST /v1/cancel", does: "Cancel deliveries that wait, or put dead letters away, by ID or by filter.", body: Selection{}, answer: replay.Report{}},
		{pattern: "GET /v1/replay/diff", does: "What the plugins on disk would make of stored deliveries, beside what was sent.",
			query: deliveries, answer: listing{DiffRecord{}}, fails: []int{conflict}},
		{pattern: "GET /v1/stream", does: "What happens from now on, as server-sent events: the data of each is a Note.", media: "text/event-stream"},
		{pattern: "GET /v1/audit", does: "Recount the store.", answer: queue.AuditReport{}},
		{pattern: "GET /v1/sources", does: "List sources.", query: paged, answer: listing{SourceInfo{}}},
		{pattern: "GET /v1/routes", does: "List routes.", query: paged, answer: listing{RouteInfo{}}},
		{pattern: "GET /v1/destinations", does: "List destinations and what waits for them.", query: paged, answer: listing{DestinationInfo{}}},
		{pattern: "POST /v1/destinations/{name}/pause", does: "Hold a destination's deliveries back; they wait.", body: PauseOrder{}, optional: true,
			answer: DestinationInfo{}, fails: []int{notFound, http.StatusUnprocessableEntity}},
		{pattern: "POST /v1/destinations/{name}/resume", does: "End a pause.", answer: DestinationInfo{}, fails: []int{notFound, conflict}},
		{pattern: "POST /v1/destinations/{name}/test", does: "Make a real attempt with an event that is not stored.", body: Probe{}, optional: true,
			answer: Probed{}, fails: []int{notFound, http.StatusUnprocessableEntity}},
		{pattern: "POST /v1/routes/{name}/enable", does: "Turn a route on.", status: http.StatusNoContent, fails: []int{notFound}},
		{pattern: "POST /v1/routes/{name}/disable", does: "Turn a route off.", status: http.StatusNoContent, fails: []int{notFound}},
		{pattern: "POST /v1/try", does: "Play a request through the whole pipeline: no network, nothing stored.", body: Trial{}, answer: object{},
			fails: []int{http.StatusUnprocessableEntity}},
		{pattern: "POST /v1/events", does: "Hand in a CloudEvent, or a list of them.", query: []string{"source"}, body: json.RawMessage{},
			status: http.StatusAccepted, answer: HandedIn{}, fails: []int{http.StatusRequestEntityTooLarge}},
		{pattern: "GET /v1/plugins", does: "List plugins.", query: paged, answer: listing{PluginInfo{}}},
		{pattern: "GET /v1/shadows", does: "List candidates beside plugins in force, and how they compare.", query: paged, answer: listing{ShadowInfo{}}},
		{pattern: "GET /v1/tables", does: "List look-up tables.", query: paged, answer: listing{TableInfo{}}},
		{pattern: "GET /v1/secrets", does: "List secrets, without their values.", query: paged, answer: listing{SecretInfo{}}},
		{pattern: "PUT /v1/secrets/{name}", does: "Set a secret.", body: secretBody{}, answer: SecretChange{}, fails: []int{conflict}},
		{pattern: "DELETE /v1/secrets/{name}", does: "Remove a secret.", query: []string{"force"}, status: http.StatusNoContent, fails: []int{notFound, conflict}},
		{pattern: "POST /v1/secrets/reseal", does: "Seal all secrets again with the present master key.", answer: map[string]int{}, fails: []int{conflict}},
		{pattern: "GET /v1/endpoints", does: "List the destinations that were set up at run time.", query: []string{"status", "limit", "cursor"}, answer: listing{EndpointInfo{}}},
		{pattern: "POST /v1/endpoints", does: "Set a destination up, such as a URL for one type of event: the settings that the file has for one, in JSON, with those of its route.", body: endpoint.Settings{},
			status: http.StatusCreated, answer: EndpointInfo{}, fails: []int{conflict, http.StatusUnprocessableEntity}},
		{pattern: "GET /v1/endpoints/{id}", does: "An endpoint.", answer: EndpointInfo{}, fails: []int{notFound}},
		{pattern: "PATCH /v1/endpoints/{id}", does: "Change an endpoint's settings, as RFC 7396 merges them; any but enabled and description take the role admin.", body: endpoint.Settings{}, answer: EndpointInfo{},
			fails: []int{notFound, http.StatusUnprocessableEntity}},
		{pattern: "DELETE /v1/endpoints/{id}", does: "Remove an endpoint.", status: http.StatusNoContent, fails: []int{notFound}},
		{pattern: "POST /v1/endpoints/{id}/test", does: "Make a real attempt with an event that is not stored.", body: Probe{}, optional: true,
			answer: Probed{}, fails: []int{notFound, http.StatusUnprocessableEntity}},
		{pattern: "GET /v1/tokens", does: "List tokens, without their texts.", query: paged, answer: listing{access.Token{}}},
		{pattern: "POST /v1/tokens", does: "Make a token; its text is shown this once.", body: NewToken{}, status: http.StatusCreated, answer: CreatedToken{},
			fails: []int{http.StatusUnprocessableEntity}},
		{pattern: "DELETE /v1/tokens/{id}", does: "Remove a token.", status: http.StatusNoContent, fails: []int{notFound}},
	}
}

// secretBody is what PUT /v1/secrets/{name} takes.
type secretBody struct {
	Value string `json:"value"`
}

// further are types that no operation has, but its description names.
func further() []any { return []any{feed.Note{}} }
