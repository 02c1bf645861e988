package faults_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// injectionPlace is a place of a request that a value is put into.
type injectionPlace struct {
	template string // the bundled plugin's configuration; "": there is no template for this place
	naive    string // the request that a careless script writes, as JavaScript over v
	guarded  bool   // what a script writes there the gateway itself checks
	// read takes the value out again, and fails when anything else is not as it should be.
	read func(r *http.Request, body []byte) (string, error)
}

var injectionPlaces = map[string]*injectionPlace{
	"url path":  {`{"url":"/p/{{data.v}}/end"}`, `{url: "/p/" + v + "/end"}`, false, readPath},
	"url query": {`{"url":"/q?v={{data.v}}&n=1"}`, `{url: "/q?v=" + v + "&n=1"}`, false, func(r *http.Request, _ []byte) (string, error) { return readPairs(r.URL.RawQuery) }},
	"query":     {`{"format":"query","body":"v={{data.v}}&n=1"}`, `{url: "?v=" + v + "&n=1"}`, false, func(r *http.Request, _ []byte) (string, error) { return readPairs(r.URL.RawQuery) }},
	"form":      {`{"format":"form","body":"v={{data.v}}&n=1"}`, `{body: "v=" + v + "&n=1"}`, false, func(_ *http.Request, body []byte) (string, error) { return readPairs(string(body)) }},
	"header":    {`{"headers":{"x-v":"{{data.v}}"}}`, `{headers: {"x-v": v}}`, true, readHeader},
	"json":      {`{"body":"{\"v\":\"{{data.v}}\",\"n\":1}"}`, `{body: '{"v":"' + v + '","n":1}'}`, false, readJSON},
	"json bare": {`{"body":"{\"v\":{{data.v}},\"n\":1}"}`, `{body: '{"v":' + v + ',"n":1}'}`, false, readJSON},
	"xml":       {`{"format":"xml","body":"<a><v x=\"{{data.v}}\">{{data.v}}</v><n/></a>"}`, `{body: '<a><v x="' + v + '">' + v + '</v><n/></a>'}`, false, readXML},
	"text":      {`{"format":"text","body":"{{data.v}}"}`, `{body: v.replace("ü", "u")}`, false, func(_ *http.Request, body []byte) (string, error) { return string(body), nil }},
	"header name": {"", `{headers: {[v]: "value of v"}}`, true, func(r *http.Request, _ []byte) (string, error) {
		for name, values := range r.Header {
			if slices.Equal(values, []string{"value of v"}) {
				return name, nil
			}
		}
		return "", errors.New("the header is not there")
	}},
}

func readPath(r *http.Request, _ []byte) (string, error) {
	parts := strings.Split(r.URL.EscapedPath(), "/")
	if len(parts) != 4 || parts[1] != "p" || parts[3] != "end" || r.URL.RawQuery != "" {
		return "", fmt.Errorf("the request is for %s", r.RequestURI)
	}
	return url.PathUnescape(parts[2])
}

func readPairs(text string) (string, error) {
	pairs, err := url.ParseQuery(text)
	if err != nil || len(pairs) != 2 || len(pairs["v"]) != 1 || !slices.Equal(pairs["n"], []string{"1"}) {
		return "", fmt.Errorf("the pairs are %q: %w", text, err)
	}
	return pairs.Get("v"), nil
}

func readHeader(r *http.Request, _ []byte) (string, error) {
	switch values := r.Header["X-V"]; len(values) {
	case 0: // nothing to say
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", fmt.Errorf("the header is %q", r.Header["X-V"])
}

func readJSON(_ *http.Request, body []byte) (string, error) {
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil {
		return "", err
	}
	v, ok := doc["v"].(string)
	if !ok || len(doc) != 2 || doc["n"] != 1.0 || bytes.Count(body, []byte(`"n":`)) != 1 {
		return "", fmt.Errorf("the document is %q", body)
	}
	return v, nil
}

func readXML(_ *http.Request, body []byte) (string, error) {
	var names []string
	var text string
	attribute := xml.Attr{}
	for d := xml.NewDecoder(bytes.NewReader(body)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.StartElement:
			names = append(names, token.Name.Local)
			if len(token.Attr) > 0 {
				attribute = token.Attr[0]
			}
		case xml.CharData:
			text += string(token)
		case xml.EndElement:
		default:
			return "", fmt.Errorf("there is a %T in it", token)
		}
	}
	if !slices.Equal(names, []string{"a", "v", "n"}) || attribute.Name.Local != "x" || attribute.Value != text {
		return "", fmt.Errorf("the document is %q", body)
	}
	return text, nil
}

