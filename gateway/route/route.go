// Package route decides which destinations an event goes to, and in which line of theirs it stands.
//
// A Table is built once from a configuration and does not change: a reload builds another. The routes are asked in the
// file's order and the first one that names a destination wins it, so that an event goes to a destination once, and the
// order of the file says by which route.
//
// An expression that fails while it runs (a field without a type in the canonical model held something unexpected)
// counts as false. The other choice, sending, cannot be taken back, whereas the event is stored and can be replayed once
// the condition is mended. The Fault is reported, never swallowed.
package route

import (
	"fmt"
	"strings"

	"github.com/plugboard/plugboard/gateway/condition"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
)

// Match is one delivery that an event owes.
type Match struct {
	Route       *config.Route
	Destination string
	Key         string // ordering key; "" for none
	LatestOnly  bool   // it replaces what waits with the same key
}

// Fault is an expression that failed for an event.
type Fault struct {
	Place string // "routes[0].when", "destinations.babelforce.order_by", or as PlaceBy has it; of an endpoint "endpoint ID: when"
	Name  string // of the route or destination
	Err   error
}

func (f Fault) Error() string {
	return fmt.Sprintf("%s (%s): the expression failed and counts as false: %v", f.Place, f.Name, f.Err)
}

// BuildError is a route or destination that cannot be built. Place is the key path that config.At knows.
type BuildError struct {
	Place string
	Err   error // a *condition.Error, for an expression
}

func (e *BuildError) Error() string { return e.Place + ": " + e.Err.Error() }
func (e *BuildError) Unwrap() error { return e.Err }

// Table is every route of a configuration. It is safe for concurrent use.
type Table struct {
	rules    []*rule            // all, in the file's order; disabled ones too
	bySource map[string][]*rule // what names the source
	others   []*rule            // what any source that no route names goes through
	orders   map[string]*condition.Key
	echoes   map[string]bool // routes that want echoes too
	places   Places
}

// Places says where people find what failed, and why it did, beside that place.
type Places func(*BuildError) (place string, why error)

// PlaceBy has faults told so. It goes before the first Match, and counts for what With makes too.
func (t *Table) PlaceBy(p Places) { t.places = p }

// fault is an expression of a rule that failed.
func (t *Table) fault(r *rule, owner, key, name string, err error) Fault {
	switch {
	case r.alone:
		return Fault{"endpoint " + r.route.Name + ": " + key, name, err}
	case t.places != nil:
		place, why := t.places(&BuildError{owner + "." + key, err})
		return Fault{place, name, why}
	}
	return Fault{owner + "." + key, name, err}
}

type rule struct {
	route   *config.Route
	enabled bool
	alone   bool // no other route leads to its destinations
	types   []pattern
	when    *condition.Bool
	to      []target
}

type target struct {
	destination string
	order       *condition.Key
	latest      bool
}

// pattern is a type, or the beginning of one.
type pattern struct {
	text   string
	prefix bool
}

// Build makes a Table, and finds every mistake in one run: the Table is of use when there is none.
func Build(routes []*config.Route, destinations []*config.Destination) (*Table, []*BuildError) {
	var faults []*BuildError
	orders := make(map[string]*condition.Key, len(destinations))
	targets := make(map[string]target, len(destinations))
	for _, d := range destinations {
		key, err := condition.CompileKey(d.OrderBy)
		if err != nil {
			faults = append(faults, &BuildError{"destinations." + d.Name + ".order_by", err})
		}
		orders[d.Name] = key
		targets[d.Name] = target{d.Name, key, d.LatestOnly}
	}
	t := &Table{orders: orders}
	for _, r := range routes {
		built, err := newRule(r, targets)
		faults = append(faults, err...)
		if built != nil { // a disabled route is checked all the same: enabling it must not be what breaks
			t.rules = append(t.rules, built)
		}
	}
	t.index()
	return t, faults
}

// index puts the rules where Match looks.
func (t *Table) index() {
	t.bySource, t.echoes = make(map[string][]*rule), map[string]bool{}
	for _, r := range t.rules {
		if r.enabled {
			t.add(r)
		}
	}
}

