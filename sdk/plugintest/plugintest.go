// Package plugintest runs a plugin as an ordinary Go test, against files in the form of the repository's fixtures and
// with the gateway's part played by the test. Nothing is compiled to WebAssembly, so that debugger, race detector and
// coverage work; what a plugin does here it does in the gateway.
//
//	func TestPlugin(t *testing.T) {
//		plugintest.Run(t, plugintest.Plugin{Receive: read}, "testdata")
//	}
//
// Package casefile says what the files of a folder hold.
//
// go test -update writes the .events.json, .message.json and .error.json files anew. Look at the difference before you keep it.
package plugintest

import (
	"flag"
	"strings"
	"sync"
	"testing"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/casefile"
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
	Encode    func(*sdk.Incoming, *sdk.Message) error

	// Ignore names expectations of scenarios that are the gateway's business, not the plugin's. Any other that this
	// package does not know is an error, so that none is passed over unseen.
	Ignore []string
}

// Run runs every case that stands in the folder as a subtest. A folder without any is a failure.
func Run(t *testing.T, p Plugin, dir string) {
	t.Helper()
	cases, err := casefile.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	run := map[casefile.Kind]func(*testing.T, Plugin, casefile.Case){
		casefile.OfRequest: runReceive, casefile.OfTransform: runTransform, casefile.OfEncode: runEncode,
		casefile.OfScenario: runScenario,
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) { run[c.Kind](t, p, c) })
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
	h := newHost(casefile.Environment{}, []byte(config))
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
		s := newPlay(b, p, file)
		h, input = s.h, s.file.Event
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
