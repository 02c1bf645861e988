package toolchain_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/toolchain"
	"github.com/plugboard/plugboard/gateway/wasm"
)

// ziwoMessage is what a vendor posts, of about 600 bytes; what ziwo-calls makes of it has about 900. stateChange is an
// event, whose request has about 130.
var (
	ziwoMessage = []byte(`{"coreUUID":"0f5e7c1a-1111-4222-8333-00000000000a","dialplan":null,"callID":"7b3d2c10-aaaa-4bbb-8ccc-000000000001",` +
		`"otherLegCallID":"7b3d2c10-aaaa-4bbb-8ccc-000000000101","type":"ended","data":"043960123","flags":"0",` +
		`"callerIdName":"043960123","callerIdNumber":"043960123","calleeIdName":"33333","calleeIdNumber":"33333",` +
		`"startedAt":"2025-03-04T07:35:55.122Z","startedAtEpoch":"1741073755122651","direction":"inbound","duration":"63",` +
		`"talkTime":"53","ringTime":"10","result":"answered","endedAt":"2025-03-04T07:36:58.122Z","queueName":"Support","position":"33333"}`)
	ringcxMessage = []byte(`{"agent_id":"1369310","prev_state":"AVAILABLE","prev_aux_state":"Ready for Calls","agent_phone":"441632960100*1212@RC_SOFTPHONE",` +
		`"source_ip":"192.0.2.100","external_agent_id":null,"duration":"3300","agent_login_id":"612730076","account_id":"15300002","event_type":"AWAY",` +
		`"event_aux_type":"Lunch in town","date_time":"2025-03-04 09:00:00","pending_disp":"0","username":"ada.example+15300002_1791@example.com"}`)
	zendeskMessage = []byte(`{"type":"zen:event-type:agent.unified_state_changed","account_id":22129848,"id":"01JM2D9G1X3HZ8A6V4R5T7Y9QK",` +
		`"time":"2026-02-14T09:30:11.123456789Z","zendesk_event_version":"2022-11-06","subject":"zen:agent:8447388090494",` +
		`"detail":{"agent_id":"8447388090494","account_id":"22129848","version":"17"},` +
		`"event":{"previous_unified_state":{"id":"3","name":"online","reason":"AGENT_STATUS_SWITCHER"},` +
		`"new_unified_state":{"id":"2","name":"away","reason":"AGENT_STATUS_SWITCHER"},"updated_at":"2026-02-14T09:30:11Z"}}`)
	stateChange = []byte(`{"specversion":"1.0","id":"01JNGR5X0V7W2Q9P4K3M8T6ZBA","source":"/zendesk/22129848","type":"agent.state.changed",` +
		`"time":"2025-03-04T10:15:00Z","ccvendor":"zendesk","cctype":"agent.unified_state_changed","ccaccount":"22129848",` +
		`"subject":"agent/8447388090494","partitionkey":"agent/8447388090494","ccreceived":"2025-03-04T10:15:00.411902233Z",` +
		`"data":{"scope":"unified","agent":{"id":"8447388090494","name":"Ada Example"},"state":{"name":"away","code":"2","base":"unavailable","reason":"agent"},` +
		`"previous_state":{"name":"online","code":"3","base":"available"},"extensions":{"zendesk":{"detail":{"version":"17"}}}}}`)
)

type facts map[string]string

func (f facts) Fact(name string) ([]byte, bool) {
	s, ok := f[name]
	return []byte(s), ok
}

// BenchmarkGuests shows the same plugins in each language side by side, through the host with all its limits:
//
//	go test ./gateway/toolchain -run '^$' -bench Guests
func BenchmarkGuests(b *testing.B) {
	host := openHost(b, wasm.Limits{})
	for _, c := range []work{
		{"ziwo-calls", `{"account":"acme"}`, wasm.Receive, ziwoMessage},
		{"telegram-message", `{"chat_id":100200300}`, wasm.Format, stateChange},
	} {
		for _, lang := range toolchain.Languages() {
			folder := filepath.Join("../../examples/plugins", lang.Name, c.plugin)
			if _, err := os.Stat(folder); err != nil {
				continue
			}
			b.Run(c.plugin+"/"+lang.Name, func(b *testing.B) { c.measure(b, open(b, compile(b, host, folder), c.config, 1)) })
		}
	}
}

