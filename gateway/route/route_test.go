package route_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/condition"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/route"
)

var destinations = []*config.Destination{
	{Name: "a", OrderBy: "subject"}, {Name: "b", OrderBy: ""}, {Name: "c", OrderBy: "data.agent.id"}, {Name: "d", OrderBy: "data.change.current"},
}

// routes numbers and enables what it is given.
func routes(list ...config.Route) []*config.Route {
	var out []*config.Route
	for i := range list {
		r := list[i]
		r.Index, r.Name, r.Enabled = i, fmt.Sprintf("r%d", i), !strings.HasPrefix(r.Name, "off")
		out = append(out, &r)
	}
	return out
}

func table(t testing.TB, list ...config.Route) *route.Table {
	t.Helper()
	built, faults := route.Build(routes(list...), destinations)
	if faults != nil {
		t.Fatal(faults)
	}
	return built
}

func parsed(t testing.TB, kind, data string) *event.Event {
	t.Helper()
	e, err := event.Parse([]byte(`{"id":"1","source":"/s","type":"` + kind + `","subject":"agent/7","data":` + data + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return &e
}

// owed shows matches as "route>destination:key".
func owed(matches []route.Match) string {
	var parts []string
	for _, m := range matches {
		parts = append(parts, m.Route.Name+">"+m.Destination+":"+m.Key)
	}
	return strings.Join(parts, " ")
}

func TestMatch(t *testing.T) {
	tests := []struct {
		name   string
		routes []config.Route
		source string
		kind   string
		data   string
		want   string
	}{
		{"no routes", nil, "s", "t", `{}`, ""},
		{"everything", []config.Route{{To: []string{"a"}}}, "s", "t", `{}`, "r0>a:agent/7"},
		{"keys", []config.Route{{To: []string{"a", "b", "c"}}}, "s", "t", `{"agent":{"id":"7"}}`, "r0>a:agent/7 r0>b: r0>c:7"},
		{"from another source", []config.Route{{From: []string{"x"}, To: []string{"a"}}}, "s", "t", `{}`, ""},
		{"own events to whom they are nobody's", []config.Route{{To: []string{"a"}}}, event.Own, "t", `{}`, ""},
		{"own events by name alone", []config.Route{{To: []string{"a"}}, {From: []string{"s", event.Own}, To: []string{"b"}}, {To: []string{"c"}}}, event.Own, "t", `{}`, "r1>b:"},
		{"from this source", []config.Route{{From: []string{"x", "s"}, To: []string{"a"}}}, "s", "t", `{}`, "r0>a:agent/7"},
		{"of that type", []config.Route{{Types: []string{"u", "t"}, To: []string{"a"}}}, "s", "t", `{}`, "r0>a:agent/7"},
		{"of another type", []config.Route{{Types: []string{"u", "tt"}, To: []string{"a"}}}, "s", "t", `{}`, ""},
		{"of those types", []config.Route{{Types: []string{"agent.*"}, To: []string{"a"}}}, "s", "agent.state.changed", `{}`, "r0>a:agent/7"},
		{"the dot counts", []config.Route{{Types: []string{"agent.*"}, To: []string{"a"}}}, "s", "agents", `{}`, ""},
		{"all types", []config.Route{{Types: []string{"*"}, To: []string{"a"}}}, "s", "t", `{}`, "r0>a:agent/7"},
		{"when it holds", []config.Route{{When: `data.scope == "acd"`, To: []string{"a"}}}, "s", "t", `{"scope":"acd"}`, "r0>a:agent/7"},
		{"when it does not", []config.Route{{When: `data.scope == "acd"`, To: []string{"a"}}}, "s", "t", `{"scope":"unified"}`, ""},
		{"disabled", []config.Route{{Name: "off", To: []string{"a"}}, {To: []string{"b"}}}, "s", "t", `{}`, "r1>b:"},
		{"the first wins", []config.Route{{When: `type == "u"`, To: []string{"a"}}, {To: []string{"b", "a"}}, {To: []string{"a", "c"}}}, "s", "t", `{}`, "r1>b: r1>a:agent/7 r2>c:"},
		{"named twice in one route", []config.Route{{To: []string{"a", "a"}}}, "s", "t", `{}`, "r0>a:agent/7"},
		{"order over both kinds of route", []config.Route{{To: []string{"a"}}, {From: []string{"s"}, To: []string{"a", "b"}}, {To: []string{"b", "c"}}}, "s", "t", `{}`, "r0>a:agent/7 r1>b: r2>c:"},
		{"the same seen from elsewhere", []config.Route{{To: []string{"a"}}, {From: []string{"s"}, To: []string{"a", "b"}}, {To: []string{"b", "c"}}}, "x", "t", `{}`, "r0>a:agent/7 r2>b: r2>c:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			matches, faults := table(t, tt.routes...).Match(nil, tt.source, parsed(t, tt.kind, tt.data))
			if diff := cmp.Diff(tt.want, owed(matches)); diff != "" || faults != nil {
				t.Errorf("(-want +got):\n%s%v", diff, faults)
			}
		})
	}
}

// An expression that fails counts as false and is told; a key that fails falls back to the subject.
func TestFaults(t *testing.T) {
	built := table(t, config.Route{When: `int(data.scope) > 1`, To: []string{"a"}}, config.Route{To: []string{"d", "b"}})
	matches, faults := built.Match(nil, "s", parsed(t, "t", `{"scope":"acd","change":{"current":{}}}`))
	if got := owed(matches); got != "r1>d:agent/7 r1>b:" {
		t.Errorf("owed %s", got)
	}
	if len(faults) != 2 || faults[0].Place != "routes[0].when" || faults[1].Place != "destinations.d.order_by" {
		t.Errorf("faults %v", faults)
	}
}

// A key may be a text, a number, true or false; whatever else comes of its expression is told, the subject stands in for it,
// and nothing is replaced: events that have only their subject in common may say different things.
func TestKeysOfEachKind(t *testing.T) {
	for _, c := range []struct {
		orderBy, data, key string
		fails              bool
	}{
		{`data["n"]`, `{"n":"seven"}`, "seven", false},
		{`data["n"]`, `{"n":7}`, "7", false},
		{`data["n"]`, `{"n":7.5}`, "7.5", false},
		{`data["n"]`, `{"n":true}`, "true", false},
		{`data["n"]`, `{}`, "", false},
		{`data["n"]`, `{"n":["a","b"]}`, "agent/7", true},
		{`data["n"]`, `{"n":{"a":1}}`, "agent/7", true},
		{`int(data["n"])`, `{"n":"none"}`, "agent/7", true},
	} {
		built, faults := route.Build(routes(config.Route{To: []string{"x"}}), []*config.Destination{{Name: "x", OrderBy: c.orderBy, LatestOnly: true}})
		if faults != nil {
			t.Fatal(faults)
		}
		matches, told := built.Match(nil, "s", parsed(t, "t", c.data))
		if len(matches) != 1 || matches[0].Key != c.key || matches[0].LatestOnly == c.fails || (len(told) == 1) != c.fails {
			t.Errorf("%s of %s: %+v, %v", c.orderBy, c.data, matches, told)
		}
	}
}

// What Match appends to stays as it is, also when it names the same destinations.
func TestMatchAppends(t *testing.T) {
	built := table(t, config.Route{To: []string{"a"}})
	e := parsed(t, "t", `{}`)
	matches, _ := built.Match(nil, "s", e)
	matches, _ = built.Match(matches, "s", e)
	if got := owed(matches); got != "r0>a:agent/7 r0>a:agent/7" {
		t.Errorf("owed %s", got)
	}
}

func TestBuildFindsEveryFault(t *testing.T) {
	bad := append(destinations, &config.Destination{Name: "e", OrderBy: "data.agnt.id"})
	list := routes(config.Route{When: `typ == "x"`, To: []string{"nobody"}}, config.Route{Types: []string{"*.changed"}, To: []string{"a"}}, config.Route{Name: "off", When: `1`, To: []string{"a"}})
	_, faults := route.Build(list, bad)
	var places []string
	for _, f := range faults {
		places = append(places, f.Place)
	}
	want := []string{"destinations.e.order_by", "routes[0].when", "routes[0].to", "routes[1].types", "routes[2].when"}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var fault *condition.Error
	if !errors.As(faults[0], &fault) || fault.Column != 6 {
		t.Errorf("%v holds no place in the expression", faults[0])
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("routes=%d", n), func(b *testing.B) {
			var list []config.Route
			for i := range n - 1 {
				list = append(list, config.Route{Types: []string{fmt.Sprintf("call.kind%d", i), "ticket.*"}, To: []string{"a"}})
			}
			list = append(list, config.Route{Types: []string{"agent.state.changed"}, When: `data.scope == "unified" && data.state.base != "limited"`, To: []string{"a"}})
			built := table(b, list...)
			e := parsed(b, "agent.state.changed", `{"agent":{"id":"7"},"scope":"unified","state":{"name":"online","code":"3","base":"available","custom":false}}`)
			var matches []route.Match
			b.ReportAllocs()
			for b.Loop() {
				matches, _ = built.Match(matches[:0], "zendesk", e)
				if len(matches) != 1 {
					b.Fatal(matches)
				}
			}
		})
	}
}
