package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/gateway/event"
)

// types is a list of event types or beginnings of them. A type in one of the canonical families, or one letter away
// from a canonical one, has to be canonical: it would match nothing for ever, and nobody would be told. Any other is
// taken as it is, since sources without a plugin send types of their own.
func types() reads[Route] {
	k := kind{"a list of event types", `["agent.state.changed", "ticket.*"]`}
	valid := func(t string) bool {
		return t != "" && !strings.ContainsAny(strings.TrimSuffix(t, "*"), "* \t\r\n")
	}
	inner := words(k, kind{"an event type", `"ticket.*"`}, func(r *Route) *[]string { return &r.Types }, valid)
	read := inner.into
	inner.into = func(r *reader, n node, t *Route) {
		read(r, n, t)
		if len(t.Types) == 0 {
			return
		}
		items, _ := n.items()
		for _, item := range items {
			if given, ok := item.value.(string); ok && valid(given) && !strings.Contains(given, "{{") {
				r.eventType(item, given)
			}
		}
	}
	return inner
}

func (r *reader) eventType(n node, given string) {
	known := append(event.Types(), event.OwnTypes()...)
	slices.Sort(known)
	beginning, prefix := strings.CutSuffix(given, "*")
	family, _, _ := strings.Cut(beginning, ".")
	inFamily := false
	for _, canonical := range known {
		if canonical == given || prefix && strings.HasPrefix(canonical, beginning) {
			return
		}
		inFamily = inFamily || strings.HasPrefix(canonical, family+".")
	}
	meant, near := nearest(strings.TrimSuffix(beginning, "."), append(families(known), known...))
	if !inFamily && (!near || distance(meant, strings.TrimSuffix(beginning, ".")) > 2) {
		return
	}
	what := fmt.Sprintf("there is no event type %q", given)
	if prefix {
		what = fmt.Sprintf("no event type begins with %q", beginning)
	}
	if inFamily {
		known = slices.DeleteFunc(known, func(t string) bool { return !strings.HasPrefix(t, family+".") })
	}
	do := "the types are " + strings.Join(known, ", ")
	if near {
		if !strings.Contains(meant, ".") || prefix {
			meant += ".*"
		}
		do = fmt.Sprintf("did you mean %q?", meant)
	}
	r.fault(n, what, do)
}

// families are the first words of the types.
func families(known []string) []string {
	var list []string
	for _, t := range known {
		family, _, _ := strings.Cut(t, ".")
		if len(list) == 0 || list[len(list)-1] != family {
			list = append(list, family)
		}
	}
	return list
}
