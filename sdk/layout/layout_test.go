package layout_test

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
)

// read reads a body by a layout: what the placeholders stand for, as name=value, and what is left.
func read(t testing.TB, l *layout.Layout, body string) (found, rest string, recovered bool) {
	t.Helper()
	root, recovered, err := l.Read([]byte(body))
	if err != nil {
		return err.Error(), "", false
	}
	var b strings.Builder
	l.Walk(root, func(slot int, text string) { b.WriteString(l.Names()[slot] + "=" + text + ";") })
	return b.String(), string(root.AppendRest(nil)), recovered
}

func parse(t testing.TB, text string, s layout.Syntax) *layout.Layout {
	t.Helper()
	l, err := layout.Parse(text, layout.Detect(text), s)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return l
}

const (
	braces = layout.Braces
	tags   = layout.Tags
)

// TestWalk reads bodies beside their layouts.
func TestWalk(t *testing.T) {
	tests := []struct {
		name         string
		syntax       layout.Syntax
		layout, body string
		found, rest  string
	}{
		{"by placeholder, not by key", braces, `{"x":"{{a}}","k":{"y":"{{ b.c }}"}}`, `{"k":{"y":"2"},"x":"1"}`, `b.c=2;a=1;`, ``},
		{"a literal stays", braces, `{"kind":"queue","v":2,"x":"{{a}}"}`, `{"kind":"other","v":2,"x":"1"}`, `a=1;`, `{"kind":"other","v":2}`},
		{"what the layout lacks stays", braces, `{"x":"{{a}}"}`, `{"x":"1","new":{"z":[1]}}`, `a=1;`, `{"new":{"z":[1]}}`},
		{"empty, null, left unreplaced", braces, `{"x":"{{a}}","y":"{{b}}","z":"{{c}}"}`, `{"x":"","y":null,"z":"{{ c }}"}`, ``, ``},
		{"another's placeholder is a value", braces, `{"x":"{{a}}"}`, `{"x":"{{b}}"}`, `a={{b}};`, ``},
		{"a number past 2^53", braces, `{"x":{{a}}}`, `{"x":9007199254740993}`, `a=9007199254740993;`, ``},
		{"an object for a value stays", braces, `{"x":"{{a}}"}`, `{"x":{"y":1}}`, ``, `{"x":{"y":1}}`},
		{"twice the same", braces, `{"x":"{{a}}","y":"{{a}}"}`, `{"x":"1","y":"1"}`, `a=1;`, ``},
		{"twice, and different", braces, `{"x":"{{a}}","y":"{{a}}"}`, `{"x":"1","y":"2"}`, `a=1;`, `{"y":"2"}`},
		{"among a text", tags, `{"x":"request: {link}, by {who}"}`, `{"x":"request: https://a/b, by Ada, too"}`, `link=https://a/b;who=Ada, too;`, ``},
		{"among another text", tags, `{"x":"request: {link}"}`, `{"x":"ticket: 1"}`, ``, `{"x":"ticket: 1"}`},
		{"nothing between two", braces, `{"x":"{{a}}{{b}}"}`, `{"x":"12"}`, ``, `{"x":"12"}`},
		{"lists by place", braces, `["{{a}}",{"x":"{{b}}"}]`, `["1",{"x":"2"},"3"]`, `a=1;b=2;`, `["3"]`},
		{"strip_tags is the tag", tags, `{"x":"$strip_tags({a})","y":{}}`, `{"x":"$strip_tags({a})"}`, ``, ``},
		{"any script", tags, `{"ключ":"{a}"}`, `{"ключ":"日本 🙏 e\u0301"}`, "a=日本 🙏 e\u0301;", ``},
		{"XML", braces, `<c id="{{a}}" v="2"><n>{{b}}</n><n>{{d}}</n></c>`, "<?xml version=\"1.0\"?>\n<c v='2' id='1'><n>x &amp; &#x79;</n><n><![CDATA[<z>]]></n></c>", `a=1;b=x & y;d=<z>;`, `{"c":{"@v":"2"}}`},
		{"text beside attributes", braces, `<c k="1">{{a}}</c>`, `<c k="1">x<!-- no --></c>`, `a=x;`, `{"c":{"@k":"1"}}`},
		{"an empty element", braces, `<c><n>{{a}}</n></c>`, `<c><n/></c>`, ``, ``},
		{"a form", tags, `event=x&id={a}&who={b}`, `event=x&id=7&who=%D0%86+%26%zz`, "a=7;b=І &%zz;", `{"event":"x"}`},
		{"a link", tags, `https://gw.example/h?event=x&id={a}`, `event=x&id=7&more=`, `a=7;`, `{"event":"x"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found, rest, recovered := read(t, parse(t, test.layout, test.syntax), test.body)
			if found != test.found || rest != test.rest || recovered {
				t.Errorf("found %s, rest %s, recovered %v;\nwant %s, %s", found, rest, recovered, test.found, test.rest)
			}
		})
	}
}

// TestRecover reads bodies into which values were put unescaped, or where nothing was put.
func TestRecover(t *testing.T) {
	const reply = "{\n  \"event\": \"new_reply\",\n  \"text\": \"{text}\",\n  \"by\": \"{by}\"\n}\n"
	tests := []struct {
		name, layout, body, found, rest string
	}{
		{"quotes and a line end", reply, "{\n  \"event\": \"new_reply\",\n  \"text\": \"He said \"no\"\nand left.\",\n  \"by\": \"7\"\n}\n",
			"text=He said \"no\"\nand left.;by=7;", `{"event":"new_reply"}`},
		{"a backslash as it is", reply, "{\n\"event\": \"new_reply\",\r\n\"text\": \"\"C:\\new\"\",\n\"by\": \"7\"\n}",
			`text="C:\new";by=7;`, `{"event":"new_reply"}`},
		{"nothing where a number should be", `{"n": {n}, "by": "{by}"}`, `{"n": , "by": "a\"b"}`, `by=a"b;`, ``},
		{"nothing, and a line end behind", "{\"by\": \"{by}\",\n \"n\": {n}\n}", "{\"by\": \"a\"b\",\n \"n\": \n}\n", `by=a"b;`, ``},
		{"a tag left where a number should be", `{"n": {n}, "by": "{by}"}`, `{"n": {n}, "by": "x"}`, `by=x;`, ``},
		{"XML", `<r><t>{t}</t><u>{u}</u></r>`, `<r><t>a < b & c</t><u>&amp;</u></r>`, `t=a < b & c;u=&amp;;`, ``},
		{"a form", `text={t}&by={by}`, `text=you & me&by=7`, `t=you & me;by=7;`, ``},
		{"not this layout's", reply, "He said no", "body is not JSON", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found, rest, recovered := read(t, parse(t, test.layout, tags), test.body)
			if test.name == "not this layout's" {
				if recovered || !strings.Contains(found, "byte 0") {
					t.Errorf("%s, recovered %v", found, recovered)
				}
				return
			}
			if found != test.found || rest != test.rest || !recovered {
				t.Errorf("found %q, rest %s, recovered %v;\nwant %q, %s", found, rest, recovered, test.found, test.rest)
			}
		})
	}
}

