package vendors_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/gateway/manifest"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// encoders are the plugins that have encode. A new vendor is one line: its plugin, and the folders of its cases (every
// NAME.request.json in them is sent round). Nothing else is to be done, unless the plugin keeps less than it reads.
var encoders = []struct {
	plugin string
	cases  []string // below plugins/<plugin>
}{
	{"zendesk", []string{"testdata", "testdata/cases"}},
	{"wfm-ringcx", []string{"testdata", "testdata/cases"}},
	{"babelforce", []string{"testdata/in"}},
	{"talkdesk", []string{"testdata", "testdata/cases"}},
	{"ziwo", []string{"testdata", "testdata/cases"}},
	{"eddydesk", []string{"testdata", "testdata/cases"}},
	{"twilio", []string{"testdata"}},
	{"genesys", []string{"testdata"}},
	{"amazon-connect", []string{"testdata", "testdata/packed"}},
	{"aircall", []string{"testdata"}},
}

// rounds is how many changed messages, and as many changed events, each vendor gets.
var rounds = flag.Int("rounds", 400, "changed messages, and changed events, of each vendor")

// TestRoundTrip: what receive makes of a vendor's message, encode makes into a message of which receive makes the same
// events, but for the time of receipt and what the plugin says it has derived. The control is an encode that loses a value.
func TestRoundTrip(t *testing.T) {
	for _, p := range open(t) {
		t.Run(p.name, func(t *testing.T) {
			events := 0
			for _, c := range p.cases {
				events += p.round(t, c.name, c.request)
			}
			if events == 0 {
				t.Fatal("none of its cases made an event; the test shows nothing")
			}
			n := *rounds
			if testing.Short() {
				n /= 10
			}
			for seed := range uint64(n) {
				p.changedMessage(t, seed)
				p.changedEvent(t, seed)
			}
			t.Logf("%d events of %d cases, %d of changed messages, %d of changed events", events, len(p.cases), p.messages, p.events)
			if p.messages == 0 && p.events == 0 {
				t.Error("nothing that was changed made an event")
			}
			if lost := p.loses(t); lost == 0 {
				t.Error("an encode that loses a value was not found out")
			}
		})
	}
}

// TestNobodyIsLeftOut: every bundled plugin that says it can encode has its line above, and each that receives is among the names of
// ccvendor in plugins/README.md.
func TestNobodyIsLeftOut(t *testing.T) {
	root, err := gatewaytest.Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "plugins", "*", "manifest.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d manifests, %v", len(files), err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "plugins", "README.md"))
	_, vendors, _ := strings.Cut(string(readme), "An event's `ccvendor`")
	vendors, _, ok := strings.Cut(vendors, "`cctype`")
	if err != nil || !ok {
		t.Fatalf("plugins/README.md does not say what ccvendor may be, %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := manifest.Parse(content)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		name := filepath.Base(filepath.Dir(file))
		has := false
		for _, v := range encoders {
			has = has || v.plugin == name
		}
		if slices.Contains(m.Functions, "receive") != strings.Contains(vendors, "`"+m.Vendor+"`") {
			t.Errorf("plugin %s: its manifest names %s, and plugins/README.md has its vendor %q for ccvendor: %v", name, m.Functions, m.Vendor, vendors)
		}
		if slices.Contains(m.Functions, "encode") != has {
			t.Errorf("plugin %s: its manifest names %s, and encoders has it: %v", name, m.Functions, has)
		}
	}
}

// FuzzRoundTrip is TestRoundTrip with other seeds, for as long as one likes: go test -fuzz RoundTrip ./gateway/vendors.
func FuzzRoundTrip(f *testing.F) {
	for i := range encoders {
		f.Add(uint(i), uint64(1<<40))
	}
	plugins := open(f)
	f.Fuzz(func(t *testing.T, which uint, seed uint64) {
		p := plugins[which%uint(len(plugins))]
		p.changedMessage(t, seed)
		p.changedEvent(t, seed)
	})
}

// round sends one request round and says how many events it made.
func (p *plugin) round(t testing.TB, name string, r *casefile.Request) int {
	t.Helper()
	events, err := p.receive(t, r)
	if err != nil {
		return 0 // what is refused is no event's message
	}
	for i, e := range events {
		if fault := p.again(t, r, e, nil); fault != "" {
			t.Errorf("%s, event %d: %s\nof the request %s ? %s\n%s", name, i+1, fault, r.Path, r.Query, r.Body)
		}
	}
	return len(events)
}

