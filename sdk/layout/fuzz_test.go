package layout_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
)

// FuzzParse holds that any layout is refused with a place inside of it, or taken; and that a taken one reads what it writes.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"a":"{{a}}","b":{{b}},"c":"x {{c}} y"}`, `<a b="{{a}}"><c>{{b}}</c><![CDATA[{{d}}]]></a>`, `a={{a}}&b=x+{{b}}`,
		`https://x/y?a={{a}}&b={{b}}#z`, `{"a":"{a}","b":"$strip_tags({b})"}`, `[{"a":"{{a}}{{b}}"}]`, "{\"a\":\"\\\"{{a}}\"}",
	} {
		f.Add(s, false, `v"<&`)
		f.Add(s, true, "12")
	}
	f.Fuzz(func(t *testing.T, text string, asTags bool, value string) {
		syntax := layout.Braces
		if asTags {
			syntax = layout.Tags
		}
		l, err := layout.Parse(text, layout.Detect(text), syntax)
		if err != nil {
			e, ok := err.(*layout.Error)
			if !ok || e.Line < 1 || e.Line > strings.Count(text, "\n")+1 || e.Column < 1 || e.Column > utf8.RuneCountInString(text)+1 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		body := l.Fill(func(int) string { return value })
		if l.Format() == layout.Link {
			_, q, _ := strings.Cut(string(body), "?")
			q, _, _ = strings.Cut(q, "#")
			body = []byte(q)
		}
		root, recovered, err := l.Read(body)
		if err != nil || recovered {
			t.Fatalf("%q filled with %q does not read: recovered %v, %v\n%s", text, value, recovered, err, body)
		}
		l.Walk(root, func(slot int, found string) {
			if slot < 0 || slot >= len(l.Names()) || found == "" {
				t.Fatalf("%q: slot %d, %q", text, slot, found)
			}
		})
	})
}

// FuzzRead holds that no body brings a layout down, that what is found stands in the body, and that nothing is lost: each
// leaf of a body that is JSON was found or is left.
func FuzzRead(f *testing.F) {
	layouts := []string{`{"k":"q","a":"{a}","n":{n},"t":"x {a} y","l":["{b}"]}`, `<r v="1"><a>{a}</a><b>x {b}</b></r>`, `k=q&a={a}&b={b}`}
	for i, s := range []string{
		`{"k":"q","a":"1","n":2,"t":"x 1 y","l":["3"]}`, `{"k":"q","a":"say "no"","n":,"t":"x 1 y","l":["3"]}`, `<r v="1"><a>b & c</a><b>x 2</b></r>`,
		`k=q&a=b & c&b=%zz`, `{"k":{"k":[null,1e400,"\ud800"]}}`, `<r><a><a></a></a></r>`, `{`, ``,
	} {
		f.Add(s, uint8(i))
	}
	f.Fuzz(func(t *testing.T, body string, which uint8) {
		text := layouts[int(which)%len(layouts)]
		l := parse(t, text, tags)
		root, recovered, err := l.Read([]byte(body))
		if err != nil {
			return
		}
		before := leaves(root)
		var found []string
		l.Walk(root, func(_ int, text string) { found = append(found, text) })
		if recovered || l.Format() != layout.JSON {
			return
		}
		doc, err := jsondoc.Parse(append([]byte("null"), 0)[:4])
		if rest := root.AppendRest(nil); len(rest) > 0 {
			doc, err = jsondoc.Parse(rest)
		}
		if err != nil {
			t.Fatal(err)
		}
		left := map[string]bool{}
		for _, s := range append(leaves(doc.Root()), found...) {
			left[s] = true
		}
		for _, s := range before {
			if !left[s] && !strings.HasPrefix(s, "x ") && !strings.HasPrefix(s, "{") {
				t.Errorf("%q is lost of %s", s, body)
			}
		}
	})
}

// leaves are the texts of a value's scalars that are not empty.
func leaves(v jsondoc.Value) (list []string) {
	if v.Kind() != jsondoc.Object && v.Kind() != jsondoc.Array {
		if s := v.Str(); s != "" {
			list = append(list, s)
		}
		return list
	}
	for _, m := range v.Each {
		list = append(list, leaves(m)...)
	}
	return list
}

