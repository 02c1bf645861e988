package deliver_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/secret"
)

// sent runs a format document through an attempt and gives the request it makes, or why it makes none.
func sent(t testing.TB, base, doc string) (*deliver.Request, string) {
	t.Helper()
	x := &answers{list: []any{200}}
	o := deliver.Options{Config: conf(base), Exchanger: x, Plugin: &scripted{name: "p", format: says(doc)}}
	o.Config.Headers = map[string]secret.Text{"Accept": text("application/json"), "X-Base": text("1")}
	d, err := deliver.New(o)
	if err != nil {
		t.Fatal(err)
	}
	r := d.Attempt(t.Context(), owed())
	if len(x.got) == 0 {
		if r.Class != deliver.Dead && r.Class != deliver.Retry {
			t.Fatalf("nothing was sent, and the outcome is %v", r.Class)
		}
		return nil, r.Reason
	}
	return x.got[0], ""
}

func TestURLs(t *testing.T) {
	tests := []struct{ base, url, query, want string }{ // want "" for refused
		{"https://a.example/v2", ``, ``, "https://a.example/v2"},
		{"https://a.example", `/x`, ``, "https://a.example/x"},
		{"https://a.example/v2/", `/x/y`, ``, "https://a.example/v2/x/y"},
		{"https://a.example/v2", `x?b=c`, ``, "https://a.example/v2/x?b=c"},
		{"https://a.example/v2?key=1", `x?b=c`, ``, "https://a.example/v2/x?b=c&key=1"},
		{"https://a.example/v2?key=1", `?b=c`, ``, "https://a.example/v2?b=c&key=1"},
		{"https://a.example/v2", `/x`, `{"a":"1 2","b":["x","y"],"c":3,"d":true,"e":null}`, "https://a.example/v2/x?a=1+2&b=x&b=y&c=3&d=true"},
		{"https://a.example", `//evil.example/x`, ``, ""}, // names a host: refused, not turned into a path
		{"https://a.example", `https://a.example/x`, ``, "https://a.example/x"},
		{"https://a.example", `https://A.example/x`, ``, "https://A.example/x"},
		{"https://a.example", `https://evil.example/x`, ``, ""},
		{"https://a.example", `HTTPS://evil.example/x`, ``, ""},
		{"https://a.example", `http://a.example/x`, ``, ""},
		{"https://a.example", `https://a.example:8443/x`, ``, ""},
		{"https://a.example", `https://a.example@evil.example/x`, ``, ""},
		{"https://a.example", `https://user@a.example/x`, ``, ""},
		{"https://a.example/users", `/../admin`, ``, ""},
		{"https://a.example/users", `/%2e%2E/admin`, ``, ""},
		{"https://a.example/users", `/./x`, ``, ""},
		{"https://a.example/users", `/a..b/x`, ``, "https://a.example/users/a..b/x"},
		{"https://a.example/users", `/x#y`, ``, ""},
		{"https://a.example/users", "/x\\ny", ``, ""},
		{"https://a.example/users", `/%zz`, ``, ""},
		{"", `https://anywhere.example/x`, ``, "https://anywhere.example/x"},
		{"", ``, ``, ""},
	}
	for _, tt := range tests {
		doc := `{"request":{"url":"` + tt.url + `"`
		if tt.query != "" {
			doc += `,"query":` + tt.query
		}
		r, why := sent(t, tt.base, doc+`}}`)
		switch {
		case r == nil && tt.want != "":
			t.Errorf("%s + %s: refused: %s", tt.base, tt.url, why)
		case r != nil && r.URL != tt.want:
			t.Errorf("%s + %s: %s, want %q", tt.base, tt.url, r.URL, tt.want)
		case strings.Contains(why, "evil"):
			t.Errorf("%s + %s: the reason quotes it: %s", tt.base, tt.url, why)
		}
	}
}

func TestBodies(t *testing.T) {
	tests := []struct{ doc, media, body string }{ // media "" for refused
		{`{"json":{"a":[1,"ü"]}}`, "application/json", `{"a":[1,"ü"]}`},
		{`{"json":{"a":1},"headers":{"content-type":"application/vnd.x+json"}}`, "application/vnd.x+json", `{"a":1}`},
		{`{"form":{"text":"Reply received","b":"a&b=c","n":1}}`, "application/x-www-form-urlencoded", "text=Reply+received&b=a%26b%3Dc&n=1"},
		{`{"body":"hello"}`, "text/plain; charset=utf-8", "hello"},
		{`{"body":"<a/>","headers":{"Content-Type":"application/xml"}}`, "application/xml", "<a/>"},
		{`{"body_base64":"AP8="}`, "application/octet-stream", "\x00\xff"},
		{`{"body_base64":"!"}`, "", ""},
		{`{"body":"a","json":1}`, "", ""},
	}
	for _, tt := range tests {
		r, why := sent(t, "https://a.example", `{"request":`+tt.doc+`}`)
		switch {
		case r == nil && tt.media != "":
			t.Errorf("%s: refused: %s", tt.doc, why)
		case r != nil && (r.Header.Get("Content-Type") != tt.media || string(r.Body) != tt.body):
			t.Errorf("%s: %q %q", tt.doc, r.Header.Get("Content-Type"), r.Body)
		}
	}
}

