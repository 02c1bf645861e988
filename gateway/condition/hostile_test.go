package condition_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/condition"
	"github.com/plugboard/plugboard/gateway/event"
)

// Expressions that would cost more than their length times the event's are refused, with the place.
func TestRefusesWhatCostsMore(t *testing.T) {
	for source, want := range map[string]string{
		`len(1..1000000000) > 1`:                                                    "1:6: ranges",
		`subject in 1..1000000000`:                                                  "ranges",
		`any(data.agent.tags, # in data.agent.groups)`:                              "1:27: data.agent.groups would be worked through for every element",
		`any(data.agent.tags, data.ticket.description contains #)`:                  "1:22: data.ticket.description would be worked",
		`any(data.agent.tags, data.ticket.description matches "x")`:                 "1:22: data.ticket.description would be worked",
		`any(data.agent.tags, lower(data.ticket.description) == #)`:                 "1:28: data.ticket.description would be worked",
		`any(data.agent.tags, # == "x" + data.ticket.description)`:                  "1:33: data.ticket.description would be worked",
		`any(data.agent.tags, len(data.initial ? data.ticket.description : #) > 3)`: "data.initial would be worked",
		`any(data["list"], # == len(data["list"]))`:                                 "would be worked",
		`count(data.agent.tags, any(data.agent.groups, # == "x")) > 1`:              "1:24: a loop within a loop",
		`type == "` + strings.Repeat("x", 20_000) + `"`:                             "1:1: the expression has 20010 bytes",
		strings.Repeat("(", 10_000_000) + "true":                                    "1:1: the expression has 10000004 bytes",
		`type matches "(((a{100}){100}){100}){100}"`:                                "1:6: ",
		`repeat(subject, 1000000000) == ""`:                                         "1:1: no function repeat",
		`fromJSON(data.ticket.description) == 1`:                                    "1:1: no function fromJSON",
		`sum(map(data.agent.tags, len(#))) > 1`:                                     "no function",
		`let x = data.agent.tags; len(x) > 1`:                                       "not part of a condition",
		strings.Repeat("!", 1000) + "data.initial":                                  "exceeds maximum allowed nodes",
		strings.Repeat("data.initial ? true : ", 200) + "false":                     "exceeds maximum allowed nodes",
		strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + " == nil":           "exceeds maximum allowed nodes",
		"data" + strings.Repeat(`["a"]`, 300) + ` == "x"`:                           "exceeds maximum allowed nodes",
	} {
		_, err := condition.CompileBool(source)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %s", source, err, want)
		}
	}
	for _, source := range []string{ // what may stand in a loop
		`any(data.agent.tags, # == data.ticket.group_id)`, `any(data.agent.tags, # startsWith data.ticket.group_id)`,
		`any(data.agent.tags, # contains subject && !data.initial)`, `all(data["list"], #.name == subject || # > 3 * data.count)`,
		`any(data.agent.tags, # in ["a", "b"] || lower(#) matches "^vip")`,
	} {
		if _, err := condition.CompileBool(source); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// hostile is an event that is made to cost: of about that many bytes, all in one kind of value.
func hostile(t testing.TB, what string, bytes int) *event.Event {
	t.Helper()
	data := map[string]func() string{
		"tags":   func() string { return `{"agent":{"tags":[` + strings.Repeat(`"a",`, bytes/4) + `"b"]}}` },
		"list":   func() string { return `{"list":[` + strings.Repeat(`1,`, bytes/2) + `1]}` },
		"nested": func() string { return `{"list":` + strings.Repeat(`[`, 500) + strings.Repeat(`]`, 500) + `}` },
		"wide": func() string {
			return `{"list":` + strings.Repeat(`{"a":1,"b":`, bytes/11) + "1" + strings.Repeat("}", bytes/11) + `}`
		},
		"text": func() string { return `{"ticket":{"description":"` + strings.Repeat("a", bytes) + `"}}` },
	}[what]()
	e, err := event.Parse([]byte(`{"id":"1","source":"/s","type":"t","data":` + data + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return &e
}

// worst are the dearest expressions that are taken: a part as often as it may stand, and an end; with the events that make
// them dearest.
var worst = []struct{ name, part, end, event string }{
	{"loops", `count(data.agent.tags, # == "x") + `, `1 > 99`, "tags"},
	{"patterns over a list", `count(data.agent.tags, # matches "(a|b)*c") + `, `1 > 99`, "tags"},
	{"memberships", `"x" in data.agent.tags || `, `false`, "tags"},
	{"print", `string(data["list"]) == "x" || `, `false`, "list"},
	{"compare", `data["list"] == [1] || `, `false`, "list"},
	{"join", `data.ticket.description + `, `"x" == "y"`, "text"},
	{"lower", `lower(data.ticket.description) == "x" || `, `false`, "text"},
	{"search", `data.ticket.description contains "aaaaaaaaaaaaaaaab" || `, `false`, "text"},
	{"pattern", ``, `data.ticket.description matches "(a|aa|aaa|[ab]c?)+(x+x+)+y$"`, "text"},
	{"long pattern", ``, `data.ticket.description matches "[ab]{900}c"`, "text"},
	{"patterns", `data.ticket.description matches "(a?a?a?)+b" || `, `false`, "text"},
}

// largest finds the longest expression that is taken and, nearly, the largest event that it takes: what is larger ends with
// an error, at once.
func largest(t testing.TB, part, end, what string) (b *condition.Bool, e *event.Event) {
	t.Helper()
	for n := 100; b == nil && n >= 0; n-- {
		b, _ = condition.CompileBool(strings.Repeat(part, n) + end)
	}
	if b == nil {
		t.Fatalf("%s%s is not taken at all", part, end)
	}
	for size := 1 << 20; size > 0; size = size * 3 / 4 {
		e = hostile(t, what, size)
		v := condition.NewView(e)
		_, err := b.Eval(v)
		v.Release()
		if err == nil {
			return b, e
		}
	}
	t.Fatalf("%s%s takes no event at all", part, end)
	return nil, nil
}

// What an event holds too much of is an error that names the field, and what an expression may be fed is bounded in all
// respects: the control is that small events pass.
func TestEventsThatCostTooMuch(t *testing.T) {
	for _, tt := range []struct{ source, event, want string }{
		{`any(data.agent.tags, # == "x")`, "tags", "data.agent.tags holds more than 10,000 values"},
		{`"x" in data.agent.tags`, "tags", "data.agent.tags holds more"},
		{`len(data["list"]) > 3`, "list", "data.list holds more"},
		{`data["list"] == nil`, "nested", "or more than 100 levels"},
		{`data.ticket.description + "x" == "y"`, "text", "data.ticket.description has more than 64 KiB"},
		{`data.ticket.description matches "[ab]{900}c"`, "text", "data.ticket.description is too long for the patterns"},
		{`lower(data.ticket.description) matches "[ab]{900}c"`, "text", "data.ticket.description is too long for the patterns"},
		{`any(data["list"], lower(string(#)) matches "[ab]{900}c")`, "list", "data.list is too long for the patterns"},
	} {
		b, err := condition.CompileBool(tt.source)
		if err != nil {
			t.Errorf("%s: %v", tt.source, err)
			continue
		}
		for size, want := range map[int]string{1 << 20: tt.want, 100: ""} {
			if tt.event == "nested" && size == 100 {
				continue
			}
			v := condition.NewView(hostile(t, tt.event, size))
			if holds, err := b.Eval(v); holds && err != nil || fmt.Sprint(err) == "<nil>" != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s over %d bytes: %v, %v; want %q", tt.source, size, holds, err, want)
			}
			v.Release()
		}
	}
}

// One expression that found a field small enough for itself does not find it so for the next one.
func TestBoundsAreEachExpressionsOwn(t *testing.T) {
	v := condition.NewView(hostile(t, "text", 1<<20))
	defer v.Release()
	for source, fails := range map[string]bool{`data.ticket.description != ""`: false, `data.ticket.description matches "[ab]{900}c"`: true} {
		b, err := condition.CompileBool(source)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := b.Eval(v); err != nil != fails {
				t.Errorf("%s: %v", source, err)
			}
		}
	}
}

// The dearest expressions, each over the largest event that it takes: the bound that the package states.
func BenchmarkHostile(b *testing.B) {
	for _, w := range worst {
		b.Run(w.name, func(b *testing.B) {
			c, e := largest(b, w.part, w.end, w.event)
			b.ReportAllocs()
			for b.Loop() {
				v := condition.NewView(e)
				if _, err := c.Eval(v); err != nil {
					b.Fatal(err)
				}
				v.Release()
			}
			b.ReportMetric(float64(len(e.JSON)), "event-B")
		})
	}
}

// FuzzEval feeds events of any shape to expressions of every kind: no panic, and what comes of it is true, false or an error.
func FuzzEval(f *testing.F) {
	var compiled []*condition.Bool
	for _, source := range []string{`data.scope == "unified"`, `any(data.agent.tags, # startsWith "k")`, `data.state.duration_seconds > 60`, `data["a"]["b"] == 3`,
		`data.csat.score in [1, "x"]`, `string(data.extensions) matches "a+b"`, `data.initial`, `data.ticket.custom_fields["2"] + "x" == "yx"`, `all(data["a"], #.b > 1)`,
		`data.call.tags[0] == "x"`, `len(data["a"]) > 1`, `int(data["a"]) > 1`, `min(data["a"]) == 1`} {
		b, err := condition.CompileBool(source)
		if err != nil {
			f.Fatal(err)
		}
		compiled = append(compiled, b)
	}
	for _, data := range []string{`{}`, `[]`, `"x"`, `null`, `{"a":[{"b":2}],"agent":{"tags":["k"]}}`, `{"agent":{"tags":"k"},"state":{"duration_seconds":"9e99"}}`, `{"a":{"b":1e400}}`,
		`{"a":[[[[1]]]],"call":{"tags":{}}}`, `{"agent":3,"state":[],"initial":"1"}`} {
		f.Add(data)
	}
	f.Fuzz(func(_ *testing.T, data string) {
		e, err := event.Parse([]byte(`{"id":"1","source":"/s","type":"t","data":` + data + `}`))
		if err != nil {
			return
		}
		v := condition.NewView(&e)
		defer v.Release()
		for _, b := range compiled {
			_, _ = b.Eval(v)
		}
	})
}