// TestLongBodies are bodies that a pattern searched with going back would never be done with.
func TestLongBodies(t *testing.T) {
	l := parse(t, `{"a":"{a}","b":"{b}","c":"{c}","d":"{d}"}`, tags)
	for _, body := range []string{
		`{"a":"` + strings.Repeat(`","b":"`, 20_000) + `""}`, `{"a":"` + strings.Repeat(`","b":"","c":"`, 20_000) + `x`,
		strings.Repeat(`{"a":"`, 50_000), `{"a":"` + strings.Repeat(" ", 500_000),
	} {
		if _, recovered, err := l.Read([]byte(body)); recovered == (err != nil) {
			t.Errorf("%.40s…: recovered %v, %v", body, recovered, err)
		}
	}
}

// TestRebuild writes bodies anew from what was found and what is left.
func TestRebuild(t *testing.T) {
	for _, test := range []struct{ layout, body string }{
		{`{"k":"q","a":"{a}","o":{"n":{n},"x":"text {b}."}}`, `{"k":"other","a":"1\"","o":{"n":12,"x":"text 7.","more":[1,null]},"new":true}`},
		{`<r v="1"><a>{a}</a><b>{b}</b></r>`, `<r v="2" w="x"><a>1 &amp; 2</a><b>3</b><c>z</c><c>y</c></r>`},
		{`k=q&a={a}&b={b}`, `k=q&a=1+%26&b=%D0%86&c=9`},
		{`https://h/p?a={a}&k=1`, `a=1&k=1&c=9`},
	} {
		l := parse(t, test.layout, tags)
		root, _, err := l.Read([]byte(test.body))
		if err != nil {
			t.Fatal(err)
		}
		values := map[int]string{}
		l.Walk(root, func(slot int, text string) { values[slot] = text })
		wantFound, wantRest, _ := read(t, l, test.body)
		root, _, _ = l.Read([]byte(test.body))
		l.Walk(root, func(int, string) {})
		rest := jsondoc.Value{}
		if text := root.AppendRest(nil); len(text) > 0 {
			doc, err := jsondoc.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			rest = doc.Root()
		}
		body, err := l.Rebuild(func(slot int) string { return values[slot] }, rest, false)
		if err != nil {
			t.Fatal(err)
		}
		found, left, recovered := read(t, l, string(body))
		if found != wantFound || sorted(t, left) != sorted(t, wantRest) || recovered {
			t.Errorf("%s\nfound %s, left %s, recovered %v;\nwant %s, %s", body, found, left, recovered, wantFound, wantRest)
		}
	}
}

// sorted is JSON with its members in order.
func sorted(t *testing.T, text string) string {
	t.Helper()
	if text == "" {
		return ""
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestKeep keeps what no field has, and gives it back.
func TestKeep(t *testing.T) {
	for body, want := range map[string]string{
		`{"a":"1","k":2}`: `{"k":2,"fields":{"phone":{"#":"x","vip":"y"}}}`,
		`{"a":"1"}`:       `{"fields":{"phone":{"#":"x","vip":"y"}}}`,
		`{"a":"1","fields":{"phone":"own"},"k":[0,1]}`: `{"#fields":{"phone":"own"},"k":[0,1],"fields":{"phone":{"#":"x","vip":"y"}}}`,
	} {
		l := parse(t, `{"a":"{{a}}"}`, braces)
		root, _, err := l.Read([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		l.Walk(root, func(int, string) {})
		rest := string(root.AppendRest(nil))
		var b jsondoc.Builder
		layout.Keep(b.Root(), "ext", root, []layout.Left{{Name: "phone", Value: "x"}, {Name: "phone.vip", Value: "y"}})
		doc, err := jsondoc.Parse(b.AppendJSON(nil))
		if err != nil {
			t.Fatal(err)
		}
		kept := doc.Get("ext")
		if got := sorted(t, string(kept.Raw())); got != sorted(t, want) {
			t.Errorf("%s is kept as %s, want %s", body, got, want)
		}
		if p, v := layout.Kept(kept, "phone"), layout.Kept(kept, "phone.vip"); p != "x" || v != "y" {
			t.Errorf("phone %q, phone.vip %q", p, v)
		}
		if got := sorted(t, string(layout.Remains(kept).Raw())); got != sorted(t, rest) {
			t.Errorf("%s remains as %s, want %s", body, got, rest)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	l := parse(b, `{"k":"q","a":"{a}","o":{"n":"{n}","x":"{b}"}}`, tags)
	doc, err := jsondoc.Parse([]byte(`{"k":"q","a":"1","o":{"n":"12","x":"7"}}`))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Walk(doc.Root(), func(int, string) {})
	}
}
