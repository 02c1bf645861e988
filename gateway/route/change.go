package route

import (
	"maps"
	"slices"

	"github.com/plugboard/plugboard/gateway/config"
)

// Change is what becomes of a Table while the gateway runs: endpoints come and go, routes are turned on and off.
type Change struct {
	Add    []*Rule         // behind all that are there
	Remove []string        // routes, by name
	Enable map[string]bool // routes, by name: as if the file said so
}

// Rule is the route of an endpoint, made: a Table takes it in without compiling anything.
type Rule struct{ rule }

// Compile makes the route of an endpoint, whose destination no other route leads to.
func Compile(r *config.Route, d *config.Destination) (*Rule, []*BuildError) {
	t, faults := Build([]*config.Route{r}, []*config.Destination{d})
	if faults != nil {
		return nil, faults
	}
	made := &Rule{*t.rules[0]}
	made.alone = true
	return made, nil
}

// With gives a Table that differs from this one by a change. Its cost is that of a look at each route.
func (t *Table) With(c Change) *Table {
	next := &Table{rules: make([]*rule, 0, len(t.rules)+len(c.Add)), orders: maps.Clone(t.orders), places: t.places}
	for _, r := range t.rules {
		if slices.Contains(c.Remove, r.route.Name) {
			if r.alone {
				delete(next.orders, r.to[0].destination)
			}
			continue
		}
		if enabled, said := c.Enable[r.route.Name]; said && enabled != r.enabled {
			other := *r
			other.enabled = enabled
			r = &other
		}
		next.rules = append(next.rules, r)
	}
	for _, r := range c.Add {
		next.rules = append(next.rules, &r.rule)
		next.orders[r.to[0].destination] = r.to[0].order
	}
	next.index()
	return next
}

// Enabled says whether a route of that name is in force.
func (t *Table) Enabled(name string) bool {
	return slices.ContainsFunc(t.rules, func(r *rule) bool { return r.route.Name == name && r.enabled })
}