// BenchmarkBundled shows what the bundled plugins take for an event of some 600 bytes, beside a plugin in Rust that does what
// webhook does: the time of a plain Rust guest says how fast the machine is.
//
//	go test ./gateway/toolchain -run '^$' -bench Bundled
func BenchmarkBundled(b *testing.B) {
	host := openHost(b, wasm.Limits{})
	const webhookConfig = `{"url":"/agents/{{data.agent.id}}","body":"{\"event\":\"{{id}}\",\"agent\":{\"id\":\"{{data.agent.id}}\",\"name\":\"{{data.agent.name}}\"},\"from\":\"{{data.previous_state.name}}\",\"to\":\"{{data.state.name}}\"}"}`
	for _, c := range []struct {
		folder string
		work
	}{
		{"../../examples/plugins/rust/telegram-message", work{"rust-telegram", `{"chat_id":100200300}`, wasm.Format, stateChange}},
		{"../../plugins/webhook", work{"webhook", webhookConfig, wasm.Format, stateChange}},
		{"../../plugins/babelforce", work{"babelforce", `{"presence_map":{"away":"away"}}`, wasm.Format, stateChange}},
		{"../../plugins/zendesk", work{"zendesk", `{}`, wasm.Receive, zendeskMessage}},
		{"../../plugins/wfm-ringcx", work{"wfm-ringcx", `{"timezone":"Europe/Berlin"}`, wasm.Receive, ringcxMessage}},
		{"../../plugins/wfm-ringcx", work{"wfm-ringcx", `{"timezone":"Europe/Berlin","send_body_as_json":true}`, wasm.Format, stateChange}},
	} {
		b.Run(c.plugin, func(b *testing.B) { c.measure(b, open(b, compile(b, host, c.folder), c.config, 1)) })
	}
}

// BenchmarkFirst shows what the first call costs that an instance gets, and the second one: the instance is made and configured
// before, when the plugin is taken into use.
//
//	go test ./gateway/toolchain -run '^$' -bench First -benchtime 200x
func BenchmarkFirst(b *testing.B) {
	host := openHost(b, wasm.Limits{})
	for _, c := range []struct {
		folder string
		work
	}{
		{"../../examples/plugins/rust/telegram-message", work{"rust-telegram", `{"chat_id":100200300}`, wasm.Format, stateChange}},
		{"../../plugins/babelforce", work{"babelforce", `{"presence_map":{"away":"away"}}`, wasm.Format, stateChange}},
		{"../../plugins/zendesk", work{"zendesk", `{}`, wasm.Receive, zendeskMessage}},
	} {
		b.Run(c.plugin, func(b *testing.B) {
			m := compile(b, host, c.folder)
			var took [3]time.Duration
			for range b.N {
				began := time.Now()
				p, err := m.New(b.Context(), wasm.PluginOptions{Config: []byte(c.config), Instances: 1, Ready: 1})
				if err != nil {
					b.Fatal(err)
				}
				took[0] += time.Since(began)
				for i := range 2 {
					began = time.Now()
					if _, err := p.Call(b.Context(), c.fn, wasm.Input{Body: c.body, Facts: facts{}}); err != nil {
						b.Fatal(err)
					}
					took[1+i] += time.Since(began)
				}
				if err := p.Close(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			for i, name := range [...]string{"ns-made", "ns-first", "ns-second"} {
				b.ReportMetric(float64(took[i].Nanoseconds())/float64(b.N), name)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// work is a call to be measured.
type work struct {
	plugin, config string
	fn             wasm.Function
	body           []byte
}

func (w work) measure(b *testing.B, p wasm.Plugin) {
	in := wasm.Input{Body: w.body, Facts: facts{"received_at": "2025-03-04T20:00:00Z", "source": "ziwo", "destination": "there"}}
	var out wasm.Output
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		var err error
		if out, err = p.Call(b.Context(), w.fn, in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(out.Cost), "counts/op")
	b.ReportMetric(float64(len(w.body)), "B-in")
	b.ReportMetric(float64(len(out.Body)), "B-out")
}
