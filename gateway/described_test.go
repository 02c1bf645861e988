package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/queue"
)

// described is the API's description as the gateway serves it.
func (g *running) described(t *testing.T) *openapi3.T {
	t.Helper()
	var text json.RawMessage
	g.api(t, "/v1/openapi.json", &text)
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		t.Fatal(err)
	}
	return doc
}

// conforms says what an answer has that its description has otherwise.
func conforms(doc *openapi3.T, path, status string, answer any) error {
	schema := doc.Paths.Find(path).Get.Responses.Value(status).Value.Content["application/json"].Schema.Value
	return schema.VisitJSON(answer, openapi3.EnableJSONSchema2020(), openapi3.MultiErrors())
}

// TestAnswersAreAsDescribed sets what a gateway with a history answers beside what it says that it answers.
func TestAnswersAreAsDescribed(t *testing.T) {
	s := startSteered(t, steerableCRM)
	s.send(t, "test.happened", 0, 3)
	s.await(t, "crm", queue.Dead, 3)
	s.all(t, "/v1/replay", admin.Selection{IDs: []string{"test.happened-001/crm"}, To: "backup"})
	s.await(t, "backup", queue.Delivered, 1)
	doc := s.described(t)
	ids := strings.NewReplacer("/v1/events/{id}", "/v1/events/test.happened-001?raw", "/v1/deliveries/{id}", "/v1/deliveries/test.happened-001%2Fcrm")
	seen := 0
	for path, item := range doc.Paths.Map() {
		at := ids.Replace(path)
		if item.Get == nil || strings.Contains(at, "{") || path == "/v1/stream" {
			continue
		}
		var answer any
		s.api(t, at, &answer)
		if err := conforms(doc, path, "200", answer); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		seen++
	}
	if seen < 15 {
		t.Errorf("only %d answers were looked at", seen)
	}
	wrong := map[string]any{"items": []any{map[string]any{"id": 7.0}}}
	if conforms(doc, "/v1/events", "200", wrong) == nil { // the control
		t.Error("an event with a number for an ID, and nothing else, passed")
	}
	if status, _, detail := s.ask(t, "/v1/replay", json.RawMessage(`{"ids":[7]}`)); status != http.StatusBadRequest || !strings.Contains(detail, "/ids") {
		t.Errorf("%d %s", status, detail)
	}
}
