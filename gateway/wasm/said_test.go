package wasm

import (
	"strings"
	"testing"
)

func TestSaid(t *testing.T) {
	long := strings.Repeat("ä", 2000)
	for _, tt := range []struct {
		log  []LogLine
		want string
	}{
		{nil, ""},
		{[]LogLine{{1, "first"}, {2, "panic: no\ngoroutine 1"}}, "first\npanic: no\ngoroutine 1"},
		{[]LogLine{{2, long}}, strings.Repeat("ä", 1024) + "\n[…]\n" + strings.Repeat("ä", 512)},
		{[]LogLine{{2, "x" + long}}, "x" + strings.Repeat("ä", 1023) + "\n[…]\n" + strings.Repeat("ä", 512)},
	} {
		if got := (Output{Log: tt.log}).Said(); got != tt.want {
			t.Errorf("%.30v: %d bytes, %q", tt.log, len(got), got)
		}
	}
}
