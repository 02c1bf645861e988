package main

import (
	"regexp"
	"testing"
)

// FuzzPattern holds the patterns against regexp: whatever is taken for one matches what it matches there, as a whole.
func FuzzPattern(f *testing.F) {
	for _, p := range []string{"^[0-9]{2,6}$", `\d+|9.*`, `\*?[#0-9a-c]{3}`, "1?2*3+", "^$", "[a-]", "1{2,}", `\.5`} {
		for _, s := range []string{"", "33333", "043960123", "*123", "1", "11", "9x", "#a", "-", ".5"} {
			f.Add(p, s)
		}
	}
	f.Fuzz(func(t *testing.T, text, s string) {
		p, fault := parsePattern(text)
		if fault != "" || len(s) > maxCount {
			return
		}
		for _, c := range []byte(text + s) {
			if c >= 0x80 || c < ' ' {
				return // regexp means characters
			}
		}
		for i := range len(text) - 1 {
			if text[i] == '\\' && text[i+1] != 'd' && (text[i+1]|0x20 >= 'a' && text[i+1]|0x20 <= 'z' || text[i+1] >= '0' && text[i+1] <= '9') ||
				text[i] == '[' || text[i] == '^' && i > 0 || text[i] == '$' {
				return // escapes, odd classes and anchors inside are not promised to be the same
			}
		}
		re, err := regexp.Compile("^(?:" + text + ")$")
		if err != nil {
			return
		}
		if got, want := p.match(s), re.MatchString(s); got != want {
			t.Errorf("%q in %q: %v, want %v", s, text, got, want)
		}
	})
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, number string
		want            bool
	}{
		{"^[0-9]{2,6}$", "33333", true}, {"^[0-9]{2,6}$", "1", false}, {"^[0-9]{2,6}$", "1234567", false}, {"^[0-9]{2,6}$", "anonymous", false},
		{"[0-9]{2,6}", "a33333", false}, // always the whole number
		{`^\d{3}$|^\*.+$`, "*7", true}, {`^\d{3}$|^\*.+$`, "1234", false}, {"[+0-9-]+", "+44-1", true}, {"", "", true},
		{".*.*.*.*.*.*.*.*.*.*x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false}, // takes no longer than another
	} {
		p, fault := parsePattern(c.pattern)
		if got := p.match(c.number); fault != "" || got != c.want {
			t.Errorf("%s in %s: %v %s", c.number, c.pattern, got, fault)
		}
	}
}
