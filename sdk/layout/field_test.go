package layout_test

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
)

func TestNormal(t *testing.T) {
	for _, test := range []struct {
		kind     layout.Kind
		in, want string
	}{
		{layout.Text, " 7", " 7"}, {layout.Own, "x", "x"}, {layout.Whole, "-007", "-7"}, {layout.Whole, "7.5", ""}, {layout.Whole, "1234567890123456789", ""},
		{layout.Score, "05", "5"}, {layout.Score, "good", "good"}, {layout.Boolean, "1", "true"}, {layout.Boolean, "false", "false"}, {layout.Boolean, "yes", ""},
	} {
		if got := test.kind.Normal(test.in); got != test.want {
			t.Errorf("%d, %q: %q, want %q", test.kind, test.in, got, test.want)
		}
	}
}

// TestSum: the same values in another order, or in a body that is written otherwise, have the same sum; others, or the same
// elsewhere, have another.
func TestSum(t *testing.T) {
	sum := func(body string, left []layout.Left, pairs ...string) string {
		doc, err := jsondoc.Parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		var took layout.Took
		for i := 0; i < len(pairs); i += 2 {
			took.Add(pairs[i], pairs[i+1])
		}
		return took.Sum(doc.Root(), left)
	}
	left := []layout.Left{{Name: "tag", Value: "v"}}
	first := sum(`{"a":{"b":1},"c":"2"}`, left, "agent.id", "7", "call.id", "8")
	if again := sum(`{ "c": "2", "d": null, "a": {"b": 1} }`, left, "call.id", "8", "agent.id", "7"); again != first {
		t.Errorf("%s and %s", first, again)
	}
	for _, other := range []string{
		sum(`{"a":{"b":1},"c":"2"}`, left, "agent.id", "8", "call.id", "7"), sum(`{"a":{"b":1},"c":"2"}`, nil, "agent.id", "7", "call.id", "8"),
		sum(`{"a":{"c":1},"b":"2"}`, left, "agent.id", "7", "call.id", "8"), sum(`{"a":{"b":1},"c":"3"}`, left, "agent.id", "7", "call.id", "8"),
	} {
		if other == first {
			t.Errorf("another has the sum %s", first)
		}
	}
}
