package event_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/event"
)

var (
	received = time.Date(2025, 3, 4, 20, 0, 0, 0, time.UTC)
	defaults = event.Defaults{Vendor: "acme", Account: "main", Received: received}
)

func one(t *testing.T, document string, d event.Defaults) event.Event {
	t.Helper()
	out, err := event.ReadOutput([]byte(document), d)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Events) != 1 {
		t.Fatalf("%d events, want 1", len(out.Events))
	}
	return out.Events[0]
}

func TestReadOutputCompletes(t *testing.T) {
	const tail = `"ccreceived":"2025-03-04T20:00:00Z"`
	tests := []struct{ name, in, want string }{
		{"nothing but a type", `{"type":"call.ended","id":"x"}`,
			`{"specversion":"1.0","id":"x","source":"/acme/main","type":"call.ended","time":"2025-03-04T20:00:00Z",` +
				`"datacontenttype":"application/json","ccvendor":"acme","ccaccount":"main",` + tail + `,"data":{"derived":["time"]}}`},
		{"everything", `{"data":{"a":1},"partitionkey":"k","subject":"agent/7","time":"2025-03-04T09:00:01.250+01:00","type":"t","source":"/s","id":"x",` +
			`"ccvendor":"v","cctype":"T","ccaccount":"9","ccreceived":"2025-01-01T00:00:00Z","datacontenttype":"application/x+json","specversion":"1.0"}`,
			`{"specversion":"1.0","id":"x","source":"/s","type":"t","subject":"agent/7","time":"2025-03-04T08:00:01.25Z",` +
				`"datacontenttype":"application/x+json","ccvendor":"v","cctype":"T","ccaccount":"9","ccreceived":"2025-01-01T00:00:00Z","partitionkey":"k","data":{"a":1}}`},
		{"source from what the event says", `{"type":"t","id":"x","ccvendor":"zendesk","ccaccount":22129848,"time":"2025-03-04T08:00:00Z","subject":"agent/7"}`,
			`{"specversion":"1.0","id":"x","source":"/zendesk/22129848","type":"t","subject":"agent/7","time":"2025-03-04T08:00:00Z",` +
				`"datacontenttype":"application/json","ccvendor":"zendesk","ccaccount":"22129848",` + tail + `,"partitionkey":"agent/7"}`},
		{"data keeps its bytes", `{"type":"t","id":"x","time":"2025-03-04T08:00:00Z","data": { "n" : 12345678901234567890.10, "s":"\u00fc/\/" , "n":2 } }`,
			`{"specversion":"1.0","id":"x","source":"/acme/main","type":"t","time":"2025-03-04T08:00:00Z",` +
				`"datacontenttype":"application/json","ccvendor":"acme","ccaccount":"main",` + tail + `,"data":{ "n" : 12345678901234567890.10, "s":"\u00fc/\/" , "n":2 }}`},
		{"extensions keep theirs", `{"type":"t","id":"x","time":"2025-03-04T08:00:00Z","traceparent":"00-a","n":12345678901234567890,"gone":null,"b":true}`,
			`{"specversion":"1.0","id":"x","source":"/acme/main","type":"t","time":"2025-03-04T08:00:00Z",` +
				`"datacontenttype":"application/json","ccvendor":"acme","ccaccount":"main",` + tail + `,"traceparent":"00-a","n":12345678901234567890,"b":true}`},
		{"of two with one name the last", `{"type":"t","type":"u","id":"x","time":"2025-03-04T08:00:00Z","e":1,"e":2}`,
			`{"specversion":"1.0","id":"x","source":"/acme/main","type":"u","time":"2025-03-04T08:00:00Z",` +
				`"datacontenttype":"application/json","ccvendor":"acme","ccaccount":"main",` + tail + `,"e":2}`},
		{"bytes", `{"type":"t","id":"x","time":"2025-03-04T08:00:00Z","data_base64":"AAEC"}`,
			`{"specversion":"1.0","id":"x","source":"/acme/main","type":"t","time":"2025-03-04T08:00:00Z",` +
				`"ccvendor":"acme","ccaccount":"main",` + tail + `,"data_base64":"AAEC"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := one(t, `{"events":[`+tt.in+`]}`, defaults)
			if diff := cmp.Diff(tt.want, string(e.JSON)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			parsed, err := event.Parse(e.JSON)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(e, parsed); diff != "" {
				t.Errorf("Parse differs from what ReadOutput gave:\n%s", diff)
			}
		})
	}
}

// The examples of the canonical model, their envelopes taken off, come out as they were.
func TestReadOutputCanonical(t *testing.T) {
	files, _ := filepath.Glob("testdata/zendesk.*.event.json")
	if len(files) == 0 {
		t.Fatal("no examples")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]any
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		bare := map[string]any{}
		for name, v := range want {
			switch name {
			case "specversion", "source", "datacontenttype", "ccvendor", "ccreceived", "partitionkey":
			default:
				bare[name] = v
			}
		}
		document, _ := json.Marshal(map[string]any{"events": []any{bare}})
		e := one(t, string(document), event.Defaults{Vendor: "zendesk", Received: received})
		var got map[string]any
		if err := json.Unmarshal(e.JSON, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestDerivedTime(t *testing.T) {
	for in, want := range map[string]string{
		`{}`:                             `{"derived":["time"]}`,
		`null`:                           `{"derived":["time"]}`,
		`{"a":1}`:                        `{"a":1,"derived":["time"]}`,
		`{"derived":[],"a":1}`:           `{"derived":["time"],"a":1}`,
		`{"derived":[ "data.x" ],"a":1}`: `{"derived":[ "data.x" ,"time"],"a":1}`,
		`{"a":[1],"derived":["time"]}`:   `{"a":[1],"derived":["time"]}`,
		`{"derived":null}`:               `{"derived":null,"derived":["time"]}`,
		`[1]`:                            `[1]`,
		`"text"`:                         `"text"`,
	} {
		e := one(t, `{"events":[{"type":"t","data":`+in+`}]}`, defaults)
		_, data, _ := strings.Cut(string(e.JSON), `"data":`)
		if data != want+"}" {
			t.Errorf("data %s: got %s, want %s}", in, data, want)
		}
		if !json.Valid(e.JSON) {
			t.Errorf("data %s: not JSON: %s", in, e.JSON)
		}
	}
}

func TestIdentity(t *testing.T) {
	id := func(in string) string { return one(t, `{"events":[{"type":"t",`+in+`}]}`, defaults).ID }
	if got := id(`"id_from":["15300002","900123","ACD-CALL"]`); got != hash("15300002\x1f900123\x1fACD-CALL") {
		t.Errorf("hashed id %s", got)
	}
	if got := id(`"id_from":[15300002,"900123",null]`); got != hash("15300002\x1f900123\x1f") {
		t.Errorf("hashed id of other scalars %s", got)
	}
	if got := id(`"id":"given","id_from":["x"]`); got != "given" {
		t.Errorf("id %s, want the given one", got)
	}
	a, b := id(`"subject":"x"`), id(`"subject":"x"`)
	if len(a) != 36 || a[14] != '7' || a >= b {
		t.Errorf("made ids %s, %s: want UUIDs of version 7, growing", a, b)
	}
}

// An id made of the data: the same for what says the same, another for anything else.
func TestIdentityOfData(t *testing.T) {
	id := func(in string) string { return one(t, `{"events":[{"id_from":"data",`+in+`}]}`, defaults).ID }
	const said = `"type":"t","cctype":"T","time":"2025-03-04T08:00:00Z","data":{"a":{"x":"1","y":[2,null,"b"]},"b":"é"}`
	want := id(said)
	if len(want) != 32 {
		t.Fatalf("id %s", want)
	}
	for change, in := range map[string]string{
		"none":                     said,
		"order and spelling":       `"data":{"b":"\u00e9","a":{"y":[2,null,"b"],"x":"1"}},"time":"2025-03-04T09:00:00+01:00","cctype":"T","type":"t"`,
		"what is empty":            strings.Replace(said, `"x":"1"`, `"x":"1","z":null,"n":{"m":[]},"t":""`, 1),
		"a number written as text": strings.Replace(said, `"x":"1"`, `"x":1`, 1),
		"a name that comes twice":  strings.Replace(said, `"x":"1"`, `"x":"0","x":"1","z":3,"z":null`, 1),
		"another type":             strings.Replace(said, `"type":"t"`, `"type":"u"`, 1),
		"time of receipt":          strings.Replace(said, `"cctype"`, `"ccreceived":"2025-03-05T08:00:00Z","cctype"`, 1),
		"what was derived":         strings.Replace(said, `"b":"é"`, `"b":"é","c":{"d":"x"},"derived":["data.c.d","data.e"],"e":{"f":1}`, 1),
	} {
		if got := id(in); got != want {
			t.Errorf("%s: another id", change)
		}
	}
	seen := map[string]string{want: "none"}
	for change, in := range map[string]string{
		"a value":            strings.Replace(said, `"x":"1"`, `"x":"2"`, 1),
		"a name":             strings.Replace(said, `"x":"1"`, `"w":"1"`, 1),
		"a place in a list":  strings.Replace(said, `[2,null,"b"]`, `[2,"b"]`, 1),
		"one level up":       strings.Replace(said, `{"x":"1","y"`, `{"y"`, 1),
		"the vendor's type":  strings.Replace(said, `"T"`, `"U"`, 1),
		"the time":           strings.Replace(said, `08:00:00Z`, `08:00:01Z`, 1),
		"the time not known": strings.Replace(said, `"b":"é"`, `"b":"é","derived":["time"]`, 1),
		"the source":         said + `,"source":"/other"`,
		"no data":            `"type":"t","cctype":"T","time":"2025-03-04T08:00:00Z"`,
		"bytes":              `"type":"t","cctype":"T","time":"2025-03-04T08:00:00Z","data_base64":"AAEC"`,
	} {
		got := id(in)
		if of, ok := seen[got]; ok {
			t.Errorf("%s: the id of %s", change, of)
		}
		seen[got] = change
	}
}

func TestReadOutputRefuses(t *testing.T) {
	long := strings.Repeat("x", 1025)
	for document, fault := range map[string]string{
		``:                         "not JSON",
		`{"events":[`:              "not JSON",
		`[]`:                       "not an object",
		`{"events":{}}`:            "not a list",
		`{"events":[1]}`:           "events[0]: is not an object",
		`{"events":[{"id":"x"}]}`:  "type is missing",
		`{"events":[{"type":""}]}`: "type is missing",
		`{"events":[{"type":"t","id":"1"},{"type":"t","id":"2","time":"soon"}]}`: `events[1]: time "soon" is not RFC 3339`,
		`{"events":[{"type":"t","time":"9999-12-31T23:59:59-23:00"}]}`:           "not RFC 3339",
		`{"events":[{"type":"t","specversion":"0.3"}]}`:                          "specversion",
		`{"events":[{"type":"t","id_from":"x"}]}`:                                "id_from",
		`{"events":[{"type":"t","Bad":"x"}]}`:                                    `attribute name "Bad"`,
		`{"events":[{"type":"t","a_b":"x"}]}`:                                    `attribute name "a_b"`,
		`{"events":[{"type":"t","x":{"y":1}}]}`:                                  "attribute x is an object",
		`{"events":[{"type":"t","id":"a\u0000b"}]}`:                              "id holds a control character",
		`{"events":[{"type":"t","subject":"a\nb"}]}`:                             "subject holds a control character",
		`{"events":[{"type":"t","id":"` + long + `"}]}`:                          "id has 1025 bytes",
		`{"events":[{"type":"t","id":"a"},{"type":"u","id":"a"}]}`:               "events[1] has the id of events[0]",
		`{"events":[` + strings.Repeat(`{"type":"t"},`, 1000) + `{"type":"t"}]}`: "1001 events",
		`{"reply":"hello"}`:                                "reply is not an object",
		`{"reply":{"status":99}}`:                          "reply.status",
		`{"reply":{"headers":{"content-length":"3"}}}`:     "content-length",
		`{"reply":{"headers":{"x":"a\r\nset-cookie: b"}}}`: `"x" may not be set`,
	} {
		_, err := event.ReadOutput([]byte(document), defaults)
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%.80s: error %v, want %q", document, err, fault)
		}
	}
}

func TestReply(t *testing.T) {
	for document, want := range map[string]*event.Reply{
		`{"events":[]}`: nil,
		`{"reply":{}}`:  nil,
		`{"reply":{"status":200,"headers":{"Content-Type":"text/plain"},"body":"challenge"}}`: {Status: 200, Headers: []event.Header{{Name: "content-type", Value: "text/plain"}}, Body: []byte("challenge")},
		`{"reply":{"body":{"challenge":"x"}}}`:                                                {Status: 200, Headers: []event.Header{{Name: "content-type", Value: "application/json"}}, Body: []byte(`{"challenge":"x"}`)},
	} {
		out, err := event.ReadOutput([]byte(document), defaults)
		if err != nil {
			t.Errorf("%s: %v", document, err)
		}
		if diff := cmp.Diff(want, out.Reply); diff != "" {
			t.Errorf("%s (-want +got):\n%s", document, diff)
		}
	}
}

// What a transform leaves out it takes from the event it was given, so that a retry makes the same events again.
func TestTransformed(t *testing.T) {
	base := one(t, `{"events":[{"type":"agent.state.changed","id":"x","subject":"agent/7","partitionkey":"k","time":"2025-03-04T08:00:00Z","ccvendor":"zendesk","cctype":"T","tracestate":"s","data":{"a":1}}]}`, defaults)
	d := event.Defaults{Vendor: "other", Received: received.Add(time.Hour), Base: &base}
	out, err := event.ReadOutput([]byte(`{"events":[{"data":{"b":2}},{"type":"other","subject":"agent/8"}]}`), d)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"specversion":"1.0","id":"x","source":"/zendesk/main","type":"agent.state.changed","subject":"agent/7","time":"2025-03-04T08:00:00Z","datacontenttype":"application/json",` +
			`"ccvendor":"zendesk","cctype":"T","ccaccount":"main","ccreceived":"2025-03-04T20:00:00Z","partitionkey":"k","tracestate":"s","data":{"b":2}}`,
		`{"specversion":"1.0","id":"x-1","source":"/zendesk/main","type":"other","subject":"agent/8","time":"2025-03-04T08:00:00Z","datacontenttype":"application/json",` +
			`"ccvendor":"zendesk","cctype":"T","ccaccount":"main","ccreceived":"2025-03-04T20:00:00Z","partitionkey":"agent/8","tracestate":"s"}`,
	}
	for i, e := range out.Events {
		if diff := cmp.Diff(want[i], string(e.JSON)); diff != "" {
			t.Errorf("events[%d] (-want +got):\n%s", i, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{``, `{}`, `[]`, `{"id":"x","source":"/s"}`, `{"id":"x","source":"/s","type":"t","time":"soon"}`} {
		if _, err := event.Parse([]byte(text)); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}
