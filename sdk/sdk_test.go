package sdk_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

func TestReceive(t *testing.T) {
	f := &fake{input: `{"n":1,"x":"y"}`, facts: map[string]string{
		"method": "POST", "path": "/hooks/x", "query": "a=1", "header.x-id": "7", "received_at": "2025-03-04T20:00:00Z", "source": "s", "remote_addr": "192.0.2.1",
	}}
	use(t, f)
	status := sdk.Receive(func(r *sdk.Request, out *sdk.Events) error {
		doc, err := r.JSON()
		if err != nil {
			return err
		}
		e := out.Add("t")
		e.ID("1")
		e.Origin("v", "acc")
		e.VendorType("vt")
		e.Subject("agent", "7")
		e.Time("2025-03-04T09:00:00+01:00")
		e.Received(r.ReceivedAt())
		e.Attribute("ccextra", "e")
		e.Data().Str("got", r.Method()+r.Path()+r.Query()+r.Header("x-id")+r.Source()+r.RemoteAddr()+r.Header("none"))
		e.Data().IntFrom("n", doc.Get("n"))
		e.Data().Rest("extensions.v", doc.Root())
		out.Add("u").IDFrom("a", "", "b")
		out.Reply(200, "ok").Header("content-type", "text/plain")
		return nil
	})
	want := `{"events":[{"type":"t","id":"1","ccvendor":"v","ccaccount":"acc","source":"/v/acc","cctype":"vt","subject":"agent/7",` +
		`"partitionkey":"agent/7","time":"2025-03-04T08:00:00Z","ccreceived":"2025-03-04T20:00:00Z","ccextra":"e",` +
		`"data":{"got":"POST/hooks/xa=17s192.0.2.1","n":1,"extensions":{"v":{"x":"y"}}}},{"type":"u","id_from":["a","","b"]}],` +
		`"reply":{"status":200,"body":"ok","headers":{"content-type":"text/plain"}}}`
	if status != 0 || f.output != want {
		t.Errorf("status %d\nwant %s\n got %s", status, want, f.output)
	}
}

func TestNothingIsAbsentNotEmpty(t *testing.T) {
	f := &fake{input: `{}`}
	use(t, f)
	sdk.Receive(func(_ *sdk.Request, out *sdk.Events) error {
		e := out.Add("t")
		e.Subject("agent", "")
		e.Origin("v", "")
		e.Time("soon")
		e.Received("")
		e.Data().Str("a.b", "")
		return nil
	})
	if want := `{"events":[{"type":"t","ccvendor":"v"}]}`; f.output != want {
		t.Errorf("want %s\n got %s", want, f.output)
	}
	f.output = ""
	if sdk.Receive(func(*sdk.Request, *sdk.Events) error { return nil }) != 0 || f.output != "" {
		t.Errorf("no events is no output, got %s", f.output)
	}
}

func TestStops(t *testing.T) {
	for err, kind := range map[error]int32{fmt.Errorf("wrapped: %w", sdk.Drop("x")): 2, sdk.Reject("a"): 1, sdk.Drop("b"): 2, sdk.Retry("c"): 3, sdk.Fail("d"): 4, errors.New("e"): 4} {
		f := &fake{input: `{}`}
		use(t, f)
		status := sdk.Receive(func(_ *sdk.Request, out *sdk.Events) error { out.Add("t"); return err })
		if status == 0 || f.kind != kind || f.reason != err.Error() || f.output != "" {
			t.Errorf("%v: status %d, kind %d, reason %q, output %q", err, status, f.kind, f.reason, f.output)
		}
	}
	f := &fake{input: `no event`}
	use(t, f)
	sdk.Format(func(*sdk.Incoming, *sdk.Outgoing) error { t.Error("called without an event"); return nil })
	if f.kind != 4 || !strings.Contains(f.reason, "event is not JSON") {
		t.Error(f.kind, f.reason)
	}
}

func TestForm(t *testing.T) {
	f := &fake{input: "a=1&b=x+y%26z&a=2&c&=d&%zz=%e4&&e=%22%00", facts: map[string]string{"query": "q=%C3%BC"}}
	use(t, f)
	sdk.Receive(func(r *sdk.Request, _ *sdk.Events) error {
		form := r.Form()
		for name, want := range map[string]string{"a": "2", "b": "x y&z", "c": "", "%zz": "\ufffd", "e": "\"\x00"} {
			if got := form.Take(jsondoc.Key(name)).Str(); got != want {
				t.Errorf("%s: want %q, got %q", name, want, got)
			}
		}
		if rest := string(form.AppendRest(nil)); rest != `{"":"d"}` {
			t.Errorf("rest: %s", rest)
		}
		if got := r.QueryFields().Get("q").Str(); got != "ü" {
			t.Errorf("query: %q", got)
		}
		return nil
	})
}

