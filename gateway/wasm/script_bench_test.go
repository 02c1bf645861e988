package wasm

import (
	"os"
	"path/filepath"
	"testing"
)

// example reads one of the example scripts, whose cases package examples plays.
func example(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../examples/plugins/script", name+".js"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func scriptHost(t testing.TB) *Host { return openHost(t, HostOptions{CacheDir: cacheDir()}) }

func loadScript(t testing.TB, h *Host, name, source string) *Module {
	t.Helper()
	m, err := h.LoadScript(t.Context(), name, []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type factMap map[string]string

func (f factMap) Fact(name string) ([]byte, bool) {
	s, ok := f[name]
	return []byte(s), ok
}

// BenchmarkScript is a call of each example script, with all limits.
func BenchmarkScript(b *testing.B) {
	h := scriptHost(b)
	for _, c := range []struct {
		name, source, config string
		fn                   Function
		body                 string
	}{
		{"ziwo-calls", string(example(b, "ziwo-calls")), `{"account":"acme"}`, Receive, ziwoEnded},
		{"telegram-message", string(example(b, "telegram-message")), `{"chat_id":100200300}`, Format, stateChanged},
		{"no-template", untemplated, `{}`, Format, stateChanged},
		{"template-xml", templated, `{}`, Format, stateChanged},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := openModule(b, loadScript(b, h, c.name, c.source), PluginOptions{Config: []byte(c.config)})
			in := Input{Body: []byte(c.body), Facts: factMap{"received_at": "2025-03-04T20:00:00Z", "source": "ziwo"}}
			var out Output
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if out, err = p.Call(b.Context(), c.fn, in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(out.Cost), "counts/op")
			b.ReportMetric(float64(len(out.Body)), "B-out")
		})
	}
}

const (
	untemplated = `export function format(event, request) { request.text("<away/>"); }`
	templated   = `import { template } from "plugboard";
const t = template("<away id='{{id}}'><name>{{data.agent.name}}</name>{{#data.state}}<s>{{name}}</s><r>{{reason}}</r>{{/data.state}}</away>", "xml");
export function format(event, request) { request.text(t.render(event)); }`
	ziwoEnded = `{"coreUUID":"0f5e7c1a-1111-4222-8333-00000000000a","dialplan":null,"callID":"7b3d2c10-aaaa-4bbb-8ccc-000000000001",` +
		`"otherLegCallID":"7b3d2c10-aaaa-4bbb-8ccc-000000000101","type":"ended","data":"043960123","flags":"0",` +
		`"callerIdName":"043960123","callerIdNumber":"043960123","calleeIdName":"33333","calleeIdNumber":"33333",` +
		`"startedAt":"2025-03-04T07:35:55.122Z","startedAtEpoch":"1741073755122651","direction":"inbound","duration":"63",` +
		`"talkTime":"53","ringTime":"10","result":"answered","endedAt":"2025-03-04T07:36:58.122Z","queueName":"Support","position":"33333"}`
	stateChanged = `{"specversion":"1.0","id":"01JNGR5X0V7W2Q9P4K3M8T6ZBA","source":"/zendesk/22129848","type":"agent.state.changed",` +
		`"time":"2025-03-04T10:15:00Z","ccvendor":"zendesk","cctype":"agent.unified_state_changed","ccaccount":"22129848",` +
		`"subject":"agent/8447388090494","partitionkey":"agent/8447388090494","ccreceived":"2025-03-04T10:15:00.411902233Z",` +
		`"data":{"scope":"unified","agent":{"id":"8447388090494","name":"Ada Example"},"state":{"name":"away","code":"2","base":"unavailable","reason":"agent"},` +
		`"previous_state":{"name":"online","code":"3","base":"available"},"extensions":{"zendesk":{"detail":{"version":"17"}}}}}`
)
