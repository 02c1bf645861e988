package condition_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/condition"
	"github.com/plugboard/plugboard/gateway/event"
)

const presence = `{"specversion":"1.0","id":"01JNG","source":"/zendesk/22129848","type":"agent.state.changed","subject":"agent/7",` +
	`"time":"2025-03-04T08:00:01.2Z","ccvendor":"zendesk","partitionkey":"agent/7","data":{"agent":{"id":"7","tags":["vip","köln"]},` +
	`"scope":"unified","state":{"name":"Schulung – Köln","base":"available","custom":false,"duration_seconds":90},` +
	`"initial":true,"csat":{"score":4},"order":{"total":12.5,"n.o":"9","empty":null},` +
	`"change":{"previous":"a","current":{"x":1}},"ticket":{"custom_fields":{"2":"Web shop"}},` +
	`"extensions":{"zendesk":{"detail":{"version":"17","n":17,"list":[1,2,3],"flag":true}}}}}`

func view(t testing.TB, json string) *condition.View {
	t.Helper()
	e, err := event.Parse([]byte(json))
	if err != nil {
		t.Fatal(err)
	}
	v := condition.NewView(&e)
	t.Cleanup(v.Release)
	return v
}

func TestBool(t *testing.T) {
	v := view(t, presence)
	for source, want := range map[string]bool{
		``: true,
		`data.scope == "unified" && data.state.base != "limited"`:          true,
		`data.scope == "unified" and not (data.state.base == "available")`: false,
		`type == "agent.state.changed"`:                                    true,
		`type startsWith "agent." && subject == "agent/7"`:                 true,
		`ccvendor in ["zendesk", "ziwo"]`:                                  true,
		`time >= "2025-03-04"`:                                             true,
		`data.initial`:                                                     true,
		`!data.state.custom`:                                               true,
		`data.state.duration_seconds > 60`:                                 true,
		`data.state.duration_seconds * 2 + 1 == 181`:                       true,
		`"vip" in data.agent.tags`:                                         true,
		`"VIP" in data.agent.tags`:                                         false,
		`any(data.agent.tags, # startsWith "k")`:                           true,
		`len(data.agent.tags) == 2 && data.agent.tags[0] == "vip"`:         true,
		`data.agent.tags[5] == ""`:                                         true,
		`lower(data.state.name) contains "köln"`:                           true,
		`data.state.name matches "^Schulung"`:                              true,
		`data?.state?.base == "available"`:                                 true,
		`data["state"]["base"] == "available"`:                             true,
		`(data.call.id == "" ? data.agent.id : data.call.id) == "7"`:       true,

		// what is not there reads as "", 0 and false
		`data.call.id == ""`:                                true,
		`data.call.id > "a"`:                                false,
		`data.previous_state.duration_seconds > 1`:          false,
		`data.previous_state.custom`:                        false,
		`data.call.tags == nil || len(data.call.tags) == 0`: true,
		`any(data.call.tags, # == "x")`:                     false,
		`data.extensions.nobody.home > 5`:                   false,
		`data.extensions.nobody.home contains "x"`:          false,
		`data.extensions.nobody.home == nil`:                true,
		`data["order"]["empty"] < 1`:                        true,

		// what has no type of its own takes that of what it is compared with
		`data.extensions.zendesk.detail.version == "17"`: true,
		`data.extensions.zendesk.detail.version == 17`:   true,
		`data.extensions.zendesk.detail.n == "17"`:       true,
		`data.extensions.zendesk.detail.n > 16`:          true,
		`data.extensions.zendesk.detail.flag == true`:    true,
		`2 in data.extensions.zendesk.detail.list`:       true,
		`data.csat.score <= 4`:                           true,
		`-1 < data.csat.score`:                           true,
		`data.change.previous == "a"`:                    true,
		`data.ticket.custom_fields["2"] == "Web shop"`:   true,
		`data["order"]["total"] > 12`:                    true,
		`data["order"]["n.o"] == "9"`:                    true,
		`lower(data["order"]["none"]) == ""`:             true,
		`trimPrefix(data["order"]["n.o"], "9") == ""`:    true,
		`int(data["order"]["none"]) == 0`:                true,
		`int(data["order"]["n.o"]) == 9`:                 true,
		`len(data["order"]["none"]) == 0`:                true,
		`any(data["order"]["none"], # == 1)`:             false,
		`!data["order"]["none"]`:                         true,
		`not (data["order"]["none"] and true)`:           true,
		`-data["order"]["total"] < -12`:                  true,
		`data["order"]["none"] + 1 == 1`:                 true,
		`data["order"]["n.o"] + "x" == "9x"`:             true,
		`data["order"]["none"] % 2 == 0`:                 true,
		`data["order"]["none"] in ["a", "b"]`:            false,
		`data["order"]["n.o"] in ["9"]`:                  true,
		`data["order"]["n.o"] in [8, 9]`:                 true,

		// what stands in brackets is taken on trust, also where the canonical event has something else of that name
		`data["agent"] == "7"`:             false,
		`data["agent"]["id"]["x"] == ""`:   true,
		`data["scope"]["x"]["y"] == "uni"`: false,
	} {
		b, err := condition.CompileBool(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := b.Eval(v); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", source, got, err, want)
		}
	}
}