// FuzzForm sees to it that any form can be read: Form panics if what it makes is not JSON.
func FuzzForm(f *testing.F) {
	f.Add("a=1&b=%00\"&&=&%")
	f.Fuzz(func(t *testing.T, body string) {
		use(t, &fake{input: body})
		sdk.Receive(func(r *sdk.Request, _ *sdk.Events) error { r.Form(); return nil })
	})
}

func TestFormat(t *testing.T) {
	f := &fake{
		input: `{"id":"1","type":"t","source":"/v/a","subject":"agent/7","time":"2025-03-04T08:00:00Z","ccvendor":"v","data":{"x":"y"}}`,
		facts: map[string]string{"destination": "d", "route": "r", "attempt": "12", "memo": `{"k":"m"}`},
	}
	use(t, f)
	sdk.Format(func(in *sdk.Incoming, out *sdk.Outgoing) error {
		out.Method("PUT")
		out.Path("a b", "ü/..", "..", "x")
		out.Query("q", in.ID()+in.Type()+in.Source()+in.Subject()+in.Time()+in.Vendor()+in.Get("data.x").Str())
		out.Header("x.y", in.Destination()+in.Route()+in.Memo().Get("k").Str())
		out.JSON().Int("attempt", int64(in.Attempt()))
		out.Effect("k", "v")
		out.Memo().Str("m", "n")
		return nil
	})
	want := `{"request":{"method":"PUT","url":"/a%20b/%C3%BC%2F../%2E%2E/x","query":{"q":"1t/v/aagent/72025-03-04T08:00:00Zvy"},` +
		`"headers":{"x.y":"drm"},"json":{"attempt":12}},"effect":{"key":"k","value":"v"},"memo":{"m":"n"}}`
	if f.output != want {
		t.Errorf("want %s\n got %s", want, f.output)
	}
}

func TestBodies(t *testing.T) {
	tests := []struct {
		set  func(*sdk.Outgoing)
		want string
	}{
		{func(*sdk.Outgoing) {}, `{"request":{}}`},
		{func(q *sdk.Outgoing) { q.Text("a\nb") }, `{"request":{"body":"a\nb"}}`},
		{func(q *sdk.Outgoing) { q.Form("a.b", "c&d") }, `{"request":{"form":{"a.b":"c&d"}}}`},
		{func(q *sdk.Outgoing) { q.RawJSON([]byte(`{}`)) }, `{"request":{"json":{}}}`},
		{func(q *sdk.Outgoing) { q.Bytes([]byte{0xff}) }, `{"request":{"body_base64":"/w=="}}`},
		{func(q *sdk.Outgoing) { q.Bytes([]byte("\x00\x01")) }, `{"request":{"body_base64":"AAE="}}`},
		{func(q *sdk.Outgoing) { q.Bytes([]byte("abc")) }, `{"request":{"body_base64":"YWJj"}}`},
	}
	for _, test := range tests {
		f := &fake{input: `{}`}
		use(t, f)
		sdk.Format(func(_ *sdk.Incoming, out *sdk.Outgoing) error { test.set(out); return nil })
		if f.output != test.want {
			t.Errorf("want %s\n got %s", test.want, f.output)
		}
	}
}

func TestTransform(t *testing.T) {
	f := &fake{input: `{"id":"1","type":"t","data":{"a":{"b":1,"c":2},"derived":["x"]}}`}
	use(t, f)
	sdk.Transform(func(in *sdk.Incoming, out *sdk.Events) error {
		e := out.Copy(in)
		e.Type("u")
		e.Remove("data.a.b")
		e.Derived("y")
		return nil
	})
	if want := `{"events":[{"id":"1","type":"u","data":{"a":{"c":2},"derived":["x","y"]}}]}`; f.output != want {
		t.Errorf("want %s\n got %s", want, f.output)
	}
}

