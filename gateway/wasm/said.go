package wasm

import "strings"

// What a record keeps of a failed call's log, in bytes: its beginning, where a panic says what happened, and its end.
const (
	saidFirst = 2 << 10
	saidLast  = 1 << 10
)

// Said is what the plugin logged and wrote to standard error, as one text for a record of the call; "" when that was
// nothing. Of a long one the middle is left out.
func (o Output) Said() string {
	var lines []string
	for _, l := range o.Log {
		lines = append(lines, l.Message)
	}
	s := strings.Join(lines, "\n")
	if len(s) <= saidFirst+saidLast {
		return s
	}
	return strings.ToValidUTF8(s[:saidFirst], "") + "\n[…]\n" + strings.ToValidUTF8(s[len(s)-saidLast:], "")
}
