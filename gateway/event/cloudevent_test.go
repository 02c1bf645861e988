package event_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/event"
)

func plain(pairs ...string) []event.Header {
	var out []event.Header
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, event.Header{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

const envelopeTail = `"ccvendor":"acme","ccaccount":"main","ccreceived":"2025-03-04T20:00:00Z"`

func TestReadPlain(t *testing.T) {
	tests := []struct {
		name    string
		headers []event.Header
		body    string
		want    []string
	}{
		{"structured", plain("content-type", "application/cloudevents+json; charset=utf-8"),
			`{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"a": 1}}`,
			[]string{`{"specversion":"1.0","id":"1","source":"/s","type":"t","time":"2025-03-04T20:00:00Z","datacontenttype":"application/json",` + envelopeTail + `,"data":{"a": 1}}`}},
		{"batch", plain("content-type", "application/cloudevents-batch+json"),
			`[{"specversion":"1.0","id":"1","source":"/s","type":"t"},{"specversion":"1.0","id":"2","source":"/s","type":"t","subject":"x"}]`,
			[]string{
				`{"specversion":"1.0","id":"1","source":"/s","type":"t","time":"2025-03-04T20:00:00Z","datacontenttype":"application/json",` + envelopeTail + `}`,
				`{"specversion":"1.0","id":"2","source":"/s","type":"t","subject":"x","time":"2025-03-04T20:00:00Z","datacontenttype":"application/json",` + envelopeTail + `,"partitionkey":"x"}`}},
		{"binary", plain("ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t", "ce-subject", "K%C3%B6ln", "content-type", "application/json", "x-other", "y"),
			`[1, 2]`,
			[]string{`{"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"Köln","time":"2025-03-04T20:00:00Z","datacontenttype":"application/json",` + envelopeTail + `,"partitionkey":"Köln","data":[1, 2]}`}},
		{"binary in quotes", plain("ce-specversion", "1.0", "ce-id", `"1"`, "ce-source", "/s", "ce-type", "t", "ce-subject", `"K%C3%B6ln \"A\" \\ %22"`, "ce-a", `"`, "ce-b", `"a"b"`, "ce-c", `"\"`),
			"", []string{`{"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"Köln \"A\" \\ \"","time":"2025-03-04T20:00:00Z","datacontenttype":"application/json",` + envelopeTail +
				`,"partitionkey":"Köln \"A\" \\ \"","a":"\"","b":"\"a\"b\"","c":"\"\\\""}`}},
		{"binary with other bytes", plain("ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t", "content-type", "image/png"),
			"\x89PNG",
			[]string{`{"specversion":"1.0","id":"1","source":"/s","type":"t","time":"2025-03-04T20:00:00Z","datacontenttype":"image/png",` + envelopeTail + `,"data_base64":"iVBORw=="}`}},
		{"binary without a body", plain("ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t"), "",
			[]string{`{"specversion":"1.0","id":"1","source":"/s","type":"t","time":"2025-03-04T20:00:00Z","datacontenttype":"application/json",` + envelopeTail + `}`}},
		{"any JSON", plain("content-type", "application/json", "webhook-id", "msg_1"), ` {"n": 12345678901234567890} `,
			[]string{`{"specversion":"1.0","id":"msg_1","source":"/acme/main","type":"vendor.unmapped","time":"2025-03-04T20:00:00Z","datacontenttype":"application/json",` + envelopeTail + `,"data":{"n": 12345678901234567890}}`}},
		{"any JSON, nothing said of it", plain("webhook-id", "msg_1"), `"text"`,
			[]string{`{"specversion":"1.0","id":"msg_1","source":"/acme/main","type":"vendor.unmapped","time":"2025-03-04T20:00:00Z","datacontenttype":"application/json",` + envelopeTail + `,"data":"text"}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events, err := event.ReadPlain(tt.headers, []byte(tt.body), defaults)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range events {
				got = append(got, string(e.JSON))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadPlainRefuses(t *testing.T) {
	structured := plain("content-type", "application/cloudevents+json")
	binary := plain("ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t")
	tests := []struct {
		name    string
		headers []event.Header
		body    string
		fault   string
	}{
		{"no JSON", plain("content-type", "application/json"), `{"a":`, "not JSON"},
		{"nothing", nil, ``, "not JSON"},
		{"structured without an id", structured, `{"specversion":"1.0","source":"/s","type":"t"}`, "no CloudEvent"},
		{"structured without a source", structured, `{"specversion":"1.0","id":"1","type":"t"}`, "no CloudEvent"},
		{"structured without a type", structured, `{"specversion":"1.0","id":"1","source":"/s"}`, "type is missing"},
		{"structured of another version", structured, `{"specversion":"2.0","id":"1","source":"/s","type":"t"}`, "specversion"},
		{"a list where one event is said", structured, `[]`, "not an object"},
		{"batch that is none", plain("content-type", "application/cloudevents-batch+json"), `{}`, "list"},
		{"batch with the same event twice", plain("content-type", "application/cloudevents-batch+json"),
			`[{"specversion":"1.0","id":"1","source":"/s","type":"t"},{"specversion":"1.0","id":"1","source":"/s","type":"t"}]`, "has the id of"},
		{"binary, attributes behind the data", append(binary, event.Header{Name: "content-type", Value: "application/json"}), `1,"subject":"x"`, "not JSON"},
		{"binary with data in a header", append(binary, event.Header{Name: "ce-data", Value: "1"}), `1`, "binary mode"},
		{"binary with a bad escape", append(binary, event.Header{Name: "ce-subject", Value: "%zz"}), `1`, "percent-encoded"},
	}
	for _, tt := range tests {
		_, err := event.ReadPlain(tt.headers, []byte(tt.body), defaults)
		if err == nil || !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.fault)
		}
		if errors.Is(err, event.ErrNotJSON) {
			t.Errorf("%s: claims another content type: %v", tt.name, err)
		}
	}
	if _, err := event.ReadPlain(plain("content-type", "text/csv"), []byte("a,b"), defaults); !errors.Is(err, event.ErrNotJSON) {
		t.Errorf("text/csv: %v", err)
	}
}

func FuzzReadPlain(f *testing.F) {
	f.Add("application/json", `{"a":1}`, "")
	f.Add("application/cloudevents+json", `{"specversion":"1.0","id":"1","source":"/s","type":"t","x":"y","data":[]}`, "")
	f.Add("application/cloudevents-batch+json", `[{"specversion":"1.0","id":"1","source":"/s","type":"t"}]`, "")
	f.Add("text/plain", "hello", "a%20b")
	f.Fuzz(func(t *testing.T, content, body, subject string) {
		headers := plain("content-type", content)
		if subject != "" {
			headers = append(headers, plain("ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t", "ce-subject", subject)...)
		}
		events, err := event.ReadPlain(headers, []byte(body), defaults)
		if err == nil {
			checkEvents(t, events)
		}
	})
}

func FuzzReadOutput(f *testing.F) {
	f.Add([]byte(`{"events":[{"type":"t","id_from":["a",1],"data":{"derived":["x"]},"x":"y"}],"reply":{"status":200,"headers":{"a":"b"},"body":{}}}`))
	f.Add([]byte(`{"events":[{"type":"t","time":"2025-03-04T09:00:01.250+01:00","subject":"a/b","data":[1e999]},{"type":"u"}]}`))
	f.Add([]byte(`{"events":[{"type":"\ud800","id":"é","data":"x","derived":1}]}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		out, err := event.ReadOutput(document, defaults)
		if err == nil {
			checkEvents(t, out.Events)
		}
	})
}

// checkEvents sees to it that whatever was accepted is a CloudEvent that reads back as the same one.
func checkEvents(t *testing.T, events []event.Event) {
	t.Helper()
	for _, e := range events {
		if !json.Valid(e.JSON) {
			t.Fatalf("not JSON: %s", e.JSON)
		}
		parsed, err := event.Parse(e.JSON)
		if err != nil {
			t.Fatalf("%v: %s", err, e.JSON)
		}
		if diff := cmp.Diff(e, parsed); diff != "" {
			t.Fatalf("reads back differently: %s", diff)
		}
	}
}

func FuzzDecodeRaw(f *testing.F) {
	r := sample()
	f.Add(r.Encode())
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := event.DecodeRaw(b)
		if err != nil {
			return
		}
		again, err := event.DecodeRaw(r.Encode())
		if err != nil || !cmp.Equal(r, again) {
			t.Fatalf("reads back differently: %v, %+v, %+v", err, r, again)
		}
		if !json.Valid(r.AppendJSON(nil)) {
			t.Fatalf("not JSON: %s", r.AppendJSON(nil))
		}
	})
}

var documents = `{"events":[{"id":"01JNGR5X0V7W2Q9P4K3M8T6ZBA","source":"/zendesk/22129848","type":"agent.state.changed","subject":"agent/8447388090494",` +
	`"time":"2025-03-04T08:00:01.20411753Z","ccvendor":"zendesk","cctype":"zen:event-type:agent.unified_state_changed","ccaccount":"22129848",` +
	`"data":{"agent":{"id":"8447388090494"},"emitted_at":"2025-03-04T08:00:01.411902233Z","scope":"unified","state":{"name":"online","code":"3","base":"available",` +
	`"custom":false,"reason":"agent","reason_raw":"AGENT_STATUS_SWITCHER"},"previous_state":{"name":"offline","code":"2","base":"offline","custom":false,` +
	`"reason":"logout","reason_raw":"AGENT_LOGOUT"},"extensions":{"zendesk":{"detail":{"version":"17"},"zendesk_event_version":"2022-11-06"}}}}]}`

func BenchmarkReadOutput(b *testing.B) {
	document := []byte(documents)
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := event.ReadOutput(document, defaults); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIdentityOfData is BenchmarkReadOutput for an event that is known by what it says.
func BenchmarkIdentityOfData(b *testing.B) {
	doc := []byte(`{"events":[{"type":"agent.state.changed","id_from":"data","cctype":"v2.users.7.activity","time":"2025-03-04T08:00:02Z","data":{"agent":{"id":"7"},` +
		`"scope":"acd","state":{"name":"IDLE","base":"available","custom":false},"extensions":{"genesys":{"version":"2","eventBody":{"presence":` +
		`{"presenceDefinition":{"id":"e08eaf1b","systemPresence":"ON_QUEUE"}},"activeQueueIds":["q1"]},"metadata":{"CorrelationId":"c-1"}}}}}]}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := event.ReadOutput(doc, defaults); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadPlain(b *testing.B) {
	body := []byte(documents)
	headers := plain("content-type", "application/json", "webhook-id", "x")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := event.ReadPlain(headers, body, defaults); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	out, err := event.ReadOutput([]byte(documents), defaults)
	if err != nil {
		b.Fatal(err)
	}
	json := out.Events[0].JSON
	b.ReportAllocs()
	for b.Loop() {
		if _, err := event.Parse(json); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRawEncode(b *testing.B) {
	r := sample()
	b.ReportAllocs()
	for b.Loop() {
		_ = r.Encode()
	}
}
