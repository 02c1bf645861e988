package layout

import (
	"strconv"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Kind is how a placeholder's text is read into its field.
type Kind uint8

// The kinds that do not hang on the product. A plugin's own go on from Own; to the methods here they are texts.
const (
	Text    Kind = iota
	Whole        // a whole number
	Score        // a whole number, or whatever else somebody rates by
	Boolean      // true, 1, false, 0
	Own
)

// Normal is a text as the field has it, so that the same value is the same text however it was written; "" when it is not of the
// kind.
func (k Kind) Normal(s string) string {
	switch k {
	case Whole, Score:
		if n, ok := Number(s); ok {
			return strconv.FormatInt(n, 10)
		}
		if k == Whole {
			return ""
		}
	case Boolean:
		switch s {
		case "true", "1":
			return "true"
		case "false", "0":
			return "false"
		}
		return ""
	}
	return s
}

// Set sets a field of data from a text that is normal.
func (k Kind) Set(data jsondoc.Obj, path, s string) {
	switch k {
	case Whole, Score:
		if n, ok := Number(s); ok {
			data.Int(path, n)
			return
		}
	case Boolean:
		data.Bool(path, s == "true")
		return
	}
	data.Str(path, s)
}

// Number reads a whole number of at most 18 digits.
func Number(s string) (n int64, ok bool) {
	digits := s
	if hasPrefix(s, "-") {
		digits = s[1:]
	}
	if digits == "" || len(digits) > 18 {
		return 0, false
	}
	for i := range len(digits) {
		d := digits[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	if len(digits) < len(s) {
		n = -n
	}
	return n, true
}
