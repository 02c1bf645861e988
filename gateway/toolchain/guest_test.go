package toolchain_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

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
	host, err := wasm.NewHost(b.Context(), wasm.HostOptions{CacheDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := host.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	for _, c := range []struct {
		plugin, config string
		fn             wasm.Function
		body           []byte
	}{
		{"ziwo-calls", `{"account":"acme"}`, wasm.Receive, ziwoMessage},
		{"telegram-message", `{"chat_id":100200300}`, wasm.Format, stateChange},
	} {
		for _, lang := range toolchain.Languages() {
			folder := filepath.Join("../../examples/plugins", lang.Name, c.plugin)
			if _, err := os.Stat(folder); err != nil {
				continue
			}
			b.Run(c.plugin+"/"+lang.Name, func(b *testing.B) {
				p := open(b, host, folder, c.config)
				in := wasm.Input{Body: c.body, Facts: facts{"received_at": "2025-03-04T20:00:00Z", "source": "ziwo"}}
				var out wasm.Output
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					var err error
					if out, err = p.Call(b.Context(), c.fn, in); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(out.Cost), "counts/op")
				b.ReportMetric(float64(len(c.body)), "B-in")
				b.ReportMetric(float64(len(out.Body)), "B-out")
			})
		}
	}
}

// open builds a plugin and makes it ready; a compiler that is missing skips, by name.
func open(b *testing.B, host *wasm.Host, folder, config string) wasm.Plugin {
	b.Helper()
	file, _, err := toolchain.Build(b.Context(), folder, b.TempDir())
	if errors.Is(err, toolchain.ErrNoCompiler) {
		b.Skip(err)
	}
	if err != nil {
		b.Fatal(err)
	}
	code, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	m, err := host.Load(b.Context(), filepath.Base(folder), code)
	if err != nil {
		b.Fatal(err)
	}
	p, err := m.New(b.Context(), wasm.PluginOptions{Config: []byte(config), Instances: 1, Ready: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return p
}