func TestKey(t *testing.T) {
	v := view(t, presence)
	for source, want := range map[string]string{
		``:                            "",
		`subject`:                     "agent/7",
		`partitionkey`:                "agent/7",
		`data.agent.id`:               "7",
		`data.call.id`:                "",
		`data.state.duration_seconds`: "90",
		`data.csat.score`:             "4",
		`data["order"]["total"]`:      "12.5",
		`data.initial`:                "true",
		`data.call.id != "" ? data.call.id : subject`: "agent/7",
		`ccvendor + "/" + data.agent.id`:              "zendesk/7",
	} {
		k, err := condition.CompileKey(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := k.Eval(v); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", source, got, err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		source     string
		line, col  int
		what, help string
	}{
		{`data.state.bse == "x"`, 1, 12, "no field data.state.bse in an event", "did you mean data.state.base?"},
		{`data.scop == "x"`, 1, 6, "no field data.scop", "data.scope"},
		{`typ == "x"`, 1, 1, "no field typ", "did you mean type?"},
		{`state.base == "x"`, 1, 1, "no field state", "did you mean data.state?"},
		{"type == \"ä\" &&\n  data.sta.base == \"x\"", 2, 8, "no field data.sta", "data.state"},
		{`data.state == "x"`, 1, 6, "data.state is an object", "base, code, custom"},
		{`data`, 1, 1, "data is an object", "agent"},
		{`data.state.base.name == "x"`, 1, 17, "data.state.base is a text; it has no field name", ""},
		{`data.agent.tags.first == "x"`, 1, 17, "a list of texts", ""},
		{`data.state.duration_seconds == "90"`, 1, 29, "mismatched types int and string", "a text with a text"},
		{`data.scope > 3`, 1, 12, "mismatched types string and int", ""},
		{`data.scope`, 1, 1, "the condition is a text, not true or false", "compare it"},
		{`len(data.scope)`, 1, 1, "the condition is a number", ""},
		{`data.change.current`, 1, 1, "may be of any type", "== true"},
		{`data.agent.tags`, 1, 1, "the condition is a list", ""},
		{`type == `, 1, 8, "unexpected token EOF", ""},
		{`type = "x"`, 1, 6, "unexpected token", "compare with =="},
		{`type == "x`, 1, 11, "literal not terminated", ""},
		{`foo(type)`, 1, 1, "no function foo", "lower"},
		{`repeat(type, 1000000) == ""`, 1, 1, "no function repeat", ""},
		{`now().Year() == 2025`, 1, 7, "no function", ""},
		{`type.Foo() == "x"`, 1, 6, "no function Foo", ""},
		{`let a = type; a == "x"`, 1, 5, "not part of a condition", ""},
		{`len(map(data.agent.tags, #)) > 1`, 1, 5, "no function map", ""},
		{`any(data.agent.tags, any(data.agent.tags, # == "x"))`, 1, 22, "a loop within a loop", ""},
		{`len(1..1000000) > 1`, 1, 6, "ranges", ""},
		{`type matches subject`, 1, 14, "pattern", "quotes"},
		{`type matches "("`, 1, 6, "missing closing", ""},
		{`data[type] == "x"`, 1, 6, "must be a text or a number", ""},
		{`$env == nil`, 1, 1, "no field $env", ""},
		{`data.agent.tags[0:1] == nil`, 1, 16, "not part of a condition", ""},
		{`{"a": 1} == nil`, 1, 1, "not part of a condition", ""},
		{strings.Repeat(`type == "x" || `, 80) + `type == "y"`, 1, 0, "exceeds maximum allowed nodes", "several routes"},
		{strings.Repeat("(", 5000) + "true" + strings.Repeat(")", 5000), 1, 0, "", ""},
	}
	for _, tt := range tests {
		_, err := condition.CompileBool(tt.source)
		var fault *condition.Error
		if !errors.As(err, &fault) {
			if tt.what != "" {
				t.Errorf("%.60s: %v, want an Error with %q", tt.source, err, tt.what)
			}
			continue
		}
		if !strings.Contains(fault.What, tt.what) || !strings.Contains(fault.Do, tt.help) || fault.Do == "" || strings.Contains(fault.What, "\n") {
			t.Errorf("%.60s: %v, want %q and %q", tt.source, fault, tt.what, tt.help)
		}
		if tt.col != 0 && (fault.Line != tt.line || fault.Column != tt.col) {
			t.Errorf("%.60s: at %d:%d, want %d:%d (%s)", tt.source, fault.Line, fault.Column, tt.line, tt.col, fault.What)
		}
		if want := offset(tt.source, fault.Line, fault.Column); fault.Offset != want {
			t.Errorf("%.60s: offset %d, but line and column say %d", tt.source, fault.Offset, want)
		}
	}
	for _, source := range []string{`data.agent.tags`, `[1]`, `data.state`} {
		if _, err := condition.CompileKey(source); err == nil {
			t.Errorf("key %s: accepted", source)
		}
	}
}

// offset is the byte at a line and column.
func offset(source string, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		at += strings.IndexByte(source[at:], '\n') + 1
	}
	for i := range source[at:] {
		if column--; column == 0 {
			return at + i
		}
	}
	return len(source)
}

