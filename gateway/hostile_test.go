package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/gateway/toolchain"
	"github.com/plugboard/plugboard/queue"
)

// TestHostilePluginHarmsNobodyElse posts to a source whose plugin does its worst. Each call fails for a reason that
// says what happened, the request is kept, and meanwhile another source and another plugin take every event.
func TestHostilePluginHarmsNobodyElse(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"testdata/plugins/hostile", "../plugins/zendesk"} {
		if _, _, err := toolchain.Build(t.Context(), folder, dir); err != nil {
			t.Fatal(err)
		}
	}
	g := start(t, gatewaytest.Write(t, fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[queue]
dir = "data"
min_free = "1MiB"
[plugins]
dir = %q
cache = %q
deadline = "300ms"
[sources.hostile]
plugin = "hostile"
verify = { scheme = "none" }
[sources.zendesk]
plugin = "zendesk"
verify = { scheme = "none" }
`, filepath.ToSlash(dir), filepath.Join(gatewaytest.Plugins(t), "cache"))))

	stop := make(chan struct{})
	var good sync.WaitGroup
	goodEvents := 0
	good.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			body := fmt.Sprintf(`{"id":"good-%d","type":"zen:event-type:agent.state_changed","subject":"zen:agent:1"}`, goodEvents)
			if status, answer := g.post(t, "/hooks/zendesk", body); status != http.StatusAccepted || answer.Aside || len(answer.Events) != 1 {
				t.Errorf("the good source beside a hostile plugin: %d %+v", status, answer)
				return
			}
			goodEvents++
		}
	})
	reasons := map[string]string{
		"loop":     "ran longer than 300ms",
		"recurse":  "over its limit", // of stack, or of time on a busy machine
		"eat":      "memory",
		"trap":     "index out of range",
		"write":    "output",
		"log":      "log",
		"nonsense": "not JSON",
	}
	for body := range reasons {
		for range 3 {
			status, answer := g.post(t, "/hooks/hostile", body)
			if status != http.StatusAccepted || !answer.Aside || len(answer.Events) != 0 || answer.ID == "" {
				t.Errorf("%s: answered %d %+v; want 202, set aside", body, status, answer)
			}
		}
		if status, answer := g.post(t, "/hooks/hostile", "now be good"); status != http.StatusAccepted || len(answer.Events) != 1 {
			t.Errorf("after %s: answered %d %+v; the plugin must go on", body, status, answer)
		}
	}
	close(stop)
	good.Wait()
	if goodEvents == 0 {
		t.Error("the good source took no event; the test shows nothing")
	}
	g.mustHoldReasons(t, reasons)
}

type edgeAnswer struct {
	ID     string
	Events []string
	Aside  bool
}

func (g *running) post(t *testing.T, path, body string) (int, edgeAnswer) {
	t.Helper()
	resp, err := http.Post(g.url(path), "application/json", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, edgeAnswer{}
	}
	content, err := io.ReadAll(resp.Body)
	var a edgeAnswer
	if err = errors.Join(err, json.Unmarshal(content, &a), resp.Body.Close()); err != nil {
		t.Errorf("%s: %v", content, err)
	}
	return resp.StatusCode, a
}

func keptBody(t *testing.T, r queue.Rejected) string {
	t.Helper()
	raw, err := event.DecodeRaw(r.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw.Body)
}

// mustHoldReasons reads back what was set aside: body and reason.
func (g *running) mustHoldReasons(t *testing.T, reasons map[string]string) {
	t.Helper()
	page, err := g.Store().Rejected(t.Context(), queue.Filter{Source: "hostile", Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if want := 3 * len(reasons); len(page.Items) != want {
		t.Errorf("%d requests are kept, want %d", len(page.Items), want)
	}
	for _, r := range page.Items {
		body := keptBody(t, r)
		if want, ok := reasons[body]; !ok || !strings.Contains(r.Reason, want) {
			t.Errorf("%q is kept with reason %q, want one that names %q", body, r.Reason, want)
		}
	}
}
