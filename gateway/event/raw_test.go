package event_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/event"
)

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

func sample() event.Raw {
	return event.Raw{
		Method: "POST", Path: "/hooks/zendesk/main", Query: "a=%2F&b", ContentType: "application/json", RemoteAddr: "192.0.2.7",
		Headers: []event.Header{{Name: "x-zendesk-account-id", Value: "22129848"}, {Name: "ce-x", Value: "1"}, {Name: "ce-x", Value: "2"}},
		Body:    []byte(`{"hello":"wörld"}`),
	}
}

func TestRawRoundTrip(t *testing.T) {
	bare := event.Raw{Body: []byte{}}
	for _, r := range []event.Raw{sample(), bare} {
		got, err := event.DecodeRaw(r.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestRawRefusesEveryCut(t *testing.T) {
	r := sample()
	whole := r.Encode()
	for i := range whole {
		if _, err := event.DecodeRaw(whole[:i]); err == nil {
			t.Errorf("cut at %d of %d: accepted", i, len(whole))
		}
	}
	if _, err := event.DecodeRaw(append(whole, 0)); err == nil {
		t.Error("a byte more: accepted")
	}
	whole[0] = 9
	if _, err := event.DecodeRaw(whole); err == nil {
		t.Error("another version: accepted")
	}
}

func TestRawJSON(t *testing.T) {
	r := sample()
	const want = `{"method":"POST","path":"/hooks/zendesk/main","query":"a=%2F&b","content_type":"application/json",` +
		`"headers":{"x-zendesk-account-id":"22129848","ce-x":"1, 2"},"body":"{\"hello\":\"wörld\"}",` +
		`"sha256":"`
	got := string(r.AppendJSON(nil))
	var document struct {
		Headers map[string]string
		Body    string
		Base64  []byte `json:"body_base64"`
		SHA256  string
	}
	if err := json.Unmarshal([]byte(got), &document); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
	sum := sha256.Sum256(r.Body)
	if document.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("sha256 %s", document.SHA256)
	}
	r.Body = []byte{0xff, 0}
	document.Body = ""
	if err := json.Unmarshal(r.AppendJSON(nil), &document); err != nil || string(document.Base64) != "\xff\x00" || document.Body != "" {
		t.Errorf("bytes: %v, %+v", err, document)
	}
	if text := (&event.Raw{}).AppendJSON(nil); !json.Valid(text) {
		t.Errorf("empty: %s", text)
	}
}

func TestFilter(t *testing.T) {
	f := event.NewFilter("X-Zendesk-Key", "authorization")
	for name, keep := range map[string]bool{
		"content-type": true, "content-encoding": true, "x-zendesk-webhook-signature": true, "webhook-id": true, "ce-type": true,
		"x-slack-request-timestamp": true, "traceparent": true,
		"authorization": false, "cookie": false, "x-api-key": false, "x-zendesk-key": false, "x-zendesk-api-key": false,
		"webhook-token": false, "x-talkdesk-authorization": false, "proxy-authorization": false, "host": false, "user-agent": false, "": false,
	} {
		if f.Keep(name) != keep {
			t.Errorf("%s: keep %v, want %v", name, !keep, keep)
		}
	}
	got := f.Append(nil, []event.Header{{Name: "authorization", Value: "x"}, {Name: "ce-id", Value: "1"}})
	if len(got) != 1 || got[0].Name != "ce-id" {
		t.Errorf("selected %v", got)
	}
}

func TestRawHeader(t *testing.T) {
	r := sample()
	whole := r.Encode()
	for name, want := range map[string][]string{"ce-x": {"1", "2"}, "x-zendesk-account-id": {"22129848"}, "body": nil, "": nil} {
		if diff := cmp.Diff(want, event.RawHeader(whole, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for i := range whole {
		event.RawHeader(whole[:i], "ce-x") // ends, whatever is missing
	}
	if n := testing.AllocsPerRun(100, func() { event.RawHeader(whole, "traceparent") }); n != 0 {
		t.Errorf("looking for what is not there takes %v allocations", n)
	}
}

func FuzzRawHeader(f *testing.F) {
	r := sample()
	f.Add(r.Encode(), "ce-x")
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		got := event.RawHeader(b, name)
		r, err := event.DecodeRaw(b)
		if err != nil {
			return
		}
		var want []string
		for _, h := range r.Headers {
			if h.Name == name {
				want = append(want, h.Value)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
