package plugintest

import (
	"fmt"
	"strings"

	"github.com/plugboard/plugboard/sdk/casefile"
	"github.com/plugboard/plugboard/sdk/internal/host"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// fakeHost plays the gateway.
type fakeHost struct {
	casefile.Environment
	facts map[string]string

	input    []byte
	output   []byte
	stopped  string // the kind of stop; "" when the call was not stopped
	reason   string
	pending  map[string]string // state, until the call ends well
	log      []string
	returned int32
}

func newHost(env casefile.Environment, config []byte) *fakeHost {
	h := &fakeHost{Environment: env, facts: map[string]string{"received_at": casefile.ReceivedAt}}
	if h.Kept == nil {
		h.Kept = map[string]string{}
	}
	if len(config) > 0 {
		h.facts["config"] = string(config)
	}
	return h
}

// call runs one function of the plugin.
func (h *fakeHost) call(function string, input []byte, run func() int32) int32 {
	h.input, h.output, h.stopped, h.reason = input, nil, "", ""
	h.facts["function"] = function
	h.pending = map[string]string{}
	h.returned = run()
	if h.stopped == "" && h.returned == 0 {
		for k, v := range h.pending {
			h.Kept[k] = v
		}
	}
	return h.returned
}

func (h *fakeHost) Input() []byte { return h.input }

// InputTape reads the input for the plugin, as the gateway does.
func (h *fakeHost) InputTape(format int) []byte {
	doc, err := jsondoc.Parse(h.input)
	if err != nil || format != jsondoc.TapeFormat {
		return nil
	}
	return doc.Tape()
}

func (h *fakeHost) Output(src []byte) { h.output = append(h.output, src...) }

func (h *fakeHost) Fact(name string) (string, bool) {
	v, ok := h.facts[name]
	return v, ok
}

func (h *fakeHost) State(key string) (string, bool) {
	v, ok := h.Kept[key]
	return v, ok
}

func (h *fakeHost) SetState(key, value string, _ int64) { h.pending[key] = value }

func (h *fakeHost) Log(level int32, message string) {
	names := [...]string{"debug", "info", "warning", "error"}
	h.log = append(h.log, names[min(max(level, 0), 3)]+": "+message)
}

func (h *fakeHost) Stop(kind int32, reason string) {
	h.stopped, h.reason = stopNames[kind], reason
	if h.stopped == "" {
		h.stopped = fmt.Sprintf("kind %d", kind)
	}
}

var stopNames = map[int32]string{host.Reject: "reject", host.Drop: "drop", host.Retry: "retry", host.Fail: "fail"}

// logText is the log for a failed test's message.
func (h *fakeHost) logText() string {
	if len(h.log) == 0 {
		return ""
	}
	return "\nlog:\n  " + strings.Join(h.log, "\n  ")
}
