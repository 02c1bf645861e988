package main

import (
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// readTime reads a time of a tag, which carries no zone, in the connection's: 2025-03-04 10:15:00 or, as EddyDesk's API prints it,
// 10:15:00 04.03.2025. What comes is canonical; "" when it is no time.
func readTime(s string) string {
	if len(s) == len("10:15:00 04.03.2025") && s[2] == ':' && s[8] == ' ' && s[11] == '.' && s[14] == '.' {
		s = s[15:] + "-" + s[12:14] + "-" + s[9:11] + " " + s[:8]
	}
	t, ok := place.Read(s)
	if !ok {
		return ""
	}
	return string(rfc3339.Append(nil, t))
}

// writeTime writes a time as a tag has it; what is no time as it is.
func writeTime(s string) string {
	t, ok := rfc3339.Parse(s)
	if !ok {
		return s
	}
	return string(place.Append(nil, t))
}
