package template

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// FuzzValue puts a value into every kind of place: it must come out as the value and change nothing around it.
func FuzzValue(f *testing.F) {
	for _, s := range []string{"", "Ada", `","b":"`, `\`, "</a><b>", `" x="`, "a&b=c", "../..", "..", "a\r\nX-Evil: 1", "{{type}}", "]]>", "&amp;",
		"//evil.example", "?#", "\x00\x1f\u2028\ufffe", "😀", "%2e%2e", "@evil.example:80/"} {
		f.Add(s)
	}
	templates := map[string]*Template{}
	for name, t := range map[string]struct {
		text   string
		format Format
	}{
		"json":   {`{"a":"{{v}}","b":{{v}},"c":["x{{v}}y"],"d":1}`, JSON},
		"xml":    {`<a b="{{v}}" c='{{v}}'><d>{{v}}</d></a>`, XML},
		"form":   {`a={{v}}&b=x{{v}}y`, Form},
		"url":    {`https://h.example/p/x{{v}}y/q?a={{v}}&b=1`, URL},
		"header": {`x {{v}}`, Header},
		"html":   {`<a href="{{v}}">{{v}}</a>`, HTML},
		"mrkdwn": {`*{{v}}*`, Mrkdwn},
	} {
		tpl, err := Parse(t.text, t.format)
		if err != nil {
			f.Fatal(err)
		}
		templates[name] = tpl
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := jsondoc.Parse(append(jsondoc.AppendString([]byte(`{"v":`), s), '}'))
		if err != nil {
			t.Fatal(err)
		}
		s = doc.Get("v").Str() // valid UTF-8 now
		fill := func(name string) string {
			out, err := templates[name].Append(nil, doc.Root())
			if err != nil {
				if name == "header" && strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
					return ""
				}
				if name == "xml" && strings.ContainsFunc(s, noXML) {
					return ""
				}
				t.Fatalf("%s: %v", name, err)
			}
			return string(out)
		}
		checkJSON(t, fill("json"), s)
		checkElements(t, fill("xml"), s)
		checkForm(t, fill("form"), s)
		checkLink(t, fill("url"), s)
		checkHeader(t, fill("header"), s)
		checkHTML(t, fill("html"), s)
		if out := fill("mrkdwn"); plain(out) != "*"+s+"*" || strings.ContainsAny(out, "<>") {
			t.Fatalf("%q came out as %s", s, out)
		}
	})
}

// checkHTML finds the value twice between the template's own marks, and no other mark.
func checkHTML(t *testing.T, out, s string) {
	t.Helper()
	inner, ok := strings.CutSuffix(out, "</a>")
	link, shown, both := strings.Cut(strings.TrimPrefix(inner, `<a href="`), `">`)
	if !ok || !both || strings.ContainsAny(link, `<>"'`) || strings.ContainsAny(shown, "<>") || plain(link) != s || plain(shown) != s {
		t.Fatalf("%q came out as %s", s, out)
	}
}

// plain takes back the escapes that chats know; Go's own reader of HTML knows hundreds.
func plain(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'", "&amp;", "&").Replace(s)
}

func checkJSON(t *testing.T, out, s string) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(got) != 4 || got["a"] != s || got["b"] != s || got["c"].([]any)[0] != "x"+s+"y" {
		t.Fatalf("%q came out as %s", s, out)
	}
}

// noXML tells what XML has no way to write.
func noXML(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
}

func checkElements(t *testing.T, out, s string) {
	t.Helper()
	if strings.ContainsFunc(s, noXML) {
		if out != "" {
			t.Fatalf("%q came out as %s", s, out)
		}
		return
	}
	var got struct {
		XMLName xml.Name `xml:"a"`
		B       string   `xml:"b,attr"`
		C       string   `xml:"c,attr"`
		D       []string `xml:"d"`
		Rest    []struct {
			XMLName xml.Name
		} `xml:",any"`
	}
	if err := xml.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got.B != s || got.C != s || len(got.D) != 1 || got.D[0] != s || len(got.Rest) != 0 {
		t.Fatalf("%q came out as %s: %+v", s, out, got)
	}
}

func checkForm(t *testing.T, out, s string) {
	t.Helper()
	got, err := url.ParseQuery(out)
	if err != nil || len(got) != 2 || got.Get("a") != s || got.Get("b") != "x"+s+"y" {
		t.Fatalf("%q came out as %s: %v, %v", s, out, got, err)
	}
}

func checkLink(t *testing.T, out, s string) {
	t.Helper()
	u, err := url.Parse(out)
	if err != nil || u.Host != "h.example" || u.User != nil || u.Fragment != "" || u.Path != "/p/x"+s+"y/q" {
		t.Fatalf("%q came out as %s: %v", s, out, err)
	}
	if strings.Count(u.EscapedPath(), "/") != 3 || len(u.Query()) != 2 || u.Query().Get("a") != s || u.Query().Get("b") != "1" {
		t.Fatalf("%q came out as %s", s, out)
	}
}

func checkHeader(t *testing.T, out, s string) {
	t.Helper()
	if out == "" {
		return // refused, as it should be
	}
	h := http.Header{"X": {out}}
	var b strings.Builder
	if err := h.Write(&b); err != nil || strings.Count(b.String(), "\n") != 1 || out != "x "+s {
		t.Fatalf("%q came out as %q", s, b.String())
	}
}

// FuzzParse parses fuzzed templates and renders them: no panic, places within the text, and a JSON or XML result that
// the standard library reads.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":"{{x}}","b":{{n}}}`, `<a b="{{x}}">{{#l}}<c>{{.}}</c>{{/l}}</a>`, "{{#x}}\n{{/x}}\n", "{{{", "{{!", "/a/{{x}}?{{^y}}b{{/y}}",
		"<!-- --><a/>", "<a>&#x10ffff;</a>", "<?xml version=\"1.0\"?><a/>", "<a b='1' b='2'/>", "<a><![CDATA[<]]></a>"} {
		for format := range Mrkdwn + 1 {
			f.Add(s, uint8(format))
		}
	}
	doc, err := jsondoc.Parse([]byte(`{"x":"a\"<b>&\\{{","n":1.5,"l":["p",{"x":1},["q"]]}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, format uint8) {
		tpl, err := Parse(text, Format(format)%(Mrkdwn+1))
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Line > strings.Count(text, "\n")+1 || e.Column < 1 {
				t.Fatalf("%#v", err)
			}
			return
		}
		out, err := tpl.Append(nil, doc.Root())
		if err != nil {
			return
		}
		switch tpl.format {
		case JSON:
			if !json.Valid(out) {
				t.Fatalf("taken as JSON: %s", out)
			}
		case XML:
			if err := wellFormed(string(out)); err != nil {
				t.Fatalf("taken as XML: %q: %v", out, err)
			}
		}
	})
}

// wellFormed reads all of a document with the standard library, which is stricter than package template about names.
func wellFormed(s string) error {
	d := xml.NewDecoder(strings.NewReader(s))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		_, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && (strings.Contains(err.Error(), "invalid XML name") || strings.Contains(err.Error(), "unsupported version") ||
			strings.Contains(err.Error(), "expected element name") || strings.Contains(err.Error(), "expected attribute name") ||
			strings.Contains(err.Error(), "expected target name") || strings.Contains(err.Error(), "xml declaration")):
			return nil
		case err != nil:
			return err
		}
	}
}
