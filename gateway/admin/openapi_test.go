package admin_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugboard/plugboard/gateway/admin"
)

// TestEverythingIsDescribed holds the description against the router, and against OpenAPI's own rules.
func TestEverythingIsDescribed(t *testing.T) {
	for _, w := range admin.Undescribed(admin.Rules()) {
		t.Error(w)
	}
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(admin.Document())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Paths.Find("/v1/deliveries/{id}/retry") == nil || doc.Components.Schemas["Note"] == nil {
		t.Errorf("version %s, %d paths, types %v", doc.OpenAPI, doc.Paths.Len(), slices.Sorted(maps.Keys(doc.Components.Schemas)))
	}
}

// TestWhatIsNotDescribedIsNamed is the control: a rule that nobody described, and a description of what is no more.
func TestWhatIsNotDescribedIsNamed(t *testing.T) {
	rules := append(admin.Rules()[1:], admin.Rule{Pattern: "POST /v1/invented"})
	wrong := strings.Join(admin.Undescribed(rules), "\n")
	for _, want := range []string{"POST /v1/invented is not described", admin.Rules()[0].Pattern + " is described, and nothing serves it"} {
		if !strings.Contains(wrong, want) {
			t.Errorf("no %q in:\n%s", want, wrong)
		}
	}
	broken := strings.Replace(string(admin.Document()), `"type":"boolean"`, `"type":"truth"`, 1)
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData([]byte(broken))
	if err == nil {
		err = doc.Validate(loader.Context)
	}
	if err == nil {
		t.Error("a type that does not exist passed for a good description")
	}
}

// TestErrorsAreProblems asks for what is not there, or not to be had: every answer is application/problem+json.
func TestErrorsAreProblems(t *testing.T) {
	api := admin.New(admin.Options{Metrics: http.NotFoundHandler()})
	for _, path := range []string{"/v1/", "/v1/nothing", "/v1/openapi.json"} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		var p admin.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code || p.Title == "" ||
			w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s without a token: %d %s %v", path, w.Code, w.Body, err)
		}
	}
}

// FuzzSelection gives bodies to a replay: what is taken selects by IDs or by a filter whose state there is.
func FuzzSelection(f *testing.F) {
	for _, body := range []string{`{}`, `{"ids":["a/b"]}`, `{"filter":{"state":"dead","since":"2h"},"limit":3}`, `{"rejected":true}`, `{"filter":{"limit":"3"}}`,
		`{"filter":{"since":"2026-03-04T08:00:00Z","until":"-9223372036854775808ns"}}`, `[`, `{"filter":null,"unrouted":true} x`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s, filter, err := admin.ReadSelection(body)
		if err != nil || filter == nil {
			return
		}
		if filter.State > 0 && filter.State.String() != s.Filter["state"] || filter.Source != s.Filter["source"] || filter.Cursor != "" || filter.Limit != 0 {
			t.Errorf("%s: %+v", body, filter)
		}
	})
}
