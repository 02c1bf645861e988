package config

import "strings"

// place is where a key and its value begin, in bytes. A table's value begins where its header or its key stands.
type place struct{ key, value int }

// maxDepth bounds the nesting that places are kept for; what is deeper is blamed at the value that holds it.
const maxDepth = 64

// places finds where every key of a TOML text stands: the library that reads the values does not tell. It is meant for
// a text that the library has accepted, and then finds every key; on any other it finds what it can and always ends.
func places(text string) map[path]place {
	s := scanner{text: text, found: map[path]place{}, tables: map[path]int{}}
	if strings.HasPrefix(text, "\xef\xbb\xbf") {
		s.pos = 3
	}
	for s.pos < len(s.text) {
		before := s.pos
		s.blank(true)
		switch {
		case s.pos == len(s.text):
		case s.text[s.pos] == '[':
			s.header()
		default:
			s.pair(s.table)
		}
		if s.pos == before { // a stray character in a text that is no TOML
			s.pos++
		}
	}
	return s.found
}

type scanner struct {
	text   string
	pos    int
	depth  int
	table  path // of the header above
	found  map[path]place
	tables map[path]int // how many [[of this]] there were
}

// name is one part of a dotted key.
type name struct {
	text string
	at   int
}

// header reads [a.b] or [[a.b]].
func (s *scanner) header() {
	at := s.pos
	s.pos++
	list := s.at('[')
	if list {
		s.pos++
	}
	names := s.dotted()
	for range 2 {
		if s.at(']') {
			s.pos++
		}
	}
	p := path("")
	for i, n := range names {
		p = p.key(n.text)
		if list && i == len(names)-1 {
			s.note(p, n.at, at)
			s.tables[p]++
		} else {
			s.note(p, n.at, n.at)
		}
		if count := s.tables[p]; count > 0 {
			p = p.index(count - 1)
			s.note(p, n.at, at)
		}
	}
	s.table = p
}

// pair reads key = value into the table.
func (s *scanner) pair(table path) {
	names := s.dotted()
	s.blank(false)
	if len(names) == 0 || !s.at('=') {
		return
	}
	s.pos++
	s.blank(false)
	p := table
	for i, n := range names {
		p = p.key(n.text)
		if i == len(names)-1 {
			s.note(p, n.at, s.pos)
		} else {
			s.note(p, n.at, n.at)
		}
	}
	s.value(p)
}

func (s *scanner) value(p path) {
	s.depth++
	defer func() { s.depth-- }()
	switch {
	case s.depth > maxDepth:
		s.pos = len(s.text)
	case s.at('['):
		s.items(']', func(i int) {
			s.note(p.index(i), s.pos, s.pos)
			s.value(p.index(i))
		})
	case s.at('{'):
		s.items('}', func(int) { s.pair(p) })
	case s.at('"') || s.at('\''):
		s.quoted()
	default:
		for s.pos < len(s.text) && !strings.ContainsRune(",]}#\r\n", rune(s.text[s.pos])) {
			s.pos++
		}
	}
}

// items reads a list or an inline table up to its end.
func (s *scanner) items(end byte, item func(i int)) {
	s.pos++
	for i := 0; ; i++ {
		s.blank(true)
		if s.pos >= len(s.text) {
			return
		}
		if s.at(end) {
			s.pos++
			return
		}
		before := s.pos
		item(i)
		s.blank(true)
		if s.at(',') {
			s.pos++
		}
		if s.pos == before {
			s.pos++
		}
	}
}

// dotted reads a key: bare or quoted names with dots between.
func (s *scanner) dotted() []name {
	var names []name
	for {
		s.blank(false)
		at := s.pos
		switch {
		case s.at('"') || s.at('\''):
			names = append(names, name{s.quoted(), at})
		default:
			for s.pos < len(s.text) && !strings.ContainsRune(".=]}[{,#\"' \t\r\n", rune(s.text[s.pos])) {
				s.pos++
			}
			if s.pos == at {
				return names
			}
			names = append(names, name{s.text[at:s.pos], at})
		}
		s.blank(false)
		if !s.at('.') {
			return names
		}
		s.pos++
	}
}

// blank skips spaces and comments, and line ends too where they may stand.
func (s *scanner) blank(lines bool) {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == ' ' || c == '\t' || lines && (c == '\n' || c == '\r'):
			s.pos++
		case c == '#':
			end := strings.IndexByte(s.text[s.pos:], '\n')
			if end < 0 {
				end = len(s.text) - s.pos
			}
			s.pos += end
			if !lines {
				return
			}
		default:
			return
		}
	}
}

func (s *scanner) at(c byte) bool { return s.pos < len(s.text) && s.text[s.pos] == c }

// note keeps the first place of a path: a table may be opened in pieces.
func (s *scanner) note(p path, key, value int) {
	if _, known := s.found[p]; !known {
		s.found[p] = place{key, value}
	}
}
