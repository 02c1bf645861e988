package edge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/edge"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/route"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/verify"
)

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// serving starts an edge with one source at /s.
func serving(t *testing.T, change func(*edge.Options), s *config.Source) *gateway {
	t.Helper()
	g := start(t, change)
	s.Name, s.Path, s.PublicURL = "s", "/s", "https://gw.example.com"
	g.server.Swap(pipeline(t, []edge.Source{{Config: s}}, g.metrics))
	return g
}

func noRoutes(t *testing.T) *route.Table {
	t.Helper()
	table, faults := route.Build(nil, nil)
	if faults != nil {
		t.Fatal(faults)
	}
	return table
}

func behindProxy(o *edge.Options) { o.Config.TrustedProxies = prefixes("127.0.0.0/8", "10.0.0.0/8") }

// Who may send by address alone is told 403 when he may not, and counted so; what a proxy of ours forwards counts.
func TestSendersByAddress(t *testing.T) {
	ip := func() *config.Source {
		return &config.Source{Verify: []config.Verify{{Scheme: "ip", Allow: prefixes("203.0.113.0/24", "2001:db8::/32")}}}
	}
	proxied, bare := serving(t, behindProxy, ip()), serving(t, nil, ip())
	for _, tt := range []struct {
		name    string
		headers []string
		status  int // behind the proxy
	}{
		{"nothing forwarded", nil, 403},
		{"forwarded", []string{"X-Forwarded-For", "203.0.113.9"}, 202},
		{"forwarded, IPv6", []string{"X-Forwarded-For", "2001:db8::9"}, 202},
		{"another", []string{"X-Forwarded-For", "203.0.114.9"}, 403},
		{"made up to the left", []string{"X-Forwarded-For", "203.0.113.9, 198.51.100.1"}, 403},
		{"by two proxies", []string{"X-Forwarded-For", "198.51.100.1, 203.0.113.9, 10.1.2.3"}, 202},
		{"on two lines", []string{"X-Forwarded-For", "203.0.113.9", "X-Forwarded-For", "198.51.100.1"}, 403},
		{"in the standard's words", []string{"Forwarded", `for="[2001:db8::7]:123";proto=https, for=10.0.0.1`}, 202},
		{"two that agree", []string{"Forwarded", `for=203.0.113.9`, "X-Forwarded-For", "203.0.113.9"}, 202},
		{"two that do not", []string{"Forwarded", `for=203.0.113.9`, "X-Forwarded-For", "203.0.113.8"}, 403},
		{"not an address", []string{"X-Forwarded-For", "203.0.113.9, unknown"}, 403},
		{"other headers", []string{"X-Real-Ip", "203.0.113.9"}, 403},
	} {
		status, answer, _ := proxied.send("POST", "/s", `{}`, tt.headers...)
		if status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, status, answer, tt.status)
		}
		if status, _, _ := bare.send("POST", "/s", `{}`, tt.headers...); status != 403 {
			t.Errorf("%s, where no proxy is trusted: %d", tt.name, status)
		}
	}
	if n := proxied.counted("plugboard_events_received_total", "403", "s"); n != 7 {
		t.Errorf("%v refusals by address are counted, want 7", n)
	}
	stored, err := proxied.queue.Event(t.Context(), proxied.events()[0].Event.ID)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := event.DecodeRaw(stored.Event.Raw); err != nil || !strings.HasPrefix(raw.RemoteAddr, "203.0.113.") && !strings.HasPrefix(raw.RemoteAddr, "2001:db8:") {
		t.Errorf("stored with the address %q (%v), want the sender's", raw.RemoteAddr, err)
	}
}

