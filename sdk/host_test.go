package sdk_test

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/internal/host"
)

// fake is the gateway of one test.
type fake struct {
	input  string
	output string
	facts  map[string]string
	state  map[string]string
	log    []string
	kind   int32
	reason string
}

func (f *fake) Input() []byte                   { return []byte(f.input) }
func (f *fake) Output(src []byte)               { f.output += string(src) }
func (f *fake) Fact(name string) (string, bool) { v, ok := f.facts[name]; return v, ok }
func (f *fake) Lookup(table, key string) (string, bool) {
	return table + "/" + key, key != "missing"
}
func (f *fake) State(key string) (string, bool)     { v, ok := f.state[key]; return v, ok }
func (f *fake) SetState(key, value string, _ int64) { f.state[key] = value }
func (f *fake) Log(level int32, message string)     { f.log = append(f.log, string('0'+level)+message) }
func (f *fake) Stop(kind int32, reason string)      { f.kind, f.reason = kind, reason }
func (f *fake) Sign(s string, a int32, src []byte) ([]byte, bool) {
	return append([]byte(s), src...), a == 0
}

// use makes a host answer for the length of a test.
func use(tb testing.TB, f *fake) {
	tb.Helper()
	useHost(tb, f)
}

func useHost(tb testing.TB, h host.Host) {
	tb.Helper()
	before := host.Use(h)
	tb.Cleanup(func() { host.Use(before) })
}
