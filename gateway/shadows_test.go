package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/shadow"
)

func shadowing(t *testing.T, shadows string, files map[string]string) (*probing, *arrivals) {
	t.Helper()
	received := &arrivals{bodies: map[string]int{}}
	receiver := httptest.NewServer(received)
	t.Cleanup(receiver.Close)
	p := probe(t, probeSource+fmt.Sprintf(`
[destinations.there]
plugin = "probe"
config = { greeting = "hello {{secret.name}}" }
url = %q
allow_http = true
allow_private = true
[[routes]]
name = "all"
to = ["there"]
%s
`, receiver.URL, shadows), files)
	return p, received
}

func (p *probing) shadows(t *testing.T) admin.ShadowInfo {
	t.Helper()
	var page struct{ Items []admin.ShadowInfo }
	p.api(t, "/v1/shadows", &page)
	if len(page.Items) != 1 {
		t.Fatalf("%+v", page.Items)
	}
	return page.Items[0]
}

// compared waits until so many calls were compared.
func (p *probing) compared(t *testing.T, n int) admin.ShadowInfo {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		s, sum := p.shadows(t), 0
		for _, calls := range s.Calls {
			sum += calls
		}
		if sum >= n {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d calls were compared: %+v", sum, n, s)
		}
	}
}

// TestShadow runs candidates beside a destination's plugin on live traffic: each call is compared and counted, the API shows
// where they part, and nothing of what a candidate writes is sent.
func TestShadow(t *testing.T) {
	t.Setenv("PLUGBOARD_SECRET_NAME", "kanarienvogel")
	for _, tt := range []struct {
		shadow string
		want   map[shadow.Result]int // format and judge of each of 10 deliveries
		path   string
		force  string
		other  string
	}{
		{`{ plugin = "probe" }`, map[shadow.Result]int{shadow.Same: 20}, "", "", ""},
		{`{ plugin = "probe", config = { greeting = "hello {{secret.name}}" } }`, map[shadow.Result]int{shadow.Same: 20}, "", "", ""},
		{`{ plugin = "probe", config = { greeting = "{{secret.name}}!" } }`, map[shadow.Result]int{shadow.Same: 10, shadow.Different: 10},
			"request.json.greeting", `"hello {{secret.name}}"`, `"{{secret.name}}!"`},
	} {
		p, received := shadowing(t, "shadow = "+tt.shadow, nil)
		for i := range 10 {
			if status, _ := p.post(t, "/hooks/probe", fmt.Sprintf(`{"id":"%d"}`, i)); status != http.StatusAccepted {
				t.Fatal(status)
			}
		}
		s := p.compared(t, 20)
		for _, r := range shadow.Results {
			if s.Calls[r] != tt.want[r] {
				t.Errorf("%s: %v, want %v", tt.shadow, s.Calls, tt.want)
				break
			}
		}
		if s.Route != "all" || s.Destination != "there" || s.Candidate.Hash == "" || s.InForce.Name != "probe" {
			t.Errorf("%+v", s)
		}
		if len(s.Differences) != tt.want[shadow.Different] {
			t.Errorf("%d differences are shown", len(s.Differences))
		}
		for _, d := range s.Differences {
			if d.Path != tt.path || d.InForce != tt.force || d.Candidate != tt.other || d.Function != "format" || d.Event == "" {
				t.Errorf("%+v", d)
			}
		}
		received.mu.Lock()
		if len(received.bodies) != 10 {
			t.Errorf("%v came", received.bodies)
		}
		for body, n := range received.bodies {
			if n != 1 || !strings.Contains(body, `"greeting":"hello kanarienvogel"`) {
				t.Errorf("%s came %d times", body, n)
			}
		}
		received.mu.Unlock()
		for _, r := range shadow.Results {
			line := fmt.Sprintf(`plugboard_shadow_calls_total{destination="there",result="%s",route="all"} %d`, r, tt.want[r])
			if text := p.metrics(t); !strings.Contains(text, line) {
				t.Errorf("the metrics do not say %s", line)
			}
		}

		if err := p.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.said(t, `{"id":"after a reload"}`)
		if s := p.compared(t, 22); s.Calls[shadow.Skipped] != 0 {
			t.Errorf("after a reload: %+v", s.Calls)
		}
	}
}

func (p *probing) metrics(t *testing.T) string {
	t.Helper()
	resp, err := http.Get("http://" + p.Admin() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it is read whole
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestShadowIsChecked: a candidate is held to the same rules as the plugin in force.
func TestShadowIsChecked(t *testing.T) {
	route := "[[routes]]\nname = \"all\"\nto = [\"there\"]\nshadow = "
	with := "[destinations.there]\nplugin = \"probe\"\nurl = \"https://there.example.com\"\n"
	for _, tt := range []struct{ text, want string }{
		{with + route + `{ plugin = "probe", config = { refuse = "no" } }`, `config.toml:17:21: plugin "probe" is refused: no; correct its configuration, or replace plugins/probe.wasm`},
		{with + route + `{ plugin = "prob" }`, `config.toml:17:21: there is no plugin "prob"; did you mean "probe"? Else put prob.wasm into plugins, or build it there with plugboard plugin build`},
		{"[destinations.there]\nurl = \"https://there.example.com\"\n" + route + `{ plugin = "probe" }`, `config.toml:16:21: destination "there" has no plugin that a candidate could be compared with; leave out shadow, or name a plugin there`},
	} {
		if got := probeFiles(t, tt.text, nil).checked(t); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.text, got, tt.want)
		}
	}
}