// Behind a proxy, whose connections are not counted by address, the requests of each sender are.
func TestRequestsOfOneAddress(t *testing.T) {
	g := start(t, func(o *edge.Options) { behindProxy(o); o.Config.PerAddress = 1 })
	leave, answered := reading(t, g, "X-Forwarded-For", "203.0.113.9")
	g.server.Swap(pipeline(t, sources(), g.metrics))
	for _, tt := range []struct {
		from   string
		status int
	}{{"203.0.113.9", 429}, {"203.0.113.8", 202}, {"2001:db8::1", 202}} {
		status, answer, h := g.send("POST", "/hooks/plain", `{}`, "X-Forwarded-For", tt.from)
		if status != tt.status || (status == 429) != (h.Get("Retry-After") != "") {
			t.Errorf("from %s: %d %s, want %d", tt.from, status, answer, tt.status)
		}
	}
	close(leave)
	<-answered
	g.accepted("/hooks/plain", `{}`, "X-Forwarded-For", "203.0.113.9")
}

// What is more than the limit is told when to come back, strangers do not use it up, and a reload gives no second helping.
func TestLimitOfASource(t *testing.T) {
	s := &config.Source{Verify: []config.Verify{{Scheme: "bearer", Secrets: []secret.Value{secret.New("t")}}}, Limit: config.Rate{Count: 2, Per: time.Hour}}
	now := received
	g := serving(t, func(o *edge.Options) { o.Now = func() time.Time { return now } }, s)
	right := []string{"Authorization", "Bearer t"}
	for range 5 {
		if status, _, _ := g.send("POST", "/s", `{}`, "Authorization", "Bearer x"); status != 401 {
			t.Fatalf("a stranger: %d", status)
		}
	}
	for i, want := range []int{202, 202, 429} {
		status, answer, h := g.send("POST", "/s", fmt.Sprintf(`{"n":%d}`, i), right...)
		if status != want || want == 429 && h.Get("Retry-After") != "1800" {
			t.Errorf("request %d: %d %s, Retry-After %q", i, status, answer, h.Get("Retry-After"))
		}
	}
	before := pipeline(t, []edge.Source{{Config: s}}, g.metrics) // with a full bucket: the control
	g.server.Swap(before)
	if status, _, _ := g.send("POST", "/s", `{"n":3}`, right...); status != 202 {
		t.Errorf("a fresh bucket: %d", status)
	}
	g.send("POST", "/s", `{"n":4}`, right...)
	after, err := edge.NewPipeline(edge.PipelineOptions{Sources: []edge.Source{{Config: s}}, Routes: noRoutes(t), MaxBody: 1 << 10, Before: before})
	if err != nil {
		t.Fatal(err)
	}
	g.server.Swap(after)
	if status, _, _ := g.send("POST", "/s", `{"n":5}`, right...); status != 429 {
		t.Errorf("after a reload: %d", status)
	}
	now = now.Add(30 * time.Minute)
	if status, _, _ := g.send("POST", "/s", `{"n":6}`, right...); status != 202 {
		t.Errorf("half an hour later: %d", status)
	}
}