func newRule(r *config.Route, targets map[string]target) (*rule, []*BuildError) {
	var faults []*BuildError
	place := fmt.Sprintf("routes[%d]", r.Index)
	built := &rule{route: r, enabled: r.Enabled}
	var err error
	if built.when, err = condition.CompileBool(r.When); err != nil {
		faults = append(faults, &BuildError{place + ".when", err})
	}
	for _, text := range r.Types {
		begin, prefix := strings.CutSuffix(text, "*")
		if strings.Contains(begin, "*") {
			faults = append(faults, &BuildError{place + ".types", fmt.Errorf("%q: a * may stand at the end only", text)})
		}
		built.types = append(built.types, pattern{begin, prefix})
	}
	for _, name := range r.To {
		to, ok := targets[name]
		if !ok {
			faults = append(faults, &BuildError{place + ".to", fmt.Errorf("no destination %q", name)})
		}
		built.to = append(built.to, to)
	}
	if faults != nil {
		return nil, faults
	}
	return built, nil
}

// add puts a rule behind those before it, for each source it listens to. The gateway's own events go to those that name
// their source alone: "every source" means those that somebody sends from.
func (t *Table) add(r *rule) {
	if r.route.Echoes {
		t.echoes[r.route.Name] = true
	}
	if len(r.route.From) > 0 {
		for _, source := range r.route.From {
			if t.bySource[source] == nil && source != event.Own {
				t.bySource[source] = append([]*rule(nil), t.others...)
			}
			t.bySource[source] = append(t.bySource[source], r)
		}
		return
	}
	for source := range t.bySource {
		if source != event.Own {
			t.bySource[source] = append(t.bySource[source], r)
		}
	}
	t.others = append(t.others, r)
}

// TakesEchoes says whether a route wants events too that the gateway itself caused.
func (t *Table) TakesEchoes(route string) bool { return t.echoes[route] }

func (r *rule) takes(kind string) bool {
	for _, p := range r.types {
		if p.text == kind || p.prefix && strings.HasPrefix(kind, p.text) {
			return true
		}
	}
	return len(r.types) == 0
}

// Match appends to dst what the event of that source owes; faults holds the expressions that failed for it.
func (t *Table) Match(dst []Match, source string, e *event.Event) (matches []Match, faults []Fault) {
	rules, ok := t.bySource[source]
	if !ok && source != event.Own {
		rules = t.others
	}
	first := len(dst)
	var view *condition.View
	for _, r := range rules {
		if !r.takes(e.Type) || !r.alone && taken(dst[first:], r.to) {
			continue
		}
		if view == nil {
			view = condition.NewView(e)
			defer view.Release()
		}
		holds, err := r.when.Eval(view)
		if err != nil {
			faults = append(faults, t.fault(r, fmt.Sprintf("routes[%d]", r.route.Index), "when", r.route.Name, err))
		}
		if !holds {
			continue
		}
		for _, to := range r.to {
			if !r.alone && named(dst[first:], to.destination) {
				continue
			}
			key, err := to.order.Eval(view)
			if err != nil {
				// Without its key the event would overtake others of its subject.
				key = e.Subject
				faults = append(faults, t.fault(r, "destinations."+to.destination, "order_by", to.destination, err))
			}
			dst = append(dst, Match{Route: r.route, Destination: to.destination, Key: key, LatestOnly: to.latest && err == nil})
		}
	}
	return dst, faults
}

// Key gives an event's ordering key at a destination, whatever the routes say. Where there is no such destination: none.
func (t *Table) Key(destination string, e *event.Event) (string, error) {
	order := t.orders[destination]
	if order == nil {
		return "", nil
	}
	view := condition.NewView(e)
	defer view.Release()
	return order.Eval(view)
}

// taken says whether the event goes to all of them already, so that the condition need not be asked.
func taken(matches []Match, to []target) bool {
	for i := range to {
		if !named(matches, to[i].destination) {
			return false
		}
	}
	return len(to) > 0
}

func named(matches []Match, destination string) bool {
	for i := range matches {
		if matches[i].Destination == destination {
			return true
		}
	}
	return false
}