// again encodes an event and receives what came of it; "" when that is the event again. spoil, unless nil, plants a bug.
func (p *plugin) again(t testing.TB, r *casefile.Request, ev []byte, spoil func([]byte) []byte) (fault string) {
	t.Helper()
	doc, err := p.encode(t, r, ev)
	if err != nil {
		return fmt.Sprintf("encode: %v", err)
	}
	if spoil != nil {
		doc = spoil(doc)
	}
	m, err := gateway.ReadMessage(doc)
	if err != nil {
		return fmt.Sprintf("encode: %v", err)
	}
	back, err := p.receive(t, asRequest(r, m))
	switch {
	case err != nil:
		return fmt.Sprintf("what was encoded is refused: %v\n%s ? %s", err, m.Body, m.Query)
	case len(back) != 1:
		return fmt.Sprintf("what was encoded makes %d events\n%s ? %s", len(back), m.Body, m.Query)
	}
	d, err := casefile.Diff(essence(t, ev), essence(t, back[0]))
	if err != nil {
		return err.Error()
	}
	if d != "" {
		d = "another event comes back (- before, + after):\n" + d + fmt.Sprintf("\nencoded as %s ? %s\n%s", m.Headers, m.Query, m.Body)
	}
	return d
}

// asRequest is a message as it would come in where r came in.
func asRequest(r *casefile.Request, m gateway.Message) *casefile.Request {
	q := *r
	q.Method, q.Path, q.Query, q.Body, q.Headers = m.Method, r.Path+m.Path, m.Query, m.Body, map[string]string{}
	for _, h := range m.Headers {
		q.Headers[h.Name] = h.Value
	}
	return &q
}

// essence is an event without what need not come back: the time of receipt, and what was derived.
func essence(t testing.TB, ev []byte) []byte {
	t.Helper()
	e := tree(t, ev).(map[string]any)
	delete(e, "ccreceived")
	if data, ok := e["data"].(map[string]any); ok {
		derived, _ := data["derived"].([]any)
		for _, path := range derived {
			remove(e, strings.Split(fmt.Sprint(path), "."))
		}
	}
	return text(t, e)
}

func remove(o map[string]any, path []string) {
	for ; len(path) > 1; path = path[1:] {
		next, ok := o[path[0]].(map[string]any)
		if !ok {
			return
		}
		o = next
	}
	delete(o, path[0])
}

// changedMessage sends a message round that no vendor has sent: a case's, changed in a few places.
func (p *plugin) changedMessage(t testing.TB, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // it is to be the same each time
	c := p.cases[rng.IntN(len(p.cases))]
	r := *c.request
	if !p.change(rng, &r) {
		return
	}
	p.messages += p.round(t, fmt.Sprintf("%s, changed with seed %d", filepath.Base(c.name), seed), &r)
}

// changedEvent encodes an event that no message has made, and sends round what came of it, if something did.
func (p *plugin) changedEvent(t testing.TB, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // it is to be the same each time
	c := p.cases[rng.IntN(len(p.cases))]
	events, err := p.receive(t, c.request)
	if err != nil || len(events) == 0 {
		return
	}
	e := tree(t, events[0]).(map[string]any)
	for range 1 + rng.IntN(3) {
		p.alter(rng, e["data"])
	}
	doc, err := p.encode(t, c.request, text(t, e))
	if err != nil {
		return // the vendor has no such message
	}
	m, err := gateway.ReadMessage(doc)
	if err != nil {
		t.Errorf("seed %d: encode of %s: %v", seed, text(t, e), err)
		return
	}
	p.events += p.round(t, fmt.Sprintf("an event of %s, changed with seed %d", filepath.Base(c.name), seed), asRequest(c.request, m))
}

// loses plants the bug that the test is there for: of each case's message one leaf is lost. It counts those that were found.
func (p *plugin) loses(t testing.TB) (found int) {
	t.Helper()
	for _, c := range p.cases {
		events, err := p.receive(t, c.request)
		if err != nil || len(events) == 0 {
			continue
		}
		fault := p.again(t, c.request, events[0], func(doc []byte) []byte {
			d := tree(t, doc)
			loseLeaf(d)
			return text(t, d)
		})
		if fault != "" {
			found++
		}
	}
	return found
}

func tree(t testing.TB, doc []byte) (v any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	return v
}

func text(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
