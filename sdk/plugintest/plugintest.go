// Package plugintest runs a plugin as an ordinary Go test, against files in the form of the repository's fixtures and
// with the gateway's part played by the test. Nothing is compiled to WebAssembly, so that debugger, race detector and
// coverage work; what a plugin does here it does in the gateway.
//
//	func TestPlugin(t *testing.T) {
//		plugintest.Run(t, plugintest.Plugin{Receive: read}, "testdata")
//	}
//
// Files of a folder, by the end of their names:
//
//	NAME.request.json   what a vendor sends: method, target, headers, body or body_file, connection (the configuration)
//	NAME.transform.json for transform: event, config
//	NAME.events.json    what receive or transform must make of it
//	NAME.error.json     how the call must stop instead: {"stop": "reject", "reason": "…"}; reject, drop, retry or fail
//	NAME.scenario.json  a delivery: given (event, config), request and response or a list of them (exchange), expect
//	                    (delivered, retry, dead, dropped, refused, reason, memo, not_before_seconds, requests, attempts …)
//
// go test -update writes the .events.json and .error.json files anew. Look at the difference before you keep it.
package plugintest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/internal/host"
)

var update = flag.Bool("update", false, "write the expected files of plugins anew")

// Plugin is a plugin's functions, as they are handed to sdk.Receive and its sisters. What it lacks stays nil.
type Plugin struct {
	// Init is run before each case, as a new instance would. What depends on the configuration belongs in there.
	Init      func() error
	Receive   func(*sdk.Request, *sdk.Events) error
	Transform func(*sdk.Incoming, *sdk.Events) error
	Format    func(*sdk.Incoming, *sdk.Outgoing) error
	Judge     func(*sdk.Answer, *sdk.Verdict) error

	// Ignore names expectations of scenarios that are the gateway's business, not the plugin's. Any other that this
	// package does not know is an error, so that none is passed over unseen.
	Ignore []string
}

// Run runs every case that stands in the folder as a subtest. A folder without any is a failure.
func Run(t *testing.T, p Plugin, dir string) {
	t.Helper()
	kinds := []struct {
		suffix string
		run    func(*testing.T, Plugin, string)
	}{
		{".request.json", runReceive},
		{".transform.json", runTransform},
		{".scenario.json", runScenario},
	}
	found := false
	for _, kind := range kinds {
		files, err := filepath.Glob(filepath.Join(dir, "*"+kind.suffix))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			found = true
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
				kind.run(t, p, file)
			})
		}
	}
	if !found {
		t.Fatalf("%s holds no .request.json, .transform.json or .scenario.json", dir)
	}
}

// tb is what this package uses of a testing.TB; its own tests put something else in its place.
type tb interface {
	Helper()
	Error(...any)
	Errorf(string, ...any)
	Fatal(...any)
	Fatalf(string, ...any)
	Failed() bool
}

// Refusal runs Init with that configuration, a JSON object, and gives the reason for which it is refused; "" when it is
// taken.
func Refusal(p Plugin, config string) string {
	h := newHost(environment{}, []byte(config))
	p.with(h, func() {})
	return h.reason
}

// Benchmark measures one call on the file of a case: Receive on a .request.json, Format on a .scenario.json.
func Benchmark(b *testing.B, p Plugin, file string) {
	b.Helper()
	var h *fakeHost
	var run func() int32
	var input []byte
	if strings.HasSuffix(file, ".request.json") {
		h, input = newRequest(b, file)
		run = func() int32 { return sdk.Receive(p.Receive) }
	} else {
		s, _ := newPlay(b, p, file)
		h, input = s.h, compact(s.event)
		run = func() int32 { return sdk.Format(p.Format) }
	}
	b.ReportAllocs()
	p.with(h, func() {
		h.input = input
		for b.Loop() {
			h.output = h.output[:0]
			if run() != 0 {
				b.Fatal(h.reason)
			}
		}
	})
}

// one is held during a case: a plugin serves one call at a time, here as in the gateway.
var one sync.Mutex

// with runs do as calls of a fresh instance under h. It is false when Init refuses the configuration; h has the reason.
func (p Plugin) with(h *fakeHost, do func()) bool {
	one.Lock()
	defer one.Unlock()
	defer host.Use(host.Use(h))
	if p.Init != nil && h.call("init", nil, func() int32 { return sdk.Init(p.Init) }) != 0 {
		return false
	}
	do()
	return true
}

// stem is a case's file without its last two suffixes.
func stem(file string) string {
	dir, name := filepath.Split(file)
	name, _, _ = strings.Cut(name, ".")
	return filepath.Join(dir, name)
}

// readFile reads one file and stops the test when it cannot.
func readFile(t tb, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