// What only the run can tell fails with a reason of one line.
func TestRunTimeErrors(t *testing.T) {
	v := view(t, presence)
	for source, place := range map[string]string{
		`int(data.scope) == 1`:                                               "1:1: ",
		`type != "x" && len(data.csat.score) > 1`:                            "1:16: ",
		`data.change.current > data.csat.score`:                              "1:21: ",
		"type != \"\" &&\n  data.extensions.zendesk in data.change.previous": "2:27: ",
	} {
		b, err := condition.CompileBool(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := b.Eval(v); err == nil || got || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), place) {
			t.Errorf("%s: %v, %v; want an error of one line at %s", source, got, err, place)
		}
	}
	k, err := condition.CompileKey(`data.change.current`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Eval(v); err == nil {
		t.Error("an object as key: accepted")
	}
}

// A View forgets one event before it shows another.
func TestViewReuse(t *testing.T) {
	b, err := condition.CompileBool(`data.scope == "unified"`)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for json, want := range map[string]bool{presence: true, `{"id":"1","source":"/s","type":"t","data":{"scope":"acd"}}`: false, `{"id":"1","source":"/s","type":"t"}`: false} {
			e, err := event.Parse([]byte(json))
			if err != nil {
				t.Fatal(err)
			}
			v := condition.NewView(&e)
			if got, err := b.Eval(v); err != nil || got != want {
				t.Errorf("%s: %v, %v; want %v", json, got, err, want)
			}
			v.Release()
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, source := range []string{`data.scope == "unified" && data.state.base != "limited"`, `any(data.agent.tags, # startsWith "k")`, `data["a"]?.b[0] in [1, "x", nil]`,
		`lower(data.state.name) matches "^x" ? 1 : "x"`, `((type))`, `data.csat.score <= -4 ?? true`, "type\n==\"ä\"", `count(data.agent.tags, len(#) > 2) > 1`, `type | lower() == ""`} {
		f.Add(source)
	}
	e, err := event.Parse([]byte(presence))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, source string) {
		v := condition.NewView(&e)
		defer v.Release()
		b, err := condition.CompileBool(source)
		checkFault(t, source, err)
		if err == nil {
			_, _ = b.Eval(v)
		}
		k, err := condition.CompileKey(source)
		checkFault(t, source, err)
		if err == nil {
			_, _ = k.Eval(v)
		}
	})
}

func checkFault(t *testing.T, source string, err error) {
	var fault *condition.Error
	if err != nil && (!errors.As(err, &fault) || fault.Line < 1 || fault.Column < 1 || fault.Offset > len(source)) {
		t.Fatalf("%q: %v", source, err)
	}
}

func BenchmarkBool(b *testing.B) {
	for name, source := range map[string]string{
		"attribute": `type == "agent.state.changed"`,
		"two":       `data.scope == "unified" && data.state.base != "limited"`,
	} {
		b.Run(name, func(b *testing.B) {
			c, err := condition.CompileBool(source)
			if err != nil {
				b.Fatal(err)
			}
			e, err := event.Parse([]byte(presence))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				v := condition.NewView(&e)
				if ok, err := c.Eval(v); !ok || err != nil {
					b.Fatal(ok, err)
				}
				v.Release()
			}
		})
	}
}

// Ten routes that ask about the same two fields, one event.
func BenchmarkTenRoutes(b *testing.B) {
	c, err := condition.CompileBool(`data.scope == "unified" && data.state.base != "limited"`)
	if err != nil {
		b.Fatal(err)
	}
	e, err := event.Parse([]byte(presence))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		v := condition.NewView(&e)
		for range 10 {
			if ok, err := c.Eval(v); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
		v.Release()
	}
}

func BenchmarkKeySubject(b *testing.B) {
	k, err := condition.CompileKey(`subject`)
	if err != nil {
		b.Fatal(err)
	}
	e, err := event.Parse([]byte(presence))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		v := condition.NewView(&e)
		if key, err := k.Eval(v); key != "agent/7" || err != nil {
			b.Fatal(key, err)
		}
		v.Release()
	}
}
