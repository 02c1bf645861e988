package jsondoc

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// played records what is set and plays it, in one go or, where somebody asks for something in between, in several.
func played(set func(o Obj)) string {
	var b Builder
	var p Player
	fault := ""
	hand := func() {
		for _, s := range b.Steps() {
			if why := p.Play(s); why != "" {
				fault = why
			}
		}
		b.Handed()
	}
	b.Record(func(in int32, path string) bool { hand(); return p.Has(in, path) })
	set(b.Root())
	hand()
	if fault != "" {
		return fault
	}
	return string(p.AppendJSON(nil))
}

// TestPlayedIsBuilt is for what TestBuilder does not do: asking in between, defaults, and objects that are merged.
func TestPlayedIsBuilt(t *testing.T) {
	long := parse(t, `{"o":{"text":"`+strings.Repeat("x", maxMerge)+`","list":[1,"a",null],"deep":{"a.b":7,"none":null}},"s":"y"}`)
	for _, tt := range []struct {
		name string
		set  func(o Obj)
		want string
	}{
		{"has", func(o Obj) {
			o.Str("a.b", "1")
			o.Bool("before", o.Has("a.b") && !o.Has("a.c") && o.Object("a").Has("b"))
			o.Object("a").Str("c", "2")
			o.Remove("a.b")
			o.Bool("after", o.Object("a").Has("c") && !o.Has("a.b"))
		}, `{"a":{"c":"2"},"before":true,"after":true}`},
		{"default", func(o Obj) {
			o.Str("a", "1")
			o.Default("a", "2")
			o.Default("b.c", `{"d":3}`)
			o.Object("e")
			o.Default("e", "{}")
			o.Default("f", "4")
			o.Str("f", "5")
		}, `{"a":"1","b":{"c":{"d":3}},"e":{},"f":"5"}`},
		{"merged in members", func(o Obj) {
			o.Merge(long.Root())
			o.Remove("o.text")
			o.Append("o.list", "b")
			o.Object("o").Object("deep").Str(Key("a.b"), "8")
		}, `{"o":{"list":[1,"a",null,"b"],"deep":{"a.b":"8"}},"s":"y"}`},
		{"objects in lists", func(o Obj) {
			first, second := o.AppendObject("l"), o.AppendObject("l")
			second.Str("n", "2")
			first.Str("n", "1")
			first.AppendObject("l").Str("n", "3")
		}, `{"l":[{"n":"1","l":[{"n":"3"}]},{"n":"2"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := built(tt.set); got != tt.want {
				t.Errorf("want %s\n got %.2000s", tt.want, got)
			}
		})
	}
}

// TestPlayRefuses plays what no Builder records.
func TestPlayRefuses(t *testing.T) {
	chain := func(n int, does int32) (steps []Step) {
		for i := range n {
			steps = append(steps, Step{Path: "a", In: int32(i), Does: does})
		}
		return steps
	}
	for _, tt := range []struct {
		name  string
		steps []Step
		want  string
	}{
		{"in nothing", []Step{{Path: "a", Text: "b", In: 1, Does: StepStr}}, "in an object that no step has made"},
		{"in itself", []Step{{Path: "a", In: 1, Does: StepObject}}, "in an object that no step has made"},
		{"in a text", []Step{{Path: "a", Text: "b", Does: StepStr}, {Path: "a", Text: "b", In: 1, Does: StepStr}}, "in an object that no step has made"},
		{"before the first", []Step{{Path: "a", Text: "b", In: -1, Does: StepStr}}, "in an object that no step has made"},
		{"unknown", []Step{{Path: "a", Does: 99}}, "does what is not known"},
		{"objects in objects", chain(MaxDepth+1, StepObject), "nested deeper"},
		{"lists in lists", chain(MaxDepth+1, StepAppendObject), "nested deeper"},
		{"a deep path", []Step{{Path: strings.Repeat("a.", MaxDepth) + "a", Text: "b", Does: StepStr}}, "nested deeper"},
		{"too much", chainOf(maxParts+1, Step{Path: "a", Text: "b", Does: StepAppendStr}), "more than 65,536 values"},
		{"merging no JSON", []Step{{Text: "{", Does: StepMerge}}, "merges what is no JSON"},
		{"merging a lot", []Step{{Text: `{"a":"` + strings.Repeat("x", maxMerge) + `"}`, Does: StepMerge}}, "more than 64 KiB"},
		{"merging deep", []Step{{Path: strings.Repeat("a.", MaxDepth-2) + "a", Does: StepObject}, {In: 1, Text: `{"a":{"b":{"c":1}}}`, Does: StepMerge}}, "nested deeper"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p Player
			fault := ""
			for _, s := range tt.steps {
				if fault = p.Play(s); fault != "" {
					break
				}
			}
			if !strings.Contains(fault, tt.want) || fault == "" {
				t.Errorf("%q, want …%s…", fault, tt.want)
			}
		})
	}
}

func chainOf(n int, s Step) []Step {
	steps := make([]Step, n)
	for i := range steps {
		steps[i] = s
	}
	return steps
}

// TestPlayerLooks shows that long work does not go on unseen: ten thousand names in one object are searched through for each.
func TestPlayerLooks(t *testing.T) {
	looked := 0
	p := Player{Look: func() { looked++ }}
	for i := range 10000 {
		if fault := p.Play(Step{Path: fmt.Sprint("name", i), Text: "x", Does: StepStr}); fault != "" {
			t.Fatal(fault)
		}
	}
	if want := 10000 / 2 * 10000 / (2 * turn); looked < want {
		t.Errorf("it looked %d times, want %d", looked, want)
	}
	if !p.Large() {
		t.Error("and is not large")
	}
}

// FuzzPlay plays any steps: what comes out is JSON, if what was JSON already was.
func FuzzPlay(f *testing.F) {
	f.Add([]byte("\x01\x00\x01a\x01b\x03\x00\x01c\x00\x05\x02\x03x.y\x00\x07\x02\x00\x09{\"q\":[1]}\x08\x00\x01z\x02{}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var p Player
		for len(in) > 4 {
			s := Step{Does: int32(in[0]), In: int32(int8(in[1]))}
			in = in[2:]
			for _, text := range []*string{&s.Path, &s.Text} {
				n, k := binary.Uvarint(in)
				if k <= 0 || n > uint64(len(in)-k) {
					return
				}
				*text, in = string(in[k:k+int(n)]), in[k+int(n):]
			}
			if (s.Does == StepEncoded || s.Does == StepDefault || s.Does == StepAppendEncoded) && !Valid([]byte(s.Text)) {
				continue
			}
			if p.Play(s) != "" {
				return
			}
			p.Has(s.In, s.Path)
		}
		if out := p.AppendJSON(nil); !Valid(out) {
			t.Errorf("%q", out)
		}
	})
}