const injectionCanary = "canary-of-this-destination"

// injection is a receiver, the bundled plugin for each place, and a careless script.
type injection struct {
	base        string
	vault       *secret.Vault
	placeholder string
	plugins     map[*injectionPlace][2]wasm.Plugin // careful, careless

	mu  sync.Mutex
	got []injected
}

type injected struct {
	*http.Request
	body []byte
}

func newInjection(t testing.TB) *injection {
	t.Helper()
	s := &injection{vault: &secret.Vault{}, plugins: map[*injectionPlace][2]wasm.Plugin{}}
	s.placeholder = s.vault.Grant("key", secret.New(injectionCanary))
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.got = append(s.got, injected{r, body})
		s.mu.Unlock()
	}))
	t.Cleanup(server.Close)
	s.base = server.URL
	host, err := wasm.NewHost(t.Context(), wasm.HostOptions{CacheDir: filepath.Join(gatewaytest.Plugins(t), "cache"), Limits: wasm.Limits{Deadline: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(filepath.Join(gatewaytest.Plugins(t), "webhook.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	webhook, err := host.Load(t.Context(), "webhook", code)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(injectionPlaces)) {
		p := injectionPlaces[name]
		script, err := host.LoadScript(t.Context(), "careless", []byte("export function format(event) { const v = event.data.v; return { request: "+p.naive+" } }"))
		if err != nil {
			t.Fatal(err)
		}
		careless := newPlugin(t, script, "{}")
		made := [2]wasm.Plugin{careless, careless}
		if p.template != "" {
			made[0] = newPlugin(t, webhook, p.template)
		}
		s.plugins[p] = made
	}
	return s
}

func newPlugin(t testing.TB, m *wasm.Module, config string) wasm.Plugin {
	t.Helper()
	p, err := m.New(t.Context(), wasm.PluginOptions{Config: []byte(config)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// send delivers an event to a place and gives what arrived.
func (s *injection) send(t testing.TB, p *injectionPlace, naive bool, event []byte) (deliver.Result, []injected) {
	t.Helper()
	s.mu.Lock()
	s.got = nil
	s.mu.Unlock()
	c := &config.Destination{Name: "x", URL: secret.Text{Placeholder: s.base, Display: s.base}, AllowHTTP: true, AllowPrivate: true, Timeout: 5 * time.Second, Vault: s.vault,
		Headers: map[string]secret.Text{"x-key": {Placeholder: s.placeholder}}}
	n, err := deliver.NewNetwork(c, deliver.NetworkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	plugin := s.plugins[p][0]
	if naive {
		plugin = s.plugins[p][1]
	}
	d, err := deliver.New(deliver.Options{Config: c, Plugin: plugin, Exchanger: n})
	if err != nil {
		t.Fatal(err)
	}
	r := d.Attempt(t.Context(), &queue.Delivery{ID: "e/x", Destination: "x", Event: queue.Event{ID: "e", Body: event}})
	s.mu.Lock()
	defer s.mu.Unlock()
	return r, s.got
}

// expected are the headers that a request has whatever the value.
var expected = []string{"Accept-Encoding", "Content-Length", "Content-Type", "User-Agent", "Webhook-Id", "Webhook-Timestamp", "X-Key", "X-V"}

// wrong says what is wrong with a request that should carry v.
func (s *injection) wrong(p *injectionPlace, r *injected, v string) string {
	header := r.Header.Clone()
	if key := header["X-Key"]; len(key) != 1 || key[0] != injectionCanary {
		return fmt.Sprintf("the configured header is %q", key)
	}
	header.Del("X-Key")
	if all := fmt.Sprint(r.RequestURI, header, string(r.body)); strings.Contains(all, injectionCanary) {
		return "a secret left: " + all
	} else if strings.Contains(all, "canary-of-another") {
		return "something else left: " + all
	}
	if r.Host != strings.TrimPrefix(s.base, "http://") {
		return "the request is for " + r.Host
	}
	got, err := p.read(r.Request, r.body)
	if err != nil {
		return err.Error()
	}
	switch p {
	case injectionPlaces["header name"]: // in whatever case
		header.Del(got)
		got, v = strings.ToLower(got), strings.ToLower(v)
	case injectionPlaces["header"]:
		v = strings.Trim(v, " \t") // around a header's value blanks mean nothing
	}
	for name := range header {
		if !slices.Contains(expected, name) {
			return fmt.Sprintf("there is a header %q", name)
		}
	}
	if got != v {
		return fmt.Sprintf("it arrived as %q", got)
	}
	return ""
}
