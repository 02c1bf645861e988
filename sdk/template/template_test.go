package template

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

const event = `{"type":"agent.state.changed","n":12345678901234567890,"yes":true,"no":false,"null":null,"none":"","zero":0,
	"data":{"agent":{"name":"Ada \"A\" <Köln> & Co\n","id":"a/b?c"},"tags":["x","y&z"],
	"people":[{"name":"Bo","age":3},{"name":"Cy"}],"o":{"k":[1]}},"evil":"a\r\nb","dots":".."}`

func render(t *testing.T, text string, f Format) (string, error) {
	t.Helper()
	tpl, err := Parse(text, f)
	if err != nil {
		return "", err
	}
	doc, err := jsondoc.Parse([]byte(event))
	if err != nil {
		t.Fatal(err)
	}
	out, err := tpl.Append([]byte("before"), doc.Root())
	return strings.TrimPrefix(string(out), "before"), err
}

func TestRender(t *testing.T) {
	tests := []struct {
		name   string
		format Format
		in     string
		want   string
	}{
		{"text as it is", Text, "{{data.agent.name}}!{{nothing}}{{null}}", "Ada \"A\" <Köln> & Co\n!"},
		{"remark", Text, "a{{! {{ }}b", "ab"},
		{"spaces in a tag", Text, "{{ type }}", "agent.state.changed"},
		{"object in text", Text, "{{data.o}}", `{"k":[1]}`},
		{"list", Text, "{{#data.tags}}[{{.}}]{{/data.tags}}", "[x][y&z]"},
		{"list of objects", Text, "{{#data.people}}{{name}}{{#age}}={{.}}{{/age}} {{type}};{{/data.people}}", "Bo=3 agent.state.changed;Cy agent.state.changed;"},
		{"section once", Text, "{{#data.agent}}{{id}}{{/data.agent}}{{#yes}}1{{/yes}}{{#zero}}2{{/zero}}", "a/b?c12"},
		{"section not", Text, "{{#no}}1{{/no}}{{#none}}2{{/none}}{{#null}}3{{/null}}{{#x.y}}4{{/x.y}}", ""},
		{"inverted", Text, "{{^no}}1{{/no}}{{^yes}}2{{/yes}}{{^x}}3{{/x}}{{^data.tags}}4{{/data.tags}}", "13"},
		{"tag alone on its line", Text, "a\n  {{#yes}}  \nb\n{{/yes}}\nc\n{{! x }}", "a\nb\nc\n"},
		{"JSON in quotes", JSON, `{"a":"{{data.agent.name}}","b":"{{n}} {{nothing}}","c":"{{yes}}","{{type}}":"{{data.o}}"}`,
			`{"a":"Ada \"A\" <Köln> & Co\n","b":"12345678901234567890 ","c":"true","agent.state.changed":"{\"k\":[1]}"}`},
		{"JSON outside of quotes", JSON, `{"a":{{type}},"n":{{n}},"y":{{yes}},"o":{{data.o}},"l":{{data.tags}},"x":{{nothing}},"null":{{null}},"e":{{none}}}`,
			`{"a":"agent.state.changed","n":12345678901234567890,"y":true,"o":{"k":[1]},"l":["x","y&z"],"x":"","null":"","e":""}`},
		{"JSON escapes around", JSON, `["\"{{type}}\\{{type}}\u0041{{type}}"]`, `["\"agent.state.changed\\agent.state.changed\u0041agent.state.changed"]`},
		{"JSON section", JSON, `{"a":1{{#yes}},"b":"{{type}}"{{/yes}}{{#no}},"c":{{/no}}}`, `{"a":1,"b":"agent.state.changed"}`},
		{"XML", XML, `<?xml version="1.0"?><a b="{{data.agent.name}}" c='{{evil}}'>{{data.agent.name}}<x/>{{#data.tags}}<t>{{.}}</t>{{/data.tags}}</a>`,
			`<?xml version="1.0"?><a b="Ada &quot;A&quot; &lt;Köln&gt; &amp; Co&#10;" c='a&#13;&#10;b'>Ada &quot;A&quot; &lt;Köln&gt; &amp; Co&#10;<x/><t>x</t><t>y&amp;z</t></a>`},
		{"form", Form, "name={{data.agent.name}}&id={{data.agent.id}}", "name=Ada+%22A%22+%3CK%C3%B6ln%3E+%26+Co%0A&id=a%2Fb%3Fc"},
		{"link", URL, "https://h.example/x/{{data.agent.id}}?q={{data.agent.id}}&r={{evil}}", "https://h.example/x/a%2Fb%3Fc?q=a%2Fb%3Fc&r=a%0D%0Ab"},
		{"relative link", URL, "/x/{{data.agent.id}}", "/x/a%2Fb%3Fc"},
		{"parameters only", URL, "?q={{type}}", "?q=agent.state.changed"},
		{"header", Header, "id {{data.agent.id}}", "id a/b?c"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := render(t, test.in, test.format)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("want %s\n got %s", test.want, got)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	tests := []struct {
		format   Format
		in, want string
	}{
		{Text, "a\nb {{{x}}}", "line 2, column 3: three braces"},
		{Text, "ä{{&x}}", "line 1, column 2: {{&…}}: values are always escaped"},
		{Text, "{{> x}}", "is not in this language"},
		{Text, "{{=<% %>=}}", "is not in this language"},
		{Text, "{{}}", "has no name"},
		{Text, "{{a b}}", "holds a space"},
		{Text, "{{a..b}}", "a step without a name"},
		{Text, "{{.a}}", "a step without a name"},
		{Text, "{{a", "is not closed"},
		{Text, "{{#a}}", "section a is not closed"},
		{Text, "{{/a}}", "closes no section"},
		{Text, "{{#a}}{{#b}}{{/a}}{{/b}}", "closes no section"},
		{Text, strings.Repeat("{{#a}}", 33) + strings.Repeat("{{/a}}", 33), "more than 32 deep"},
		{JSON, `{"a":"x{{#yes}}","b":"{{/yes}}"}`, ""},
		{JSON, `{"a":"x{{#yes}}"{{/yes}}}`, "begins and ends in different places"},
		{JSON, `["\{{n}}"]`, "middle of an escape"},
		{JSON, `["\u00{{n}}"]`, "middle of an escape"},
		{XML, `<{{type}}/>`, "only stand in an attribute's quotes"},
		{XML, `<a {{type}}="x"/>`, "only stand in an attribute's quotes"},
		{XML, `<a><!-- {{type}} --></a>`, "comment"},
		{XML, `<a><![CDATA[{{type}}]]></a>`, "CDATA"},
		{XML, `<?x {{type}}?><a/>`, "declaration"},
		{XML, `<a b="{{#yes}}">{{/yes}}</a>`, "begins and ends in different places"},
		{URL, `{{type}}`, "scheme or host"},
		{URL, `https://{{type}}/x`, "scheme or host"},
		{URL, `https://h{{type}}`, "scheme or host"},
		{URL, `//{{type}}/x`, "scheme or host"},
		// Results that are not what they should be.
		{JSON, `{"a":{{n}}{{n}},}`, "result is not JSON"},
		{XML, `<a>{{type}}</b>`, "result is not XML"},
		{XML, `{{type}}`, "text outside"},
		{Header, "{{evil}}", "not one line"},
		{URL, "/a/{{dots}}/b", "segment .."},
		{URL, "/a/%2E{{nothing}}/b", "segment %2E"},
		{URL, "/{{nothing}}/{{type}}", "two slashes"},
		{URL, "/a b", "holds a space"},
		{Form, "a={{type}}\n", "holds a space"},
		{Text, strings.Repeat("{{#data.tags}}", 21) + "x" + strings.Repeat("{{/data.tags}}", 21), "longer than 1 MiB"},
	}
	for _, test := range tests {
		_, err := render(t, test.in, test.format)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.in, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%.60s: want %q, got %v", test.in, test.want, err)
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
	doc, err := jsondoc.Parse([]byte(event))
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
	doc, err := jsondoc.Parse([]byte(event))
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
