package shadow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/plugboard/plugboard/gateway/wasm"
)

// Result is what a comparison came to.
type Result string

// The results, as the metric labels them.
const (
	Same      Result = "same"
	Different Result = "different"
	Failed    Result = "failed"  // the candidate's call failed by a fault of its own, and the other's did not
	Skipped   Result = "skipped" // not compared: the candidate could not keep up
)

// Results are all of them.
var Results = []Result{Same, Different, Failed, Skipped}

// Outcome is what a call of a plugin made.
type Outcome struct {
	Output []byte
	Err    error
}

// Difference is the first place where two outcomes part.
type Difference struct {
	Path      string `json:"path"`     // "request.json.agents[0].id"; "" for the outcome as a whole
	InForce   string `json:"in_force"` // JSON, or a sentence; cut
	Candidate string `json:"candidate"`
}

// maxShown is how much of a value a Difference shows, in bytes.
const maxShown = 300

// Compare sets a candidate's outcome against the one in force. What is written is compared as JSON: the order of members,
// spaces and the spelling of a number or a text make no difference.
func Compare(inForce, candidate Outcome) (Result, Difference) {
	if inForce.Err != nil || candidate.Err != nil {
		return compareErrors(inForce, candidate)
	}
	a, aErr := decode(inForce.Output)
	b, bErr := decode(candidate.Output)
	if aErr != nil || bErr != nil {
		if bytes.Equal(inForce.Output, candidate.Output) {
			return Same, Difference{}
		}
		return Different, Difference{InForce: cut(string(inForce.Output)), Candidate: cut(string(candidate.Output))}
	}
	if path, x, y, same := differ("", a, b); !same {
		return Different, Difference{Path: path, InForce: shown(x), Candidate: shown(y)}
	}
	return Same, Difference{}
}

func compareErrors(inForce, candidate Outcome) (Result, Difference) {
	d := Difference{InForce: said(inForce), Candidate: said(candidate)}
	if d.InForce == d.Candidate {
		return Same, Difference{}
	}
	var e *wasm.Error
	if candidate.Err != nil && (!errors.As(candidate.Err, &e) || e.Kind > wasm.GaveUp) {
		return Failed, d
	}
	return Different, d
}

// said is a failed call in a sentence that does not name the plugin.
func said(o Outcome) string {
	var e *wasm.Error
	switch {
	case o.Err == nil:
		return cut(string(o.Output))
	case errors.As(o.Err, &e):
		return cut(e.Kind.String() + ": " + e.Reason)
	}
	return cut(o.Err.Error())
}

func decode(text []byte) (v any, err error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return absent{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// absent is what is not there.
type absent struct{}

// differ finds the first place where two values part, members in the order of their names.
func differ(path string, a, b any) (at string, x, y any, same bool) {
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			return differObjects(path, a, b)
		}
	case []any:
		if b, ok := b.([]any); ok {
			for i := range max(len(a), len(b)) {
				if at, x, y, same := differ(path+"["+strconv.Itoa(i)+"]", item(a, i), item(b, i)); !same {
					return at, x, y, false
				}
			}
			return "", nil, nil, true
		}
	case json.Number:
		if b, ok := b.(json.Number); ok && (a == b || sameNumber(a, b)) {
			return "", nil, nil, true
		}
	default:
		if a == b {
			return "", nil, nil, true
		}
	}
	return path, a, b, false
}

func differObjects(path string, a, b map[string]any) (at string, x, y any, same bool) {
	names := slices.Collect(maps.Keys(a))
	for name := range b {
		if _, both := a[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		inner := name
		if path != "" {
			inner = path + "." + name
		}
		if at, x, y, same := differ(inner, member(a, name), member(b, name)); !same {
			return at, x, y, false
		}
	}
	return "", nil, nil, true
}

func member(o map[string]any, name string) any {
	if v, ok := o[name]; ok {
		return v
	}
	return absent{}
}

func item(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return absent{}
}

// sameNumber says whether two spellings are one number. Large integers are not to be rounded.
func sameNumber(a, b json.Number) bool {
	if _, err := a.Int64(); err == nil {
		if _, err := b.Int64(); err == nil {
			return false // they would be spelt alike
		}
	}
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && x == y
}

func shown(v any) string {
	if v == (absent{}) {
		return "nothing"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return cut(string(text))
}

func cut(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", bytes.ToValidUTF8([]byte(s[:maxShown]), nil), len(s))
}