func TestJudge(t *testing.T) {
	const answer = `{"event":{"id":"1","data":{"x":"y"}},"step":2,"request":{"method":"GET","url":"/a"},
		"response":{"status":429,"headers":{"retry-after":"7","x":["p","q"]},"body":"{\"wait\":\"\\u00fc\"}"},"memo":{"m":1}}`
	tests := []struct {
		name string
		set  func(*sdk.Verdict)
		want string
	}{
		{"nothing", func(*sdk.Verdict) {}, ``},
		{"delivered", func(v *sdk.Verdict) { v.Delivered() }, `{"delivered":true}`},
		{"next", func(v *sdk.Verdict) { q := v.Next(); q.Path("x"); q.Memo().Str("a", "b") }, `{"next":{"request":{"url":"/x"}},"memo":{"a":"b"}}`},
		{"retry", func(v *sdk.Verdict) { v.Retry("why").AfterSeconds(1200).RefreshAuth(); v.SlowDown(30) },
			`{"retry":{"reason":"why","after":"1200s","refresh_auth":true},"slow_down":"30s"}`},
		{"retry at", func(v *sdk.Verdict) { v.Retry("").At("2025-03-04T09:00:00+01:00").At("soon") },
			`{"retry":{"reason":"the plugin asked to try again","at":"2025-03-04T08:00:00Z"}}`},
		{"dead", func(v *sdk.Verdict) { v.Dead("") }, `{"dead":"the plugin did not say why"}`},
		{"disable", func(v *sdk.Verdict) { v.Disable("gone") }, `{"disable":"gone"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{input: answer}
			use(t, f)
			sdk.Judge(func(a *sdk.Answer, v *sdk.Verdict) error {
				doc, err := a.JSON()
				if err != nil || doc.Get("wait").Str() != "ü" {
					t.Error(err, doc.Get("wait").Str())
				}
				got := a.Event().ID() + a.Event().Get("data.x").Str() + a.Request().Get("url").Str() + a.Header("Retry-After") + a.Header("x") + a.Header("y") + a.Memo().Get("m").Str()
				if got != "1y/a7p1" || a.Step() != 2 || a.Status() != 429 || !strings.HasPrefix(a.Body(), `{"wait"`) {
					t.Error(got, a.Step(), a.Status(), a.Body())
				}
				test.set(v)
				return nil
			})
			if f.output != test.want {
				t.Errorf("want %s\n got %s", test.want, f.output)
			}
		})
	}
}

func TestJudgeReadsBytes(t *testing.T) {
	for in, want := range map[string]string{"/w==": "\xff", "AAE=": "\x00\x01", "YWJj": "abc"} {
		use(t, &fake{input: `{"response":{"body_base64":"` + in + `"}}`})
		sdk.Judge(func(a *sdk.Answer, _ *sdk.Verdict) error {
			if a.Body() != want {
				t.Errorf("%s: want %q, got %q", in, want, a.Body())
			}
			return nil
		})
	}
}

func TestConfig(t *testing.T) {
	var c struct {
		Account string `json:"account"`
	}
	use(t, &fake{facts: map[string]string{"config": `{"account":7}`}})
	if err := sdk.DecodeConfig(&c); err != nil || c.Account != "7" || sdk.Config().Get("account").Str() != "7" {
		t.Error(err, c)
	}
	use(t, &fake{facts: map[string]string{"config": `{"acount":7}`}})
	if err := sdk.DecodeConfig(&c); err == nil || err.Error() != "acount: unknown key" {
		t.Error(err)
	}
	use(t, &fake{})
	if err := sdk.DecodeConfig(&c); err != nil || sdk.Config().Exists() {
		t.Error("no configuration is fine", err)
	}
}

func TestHostCalls(t *testing.T) {
	f := &fake{state: map[string]string{}, facts: map[string]string{"long": strings.Repeat("x", 100_000)}}
	use(t, f)
	if v, ok := sdk.Lookup("t", "k"); v != "t/k" || !ok {
		t.Error(v, ok)
	}
	if _, ok := sdk.Lookup("t", "missing"); ok {
		t.Error("found what is missing")
	}
	if v, ok := sdk.Fact("long"); len(v) != 100_000 || !ok {
		t.Error(len(v), ok)
	}
	sdk.SetState("k", "v", 60)
	if v, ok := sdk.State("k"); v != "v" || !ok {
		t.Error(v, ok)
	}
	if mac, ok := sdk.Sign("s", sdk.HMACSHA256, []byte("m")); string(mac) != "sm" || !ok {
		t.Error(mac, ok)
	}
	if _, ok := sdk.Sign("s", sdk.HMACSHA1, nil); ok {
		t.Error("signed by an algorithm that is not there")
	}
	sdk.Debug("a")
	sdk.Info("b")
	sdk.Warn("c")
	sdk.Error("d")
	if got := strings.Join(f.log, ""); got != "0a1b2c3d" {
		t.Error(got)
	}
}

// Strings that a plugin keeps must not change when the next call is read into the same instance.
func TestStringsMayBeKept(t *testing.T) {
	var kept []string
	for _, text := range []string{"first", "other"} {
		use(t, &fake{input: `{"a":"` + text + `"}`})
		sdk.Receive(func(r *sdk.Request, _ *sdk.Events) error {
			doc, err := r.JSON()
			kept = append(kept, doc.Get("a").Str())
			return err
		})
	}
	if kept[0] != "first" || kept[1] != "other" {
		t.Error(kept)
	}
}

// Whatever the length of an input or a fact, all of it is read: the short from memory that serves many, the long from its own.
func TestLengths(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, 8 << 10, 8<<10 + 1, 20 << 10, 32<<10 - 12, 32 << 10, 100 << 10} {
		text := strings.Repeat("x", n)
		use(t, &fake{input: `{"a":"` + text + `"}`, facts: map[string]string{"header.long": text}})
		status := sdk.Receive(func(r *sdk.Request, _ *sdk.Events) error {
			header := r.Header("long")
			if doc, err := r.JSON(); err != nil || doc.Get("a").Str() != text || header != text {
				return fmt.Errorf("%d: %d and %d came, %w", n, len(doc.Get("a").Str()), len(header), err)
			}
			return nil
		})
		if status != 0 {
			t.Errorf("a text of %d bytes is not read whole", n)
		}
	}
}

func TestExcerpt(t *testing.T) {
	for in, want := range map[string]string{"": "", "abc": "abc", "abcd": "abc…", "abü": "ab…"} {
		if got := sdk.Excerpt(in, 3); got != want {
			t.Errorf("%q: want %q, got %q", in, want, got)
		}
	}
}

// readAgent reads what Zendesk sends when an agent's unified status changed: 13 fields, and what is left of it.
func readAgent(r *sdk.Request, out *sdk.Events) error {
	doc, err := r.JSON()
	if err != nil {
		return sdk.Reject(err.Error())
	}
	e := out.Add("agent.state.changed")
	e.Origin("zendesk", doc.Take("account_id").Str())
	e.ID(doc.Take("id").Str())
	e.VendorType(doc.Take("type").Str())
	agent := doc.Take("detail.agent_id").Str()
	e.Subject("agent", agent)
	e.TimeFrom(doc.Get("event.updated_at"))
	d := e.Data()
	d.Str("agent.id", agent)
	d.Str("scope", "unified")
	d.StrFrom("state.name", doc.Get("event.new_unified_state.name"))
	d.StrFrom("state.code", doc.Get("event.new_unified_state.id"))
	d.StrFrom("state.reason_raw", doc.Get("event.new_unified_state.reason"))
	d.StrFrom("previous_state.name", doc.Get("event.previous_unified_state.name"))
	d.StrFrom("previous_state.code", doc.Get("event.previous_unified_state.id"))
	d.StrFrom("previous_state.reason_raw", doc.Get("event.previous_unified_state.reason"))
	d.TimeFrom("emitted_at", doc.Get("time"))
	doc.Take("subject")
	doc.Take("detail.account_id")
	d.Rest("extensions.zendesk", doc.Root())
	return nil
}

// quiet is a host that costs nothing.
type quiet struct {
	fake
	input []byte
	out   int
}

func (q *quiet) Input() []byte     { return q.input }
func (q *quiet) Output(src []byte) { q.out = len(src) }

func newQuiet(tb testing.TB) *quiet {
	tb.Helper()
	input, err := os.ReadFile("jsondoc/testdata/agent-online.json")
	if err != nil {
		tb.Fatal(err)
	}
	return &quiet{input: input}
}

func BenchmarkReceive(b *testing.B) {
	q := newQuiet(b)
	useHost(b, q)
	b.SetBytes(int64(len(q.input)))
	b.ReportAllocs()
	for b.Loop() {
		if sdk.Receive(readAgent) != 0 {
			b.Fatal(q.reason)
		}
	}
	b.ReportMetric(float64(q.out), "out-bytes")
}

// A call allocates less than once: the input's memory is taken from a piece that serves many.
func TestReceiveAllocatesLittle(t *testing.T) {
	useHost(t, newQuiet(t))
	if n := testing.AllocsPerRun(1000, func() { sdk.Receive(readAgent) }); n > 3 {
		t.Errorf("%v allocations", n)
	}
}
