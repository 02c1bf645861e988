package toolchain_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/likeness"
)

// templateCases are what the templates of every SDK are held to.
type templateCases struct {
	Event            json.RawMessage
	Renders, Refuses []struct{ Name, Format, Template, Want string }
}

func readTemplateCases(t *testing.T) (text []byte, c templateCases) {
	t.Helper()
	text, err := os.ReadFile("../../sdk/template/testdata/cases.json")
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil || len(c.Renders) < 20 || len(c.Refuses) < 40 {
		t.Fatalf("%d and %d cases: %v", len(c.Renders), len(c.Refuses), err)
	}
	return text, c
}

// checkTemplates gives a plugin all cases at once, and holds it to each.
func checkTemplates(t *testing.T, p wasm.Plugin) {
	t.Helper()
	text, c := readTemplateCases(t)
	out := callShow(t, p, wasm.Receive, `{"do":"templates","cases":`+string(text)+`}`)
	type made struct {
		Made bool
		Text string
	}
	var got struct {
		Events []struct {
			Data struct{ Renders, Refuses []made }
		}
	}
	if err := json.Unmarshal(out.Body, &got); err != nil || len(got.Events) != 1 {
		t.Fatalf("%v: %s", err, out.Body)
	}
	renders, refuses := got.Events[0].Data.Renders, got.Events[0].Data.Refuses
	if len(renders) != len(c.Renders) || len(refuses) != len(c.Refuses) {
		t.Fatalf("%d and %d answers", len(renders), len(refuses))
	}
	for i, test := range c.Renders {
		if got := renders[i]; !got.Made || got.Text != test.Want {
			t.Errorf("%s:\nwant %s\n got %s", test.Name, test.Want, got.Text)
		}
	}
	for i, test := range c.Refuses {
		if got := refuses[i]; got.Made || !strings.Contains(got.Text, test.Want) {
			t.Errorf("%.60s: want %q, got %s", test.Template, test.Want, got.Text)
		}
	}
}

func TestAssemblyScriptTemplates(t *testing.T) { checkTemplates(t, openShow(t)) }

// TestScriptTemplates: the engine of scripts has the C SDK's templates in it; build.sh takes them anew.
func TestScriptTemplates(t *testing.T) {
	host := openHost(t, wasm.Limits{Deadline: 10 * time.Second})
	m, err := host.LoadScript(t.Context(), "show", []byte(`
import { template } from "plugboard";
export function receive(request, events) {
  const { renders, refuses, event } = request.json().cases;
  const made = (list) => list.map((one) => {
    try {
      return { made: true, text: template(one.template, one.format).render(event) };
    } catch (e) {
      return { made: false, text: e.message };
    }
  });
  events.add("x").data = { renders: made(renders), refuses: made(refuses) };
}`))
	if err != nil {
		t.Fatal(err)
	}
	checkTemplates(t, open(t, m, "{}", 1))
}

// TestAssemblyScriptIsLikeGo holds the SDK's reader and builder against package jsondoc, in the gateway's own host.
func TestAssemblyScriptIsLikeGo(t *testing.T) {
	p := openShow(t)
	likeness.Each(t, 3000, false, func(document []byte) string {
		out, err := p.Call(t.Context(), wasm.Receive, wasm.Input{Body: document, Facts: facts{"header.compare": "yes"}})
		var e *wasm.Error
		if errors.As(err, &e) && e.Kind == wasm.Rejected {
			return e.Reason
		}
		if err != nil {
			t.Fatalf("%q: %v", document, err)
		}
		made := strings.TrimSuffix(strings.TrimPrefix(string(out.Body), `{"events":[{"type":"x"`), "}]}")
		if made == "" {
			return "{}"
		}
		return strings.TrimPrefix(made, `,"data":`)
	})
}