func TestBodyOfASource(t *testing.T) {
	g := serving(t, nil, &config.Source{Verify: none(), MaxBody: 100})
	long := `{"a":"` + strings.Repeat("x", 100) + `"}`
	if status, _, _ := g.send("POST", "/s", long); status != 413 {
		t.Errorf("with its length: %d", status)
	}
	statuses, _ := g.raw(fmt.Sprintf("POST /s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(long), long))
	if diff := cmp.Diff([]int{413}, statuses); diff != "" {
		t.Errorf("in chunks (-want +got):\n%s", diff)
	}
	g.accepted("/s", `{"a":"x"}`)
}

// A signed request that is sent again within the tolerance of its time is believed, answered like the first, and queued
// once. The control: without dedupe it is queued again.
func TestRow13Replayed(t *testing.T) {
	for window, want := range map[time.Duration]int{time.Hour: 1, 0: 2} {
		ways := []config.Verify{{Scheme: "standard-webhooks", Secrets: []secret.Value{secret.New("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")}, Tolerance: 5 * time.Minute}}
		now := received
		g := serving(t, func(o *edge.Options) { o.Now = func() time.Time { return now } }, &config.Source{Verify: ways, Dedupe: window})
		r := &verify.Request{Body: []byte(`{"a":1}`), Now: received}
		if err := verify.Sign(ways, verify.Options{}, r); err != nil {
			t.Fatal(err)
		}
		var headers []string
		for _, h := range r.Headers {
			headers = append(headers, h.Name, h.Value)
		}
		first := g.accepted("/s", `{"a":1}`, headers...)
		now = now.Add(299 * time.Second)
		if diff := cmp.Diff(first, g.accepted("/s", `{"a":1}`, headers...)); diff != "" && window > 0 {
			t.Errorf("answered differently:\n%s", diff)
		}
		if n := len(g.events()); n != want && window > 0 {
			t.Errorf("with dedupe %v %d events are stored, want %d", window, n, want)
		}
		now = now.Add(2 * time.Second)
		if status, _, _ := g.send("POST", "/s", `{"a":1}`, headers...); status != 401 {
			t.Errorf("301 s later: %d", status)
		}
	}
}

// A credential in the URL or in the body is not in what is stored, nor in what is logged.
func TestCredentialsAreNotStored(t *testing.T) {
	g := serving(t, nil, &config.Source{Verify: []config.Verify{
		{Scheme: "query", Name: "key", Secrets: []secret.Value{secret.New("s3cr3t-q")}},
		{Scheme: "body-token", Name: "token", Secrets: []secret.Value{secret.New("s3cr3t-b")}}}})
	for target, body := range map[string]string{"/s?a=1&key=s3cr3t-q": `{"a":1}`, "/s?a=2": `{"token":"s3cr3t-b","a":2}`} {
		a := g.accepted(target, body)
		stored, err := g.queue.Event(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if all := string(stored.Event.Raw) + string(stored.Event.Body); strings.Contains(all, "s3cr3t") || !strings.Contains(all, "a=") {
			t.Errorf("%s: stored %q", target, all)
		}
	}
	g.send("POST", "/s?key=s3cr3t-wrong", `{"token":"s3cr3t-wrong"}`)
	if strings.Contains(g.log.String(), "s3cr3t") {
		t.Errorf("the log holds a credential: %s", g.log)
	}
}

// tokenSource is a source whose clients fetch tokens.
func tokenSource() *config.Source {
	return &config.Source{Verify: []config.Verify{{Scheme: "oauth", Lifetime: time.Hour, Clients: []config.Client{
		{ID: "crm", Secret: secret.New("s3cr3t 100%+1")}, {Username: "ann", Password: secret.New("s3cr3t-pw")}}}}}
}

func TestTokenEndpoint(t *testing.T) {
	now := received
	g := serving(t, func(o *edge.Options) { behindProxy(o); o.Now = func() time.Time { return now } }, tokenSource())
	const form = "application/x-www-form-urlencoded"
	fetch := func(body string, headers ...string) (int, map[string]any, http.Header) {
		t.Helper()
		status, answer, h := g.send("POST", "/oauth/token", body, append(headers, "Content-Type", form)...)
		var document map[string]any
		if err := json.Unmarshal([]byte(answer), &document); err != nil || h.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %s: %v, %v", status, answer, err, h)
		}
		return status, document, h
	}
	basic := func(id, secret string) string {
		r, _ := http.NewRequest("POST", "http://h", nil)
		r.SetBasicAuth(id, secret)
		return r.Header.Get("Authorization")
	}
	secretText := url.QueryEscape("s3cr3t 100%+1")
	for name, tt := range map[string]struct {
		body, authorization string
		status              int
		code                string
	}{
		"client in the form":        {"grant_type=client_credentials&client_id=crm&client_secret=" + secretText, "", 200, ""},
		"client in the header":      {"grant_type=client_credentials", basic("crm", "s3cr3t 100%+1"), 200, ""},
		"escaped in the header":     {"grant_type=client_credentials&scope=x", basic("crm", secretText), 200, ""},
		"password":                  {"grant_type=password&username=ann&password=s3cr3t-pw", "", 200, ""},
		"password and an idle name": {"grant_type=password&username=ann&password=s3cr3t-pw&client_id=web", "", 200, ""},
		"wrong secret":              {"grant_type=client_credentials&client_id=crm&client_secret=x", "", 401, "invalid_client"},
		"wrong password":            {"grant_type=password&username=ann&password=x", "", 400, "invalid_grant"},
		"nothing":                   {"", "", 400, "unsupported_grant_type"},
		"both":                      {"grant_type=client_credentials&client_secret=x", basic("crm", "x"), 400, "invalid_request"},
		"twice":                     {"grant_type=password&grant_type=password", "", 400, "invalid_request"},
		"bearer":                    {"grant_type=client_credentials", "Bearer x", 400, "invalid_request"},
		"no form":                   {"%zz", "", 400, "invalid_request"},
	} {
		headers := []string{"X-Forwarded-For", "203.0.113." + strconv.Itoa(len(name))} // so that mistakes do not add up
		if tt.authorization != "" {
			headers = append(headers, "Authorization", tt.authorization)
		}
		status, document, h := fetch(tt.body, headers...)
		if status != tt.status || tt.code != "" && document["error"] != tt.code || (status == 401) != (h.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: %d %v", name, status, document)
		}
		if tt.code != "" {
			continue
		}
		token, _ := document["access_token"].(string)
		if document["token_type"] != "Bearer" || document["expires_in"] != 3600.0 || len(token) < 43 {
			t.Errorf("%s: %v", name, document)
		}
		g.accepted("/s", fmt.Sprintf(`{"n":%q}`, name), "Authorization", "Bearer "+token)
		if status, _, _ := g.send("POST", "/s", `{}`, "Authorization", "Bearer "+token[:len(token)-1]+"_"); status != 401 {
			t.Errorf("%s: a changed token: %d", name, status)
		}
	}
	for i := range 6 {
		status, _, h := fetch("grant_type=client_credentials&client_id=crm&client_secret=x", "X-Forwarded-For", "198.51.100.1")
		if want := 401 + 28*(i/5); status != want || (status == 429) != (h.Get("Retry-After") == "60") {
			t.Errorf("mistake %d: %d, Retry-After %q", i+1, status, h.Get("Retry-After"))
		}
	}
	good := "grant_type=password&username=ann&password=s3cr3t-pw"
	if status, _, _ := fetch(good, "X-Forwarded-For", "198.51.100.1"); status != 429 {
		t.Errorf("who guessed five times is heard at once: %d", status)
	}
	if status, _, _ := fetch(good, "X-Forwarded-For", "198.51.100.2"); status != 200 {
		t.Errorf("his neighbour is not heard: %d", status)
	}
	now = now.Add(time.Minute)
	if status, _, _ := fetch(good, "X-Forwarded-For", "198.51.100.1"); status != 200 {
		t.Errorf("a minute later: %d", status)
	}
	if strings.Contains(g.log.String(), "s3cr3t") {
		t.Error("the log holds a credential")
	}
	if status, _, h := g.send("GET", "/oauth/token", ""); status != 405 || h.Get("Allow") != "POST" {
		t.Errorf("GET: %d", status)
	}
	if status, _, _ := g.send("POST", "/oauth/token", `{}`, "Content-Type", "application/json"); status != 415 {
		t.Errorf("JSON: %d", status)
	}
	if status, _, _ := g.send("POST", "/oauth/token", strings.Repeat("x", 9<<10), "Content-Type", form); status != 413 {
		t.Errorf("9 KiB: %d", status)
	}
}

// Without clients there is no endpoint, and with them its path is nobody else's.
func TestTokenEndpointOnlyForClients(t *testing.T) {
	g := start(t, nil)
	if status, _, _ := g.send("POST", "/oauth/token", "grant_type=password"); status != 404 {
		t.Errorf("without clients: %d", status)
	}
	s := tokenSource()
	s.Name, s.Path = "s", edge.TokenPath
	if _, err := edge.NewPipeline(edge.PipelineOptions{Sources: []edge.Source{{Config: s}}, Routes: noRoutes(t)}); err == nil {
		t.Error("a source may listen at the endpoint")
	}
}
