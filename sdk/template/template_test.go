package template

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// cases are what each SDK's templates are held to: testdata/cases.json.
type cases struct {
	Event            json.RawMessage
	Renders, Refuses []struct{ Name, Format, Template, Want string }
}

func readCases(t testing.TB) cases {
	t.Helper()
	text, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var c cases
	if err := json.Unmarshal(text, &c); err != nil || len(c.Renders) == 0 || len(c.Refuses) == 0 {
		t.Fatalf("cases.json holds %d and %d cases: %v", len(c.Renders), len(c.Refuses), err)
	}
	return c
}

var formats = map[string]Format{"text": Text, "json": JSON, "xml": XML, "form": Form, "url": URL, "header": Header, "html": HTML, "mrkdwn": Mrkdwn}

func render(t *testing.T, event []byte, text, format string) (string, error) {
	t.Helper()
	f, ok := formats[format]
	if !ok {
		t.Fatalf("no format %q", format)
	}
	tpl, err := Parse(text, f)
	if err != nil {
		return "", err
	}
	doc, err := jsondoc.Parse(event)
	if err != nil {
		t.Fatal(err)
	}
	out, err := tpl.Append([]byte("before"), doc.Root())
	return strings.TrimPrefix(string(out), "before"), err
}

func TestRender(t *testing.T) {
	c := readCases(t)
	for _, test := range c.Renders {
		t.Run(test.Name, func(t *testing.T) {
			got, err := render(t, c.Event, test.Template, test.Format)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.Want {
				t.Errorf("want %s\n got %s", test.Want, got)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	c := readCases(t)
	for _, test := range c.Refuses {
		if _, err := render(t, c.Event, test.Template, test.Format); err == nil || !strings.Contains(err.Error(), test.Want) {
			t.Errorf("%.60s: want %q, got %v", test.Template, test.Want, err)
		}
	}
}

func TestConstant(t *testing.T) {
	for text, want := range map[string]bool{"abc": true, "a{{! x }}b": true, "{{x}}": false, "{{#x}}{{/x}}": false} {
		tpl, err := Parse(text, Text)
		if err != nil || tpl.Constant() != want {
			t.Errorf("%s: want %v, %v", text, want, err)
		}
	}
}

func TestAppendAllocatesLittle(t *testing.T) {
	tpl, err := Parse("{{type}}: {{data.agent.id}}{{#data.tags}} {{.}}{{/data.tags}}", Text)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsondoc.Parse(readCases(t).Event)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { buf, _ = tpl.Append(buf[:0], doc.Root()) }); n > 4 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	tpl, err := Parse(`{"text":"{{data.agent.name}} is {{type}}","n":{{n}}{{#yes}},"tags":{{data.tags}}{{/yes}}}`, JSON)
	if err != nil {
		b.Fatal(err)
	}
	doc, err := jsondoc.Parse(readCases(b).Event)
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = tpl.Append(buf[:0], doc.Root()); err != nil {
			b.Fatal(err)
		}
	}
}
