package config

import (
	"strconv"
	"strings"
)

// quoted reads a string of any of the four kinds and gives its text; escapes are read for the kinds a key may be.
func (s *scanner) quoted() string {
	quote := s.text[s.pos : s.pos+1]
	if strings.HasPrefix(s.text[s.pos:], strings.Repeat(quote, 3)) {
		s.multiline(quote[0])
		return ""
	}
	start := s.pos + 1
	for s.pos = start; s.pos < len(s.text) && s.text[s.pos] != quote[0] && s.text[s.pos] != '\n'; s.pos++ {
		if quote == `"` && s.text[s.pos] == '\\' {
			s.pos++
		}
	}
	s.pos = min(s.pos, len(s.text))
	inner := s.text[start:s.pos]
	if s.pos < len(s.text) && s.text[s.pos] == quote[0] {
		s.pos++
	}
	if quote == `"` {
		return unescape(inner)
	}
	return inner
}

func (s *scanner) multiline(quote byte) {
	run := 0
	for s.pos += 3; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; {
		case c == quote:
			run++
			if next := s.pos + 1; run >= 3 && (run == 5 || next == len(s.text) || s.text[next] != quote) {
				s.pos++
				return
			}
		case c == '\\' && quote == '"':
			s.pos++
			run = 0
		default:
			run = 0
		}
	}
	s.pos = len(s.text)
}

// unescape reads the escapes of a basic string, those of TOML 1.1 (\e, \xHH) included.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[i]]
		if code, err := strconv.ParseUint(s[i+1:min(i+1+digits, len(s))], 16, 32); digits > 0 && err == nil {
			out.WriteRune(rune(code))
			i += digits
			continue
		}
		if plain, ok := map[byte]byte{'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r', 'e': 0x1b}[s[i]]; ok {
			out.WriteByte(plain)
			continue
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