// TestRefused is what cannot be a layout, with the place.
func TestRefused(t *testing.T) {
	tests := []struct {
		syntax         layout.Syntax
		layout, reason string
	}{
		{braces, "\"data\": {\n  \"call_id\": \"{{call_id}}\"\n}", "line 1, column 7: it is not JSON"},
		{braces, "{\n  \"a\": {{a}},\n  \"b\": {{b}},\n}", "line 4, column 1: it is not JSON: want a member's name"},
		{braces, `{"a": "{{a}"}`, "line 1, column 8: {{ begins no placeholder; write {{name}}"},
		{braces, `{"a": {{a b}}}`, "line 1, column 7: {{ begins no placeholder"},
		{braces, `{"x{{a}}": "1"}`, "line 1, column 4: {{a}} is in a name"},
		{braces, "<a>\n<b>{{b}}</a>", "line 2, column 12: </a> closes no element"},
		{braces, "<a><{{b}}/></a>", "line 1, column 4: < begins no element"},
		{braces, "<!DOCTYPE a [<!ENTITY b \"c\">]><a>{{b}}</a>", "line 1, column 1: a document type is not taken"},
		{braces, "<a>b & c</a>", "line 1, column 4: & begins no reference"},
		{tags, "https://gw.example/{ticket_id}?a=1", "line 1, column 20: {ticket_id} stands in front of the question mark"},
		{tags, "https://gw.example/x", "it has no pairs in it"},
		{tags, "", "it is not JSON"},
		{tags, strings.Repeat(" ", layout.MaxText+1), "it is longer than 64 KiB"},
	}
	for _, test := range tests {
		_, err := layout.Parse(test.layout, layout.Detect(test.layout), test.syntax)
		if err == nil || !strings.Contains(err.Error(), test.reason) {
			t.Errorf("%.60s: %v; want %s", test.layout, err, test.reason)
		}
	}
}

// TestFill writes values where they could do harm.
func TestFill(t *testing.T) {
	const evil = "\"</a>&b=1 {{b}}\n\\"
	for text, want := range map[string]string{
		`{"a":"x {{a}}","n":{{n}}}`:     `{"a":"x \"</a>&b=1 {{b}}\n\\","n":12}`,
		`{"n":{{a}}}`:                   `{"n":"\"</a>&b=1 {{b}}\n\\"}`,
		`<a b="{{a}}">{{n}}</a>`:        `<a b="&quot;&lt;/a&gt;&amp;b=1 {{b}}&#10;\">12</a>`,
		`<a><![CDATA[{{a}}]]>{{c}}</a>`: "<a><![CDATA[\"</a>&b=1 {{b}}\n\\]]>]]&gt;</a>",
		`<a><![CDATA[{{c}}]]></a>`:      "<a><![CDATA[]]]]><![CDATA[>]]></a>",
		`a=x y {{a}}&n={{n}}`:           `a=x+y+%22%3C%2Fa%3E%26b%3D1+%7B%7Bb%7D%7D%0A%5C&n=12`,
	} {
		l := parse(t, text, braces)
		got := l.Fill(func(slot int) string {
			return map[string]string{"a": evil, "n": "12", "c": "]]>"}[l.Names()[slot]]
		})
		if string(got) != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// TestLiterals tells layouts apart by their texts.
func TestLiterals(t *testing.T) {
	l := parse(t, `{"kind":"queue","k":["a",{"v":2}],"x":"{{a}}"}`, braces)
	for body, want := range map[string]bool{
		`{"kind":"queue","k":["a",{"v":2}],"x":"7","y":1}`: true,
		`{"kind":"queue","k":["a",{"v":3}]}`:               false,
		`{"kind":"abandoned","k":["a",{"v":2}]}`:           false,
		`[]`:                                               false,
	} {
		doc, err := jsondoc.Parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if n, all := l.Literals(doc.Root()); all != want || n != 3 {
			t.Errorf("%s: %d literals, all %v; want 3, %v", body, n, all, want)
		}
	}
}
