package layout

import (
	"strconv"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Took are the fields that a body's placeholders have set, each with the text that it comes to. They are few: a list is looked
// through sooner than a map is made.
type Took []struct{ Path, Text string }

// Add notes a field.
func (t *Took) Add(path, text string) {
	*t = append(*t, struct{ Path, Text string }{path, text})
}

// Of is what a field was set to; "" when it was not.
func (t Took) Of(path string) string {
	for i := range t {
		if t[i].Path == path {
			return t[i].Text
		}
	}
	return ""
}

// Sum sums up what a body says, for the id of an event that has none of its own: which values, not how or in which order they are
// written. rest and left are what no field took, as Keep has them.
func (t Took) Sum(rest jsondoc.Value, left []Left) string {
	sum := leaves("", rest)
	for _, f := range t {
		sum += hash(hash(seed, f.Path), f.Text)
	}
	for _, l := range left {
		sum += hash(hash(seed, l.Name), "="+l.Value)
	}
	return strconv.FormatUint(sum, 16)
}

func leaves(path string, v jsondoc.Value) (sum uint64) {
	if k := v.Kind(); k != jsondoc.Object && k != jsondoc.Array {
		if v.Empty() {
			return 0
		}
		return hash(hash(seed, path), v.Str())
	}
	for name, m := range v.Each {
		sum += leaves(path+"/"+name, m)
	}
	return sum
}

const seed = uint64(14695981039346656037)

// hash is FNV-1a, with a separator behind.
func hash(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return (h ^ 0x1f) * 1099511628211
}
