package wasm

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// steps is the input that makes the driver hand over steps, whose texts lie behind them.
func steps(format int, list ...jsondoc.Step) []byte {
	var b, texts []byte
	at := dataAt + len(list)*jsondoc.StepSize
	for _, s := range list {
		for _, text := range []string{s.Path, s.Text} {
			b = binary.LittleEndian.AppendUint64(b, uint64(at+len(texts)))
			b = binary.LittleEndian.AppendUint64(b, uint64(len(text)))
			texts = append(texts, text...)
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(s.In))
		b = binary.LittleEndian.AppendUint32(b, uint32(s.Does))
	}
	return drive("output_build", format, dataAt, len(list), 1, string(append(b, texts...)))
}

func TestOutputIsBuiltOfSteps(t *testing.T) {
	p := openDriver(t, PluginOptions{})
	for range 2 { // nothing of one call is there in the next
		out := must(t, p, Receive, string(steps(jsondoc.StepFormat,
			jsondoc.Step{Path: "events", Does: jsondoc.StepAppendObject},
			jsondoc.Step{Path: "type", Text: "call.ended", In: 1, Does: jsondoc.StepStr},
			jsondoc.Step{Path: "data", In: 1, Does: jsondoc.StepObject},
			jsondoc.Step{Path: "agent.name", Text: "Zoë \"Z\"", In: 3, Does: jsondoc.StepStr},
			jsondoc.Step{Path: "duration", Text: "17", In: 3, Does: jsondoc.StepEncoded})))
		if want := `{"events":[{"type":"call.ended","data":{"agent":{"name":"Zoë \"Z\""},"duration":17}}]}`; !strings.HasPrefix(string(out.Body), want+"\x00") {
			t.Errorf("%.200q", out.Body)
		}
	}
	if out := must(t, p, Receive, string(steps(jsondoc.StepFormat, jsondoc.Step{Path: "events", Does: jsondoc.StepObject}))); out.Body[0] == '{' {
		t.Errorf("nothing was set, and it wrote %.40q", out.Body)
	}
}

func TestStepsAreNotBelieved(t *testing.T) {
	outside := steps(jsondoc.StepFormat, jsondoc.Step{Path: "a", Text: "b", Does: jsondoc.StepStr})
	far := append([]byte(nil), outside...)
	binary.LittleEndian.PutUint64(outside[dataAt+16:], pageSize-1)
	binary.LittleEndian.PutUint64(outside[dataAt+24:], 2)
	binary.LittleEndian.PutUint64(far[dataAt:], 1<<32)
	long := jsondoc.Step{Path: "a", Text: strings.Repeat("x", 30), Does: jsondoc.StepStr}
	for _, tt := range []struct {
		name   string
		in     []byte
		kind   Kind
		reason string
	}{
		{"a text outside memory", outside, Trapped, "outside its memory"},
		{"an address beyond 4 GiB", far, Limited, "of output"},
		{"a format that is not known", steps(9), Trapped, "format 9 is not known"},
		{"many at once", drive("output_build", jsondoc.StepFormat, 0, maxSteps+1, 1), Limited, "more than 65536 steps"},
		{"an object that is not there", steps(jsondoc.StepFormat, jsondoc.Step{Path: "a", In: 7, Does: jsondoc.StepObject}), Limited, "that no step has made"},
		{"more than may be written", steps(jsondoc.StepFormat, long, long), Limited, "more than 40 bytes of output"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := openDriver(t, PluginOptions{Limits: Limits{Deadline: patient.Deadline, Output: 40}})
			_, err := p.Call(t.Context(), Receive, Input{Body: tt.in})
			if e := failureOf(t, err); e.Kind != tt.kind || !strings.Contains(e.Reason, tt.reason) {
				t.Errorf("got %v: %q, want %v: …%s…", e.Kind, e.Reason, tt.kind, tt.reason)
			}
		})
	}
}

// TestBuildingIsTheGuestsTime: names that have to be looked for among tens of thousands end with the deadline.
func TestBuildingIsTheGuestsTime(t *testing.T) {
	p, ok := openDriver(t, PluginOptions{}).(*plugin)
	if !ok {
		t.Fatal("not a *plugin")
	}
	c := call{plugin: p}
	c.begin(t.Context(), Receive, Input{}, 10*time.Millisecond)
	c.made.Look = func() { c.look() }
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, errEnd) || c.fault.kind != Limited {
			t.Errorf("it ended with %v, %v", err, c.fault)
		}
	}()
	for i := range maxSteps {
		if fault := c.made.Play(jsondoc.Step{Path: strconv.Itoa(i), Text: "x", Does: jsondoc.StepStr}); fault != "" {
			t.Fatal(fault)
		}
	}
	t.Error("it went on to the end")
}
