package condition

import (
	"fmt"
	"strings"
)

// CheckField says what is wrong with a field's path that is not an expression's: a step may be * for any name, or ** for any
// number of them. Both are "" when the canonical event may have such a field.
func CheckField(path string) (what, do string) {
	steps := strings.Split(path, ".")
	if matches(canonical, steps) {
		return "", ""
	}
	do = "see the fields of the canonical event; one that it does not have takes data.**.NAME"
	at := canonical
	for i, step := range steps {
		next := at.fields[step]
		if next == nil {
			if meant := nearest(step, at.names()); meant != "" {
				steps[i] = meant
				do = "did you mean " + strings.Join(steps, ".") + "? A field that the canonical event does not have takes data.**." + step
			}
			break
		}
		at = next
	}
	return fmt.Sprintf("the canonical event has no field %s", path), do
}

// matches says whether there is a field that the steps lead to.
func matches(f *field, steps []string) bool {
	if len(steps) == 0 || f.kind == anything {
		return true
	}
	step, rest := steps[0], steps[1:]
	if step == "**" && matches(f, rest) {
		return true
	}
	if step != "*" && step != "**" {
		next := f.fields[step]
		return next != nil && matches(next, rest)
	}
	if step == "**" {
		rest = steps
	}
	for _, next := range f.fields {
		if matches(next, rest) {
			return true
		}
	}
	return false
}
