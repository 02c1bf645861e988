package edge_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/edge"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/wasm"
)

// reading has a request read by a plugin that waits to be let go; its answer comes after that.
func reading(t *testing.T, g *gateway) (leave chan struct{}, answered chan accepted) {
	t.Helper()
	entered := make(chan struct{})
	leave, answered = make(chan struct{}), make(chan accepted)
	slow := plugin{func(in wasm.Input) (string, error) {
		close(entered)
		<-leave
		return echo.receive(in)
	}}
	g.server.Swap(pipeline(t, []edge.Source{{Config: &config.Source{Name: "s", Path: "/s", Plugin: "acme", Verify: none()}, Plugin: slow}}, nil))
	go func() { answered <- g.accepted("/s", `{}`) }()
	<-entered
	return leave, answered
}

// Requests that the old pipeline is reading end on it, and only then is it done with.
func TestSwap(t *testing.T) {
	g := start(t, nil)
	leave, answered := reading(t, g)
	drained := g.server.Swap(pipeline(t, sources(), nil))
	if status, _, _ := g.send("POST", "/s", `{}`); status != 404 {
		t.Errorf("the new pipeline answers %d", status)
	}
	select {
	case <-drained:
		t.Error("drained while a request is being read")
	default:
	}
	close(leave)
	if a := <-answered; a.ID == "" {
		t.Errorf("answered %+v", a)
	}
	<-drained
}

func TestPipelineOptions(t *testing.T) {
	bad := []edge.Source{{Config: &config.Source{Name: "a", Path: "/x", Verify: []config.Verify{{Scheme: "magic"}}}}}
	twice := []edge.Source{{Config: &config.Source{Name: "a", Path: "/x", Verify: none()}}, {Config: &config.Source{Name: "b", Path: "/x", Verify: none()}}}
	for place, list := range map[string][]edge.Source{"sources.a.verify": bad, "sources.b.path": twice} {
		_, err := edge.NewPipeline(edge.PipelineOptions{Sources: list, Metrics: metrics.New(nil)})
		var fault *edge.BuildError
		if !errors.As(err, &fault) || fault.Place != place {
			t.Errorf("%v, want a fault at %s", err, place)
		}
	}
}

// A request that did not come over a wire is checked like one that did.
func TestPipelineChecks(t *testing.T) {
	p := pipeline(t, sources(), nil)
	for name, tt := range map[string]struct {
		headers []event.Header
		reason  string
	}{
		"names in any case":   {[]event.Header{{Name: "Content-Type", Value: "application/cloudevents+json"}}, ""},
		"underscore":          {[]event.Header{{Name: "content_type", Value: "x"}}, "underscore"},
		"two lines":           {[]event.Header{{Name: "a", Value: "b\r\nc: d"}}, "control character"},
		"two content types":   {[]event.Header{{Name: "content-type", Value: "a"}, {Name: "Content-Type", Value: "a"}}, "more than once"},
		"length and coding":   {[]event.Header{{Name: "content-length", Value: "5"}, {Name: "transfer-encoding", Value: "chunked"}}, "contradict"},
		"more than a hundred": {make([]event.Header, 101), "100 headers"},
	} {
		body := []byte(`{"specversion":"1.0","id":"1","source":"/s","type":"t"}`)
		r := p.Read(t.Context(), &edge.Request{Method: "POST", Path: "/hooks/plain", Headers: tt.headers, Body: body}, received)
		if r.Refused() != (tt.reason != "") || !strings.Contains(r.Reason, tt.reason) {
			t.Errorf("%s: %d %s, want %q", name, r.Status, r.Reason, tt.reason)
		}
		if tt.reason == "" && (len(r.Events) != 1 || r.Events[0].ID != "1") {
			t.Errorf("%s: events %+v", name, r.Events)
		}
	}
}