func TestHeaders(t *testing.T) {
	r, _ := sent(t, "https://a.example", `{"request":{"headers":{"accept":"text/plain","x-list":["1","2"],"X-Num":3}}}`)
	want := http.Header{"Accept": {"text/plain"}, "X-Base": {"1"}, "X-List": {"1", "2"}, "X-Num": {"3"}, "Webhook-Id": {"ev-1"}}
	for name := range want {
		if strings.Join(r.Header[name], ",") != strings.Join(want[name], ",") {
			t.Errorf("%s: %v, want %v", name, r.Header[name], want[name])
		}
	}
	for _, bad := range []string{`"x":"a\r\ny: z"`, `"x":"a\nb"`, `"x":"a\u0000"`, `"x":"\u007f"`, `"x y":"a"`, `"x\r\ny":"a"`, `"":"a"`, `"ü":"a"`,
		`"host":"evil"`, `"Content-Length":"0"`, `"transfer-encoding":"chunked"`, `"connection":"close"`, `"webhook-id":"other"`, `"webhook-signature":"v1,"`} {
		if r, _ := sent(t, "https://a.example", `{"request":{"headers":{`+bad+`}}}`); r != nil {
			t.Errorf("%s was taken: %v", bad, r.Header)
		}
	}
	for _, bad := range []string{"CONNECT", "TRACE", "GET /", "GET\\r\\n", "ü"} {
		if r, _ := sent(t, "https://a.example", `{"request":{"method":"`+bad+`"}}`); r != nil {
			t.Errorf("method %s was taken", bad)
		}
	}
}

// Whatever a plugin writes, what is sent goes to the destination's own host, with headers of one line each.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{`{"request":{"url":"/x","query":{"a":"b"},"json":{}}}`, `{"request":{"url":"//evil/","headers":{"a":"b"}}}`,
		`{"request":{"url":"\\\\evil"}}`, `{"request":{"url":"https:evil"}}`, `{"request":{"url":"https:/evil"}}`, `{"request":{"url":"?x"}}`,
		`{"request":{"url":"http://a.example:443@evil/"}}`, `{"request":{"form":{"a":[1,null]},"method":"PUT"},"memo":1}`, `{"request":{"url":";@evil/%2f..%5c"}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		r, _ := sent(t, "https://a.example/base", doc)
		if r == nil {
			return
		}
		u, err := url.Parse(r.URL)
		if err != nil || !strings.EqualFold(u.Host, "a.example") || u.Scheme != "https" || u.User != nil {
			t.Errorf("%q goes to %q (%v)", doc, r.URL, err)
		}
		for name, values := range r.Header {
			if strings.ContainsAny(name+strings.Join(values, ""), "\r\n\x00") {
				t.Errorf("%q gives header %q: %q", doc, name, values)
			}
		}
	})
}

// Whatever a judge writes, the attempt ends in an outcome, in at most MaxSteps requests.
func FuzzVerdict(f *testing.F) {
	for _, seed := range []string{`{"delivered":true}`, `{"next":{"request":{}}}`, `{"retry":{"after":"1s"},"memo":{}}`, `{"dead":""}`, `{"disable":"x","slow_down":"-1s"}`,
		`{"retry":{"at":"9999-12-31T23:59:59Z"}}`, `{"memo":null}`, ``} {
		f.Add(seed, 200)
	}
	f.Fuzz(func(t *testing.T, doc string, status int) {
		x := &answers{}
		for range deliver.MaxSteps + 1 {
			x.list = append(x.list, status)
		}
		p := &scripted{name: "p", format: says(`{"request":{}}`), judge: says(doc)}
		r := destination(t, x, func(o *deliver.Options) { o.Plugin = p }).Attempt(t.Context(), owed())
		if r.Class < deliver.Delivered || r.Class > deliver.Disable || len(x.got) > deliver.MaxSteps {
			t.Errorf("%v after %d requests", r.Class, len(x.got))
		}
		if r.Class == deliver.Retry && len(r.Memo) > 0 && !json.Valid(r.Memo) {
			t.Errorf("memo %q", r.Memo)
		}
		if wait := r.At.Sub(now); !r.At.IsZero() && (wait <= 0 || wait > 25*60*60*1e9) {
			t.Errorf("retry after %v", wait)
		}
	})
}
