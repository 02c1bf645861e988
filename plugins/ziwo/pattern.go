package main

import "strings"

// pattern is a small part of regular expressions, for numbers: the package regexp is larger than all of this plugin. It has
// ^ and $ (which may be left out: it is always the whole number that must match), characters, classes [0-9*#], \d, . and
// the counts ?, *, +, {n}, {n,m}; alternatives stand behind |.
type pattern [][]atom

// atom is a set of bytes and how many of them there may be.
type atom struct {
	set         [256]bool
	least, most int
}

// maxCount is the most that a count may say: numbers are short.
const maxCount = 64

// parsePattern reads a pattern; fault is "" or what is wrong.
func parsePattern(s string) (p pattern, fault string) {
	for _, alternative := range strings.Split(s, "|") {
		alternative = strings.TrimSuffix(strings.TrimPrefix(alternative, "^"), "$")
		var list []atom
		for alternative != "" {
			var a atom
			if a, alternative, fault = parseAtom(alternative); fault != "" {
				return nil, fault
			}
			list = append(list, a)
		}
		p = append(p, list)
	}
	return p, ""
}

func parseAtom(s string) (a atom, rest, fault string) {
	a.least, a.most = 1, 1
	switch c := s[0]; {
	case c == '[':
		end := strings.IndexByte(s, ']')
		if end < 2 {
			return a, "", "a class [ ] does not end, or is empty"
		}
		a.class(s[1:end])
		s = s[end+1:]
	case c == '\\' && len(s) > 1 && s[1] == 'd':
		a.class("0-9")
		s = s[2:]
	case c == '\\' && len(s) > 1:
		a.set[s[1]] = true
		s = s[2:]
	case c == '.':
		for i := range a.set {
			a.set[i] = true
		}
		s = s[1:]
	case strings.IndexByte("()^$?*+{}\\", c) >= 0:
		return a, "", "it has " + string(c) + " where no character stands"
	default:
		a.set[c] = true
		s = s[1:]
	}
	return a.count(s)
}

// class adds the characters and ranges of a class.
func (a *atom) class(s string) {
	for i := 0; i < len(s); i++ {
		a.set[s[i]] = true
		if i+2 < len(s) && s[i+1] == '-' {
			for c := int(s[i]); c <= int(s[i+2]); c++ {
				a.set[c] = true
			}
			i += 2
		}
	}
}

func (a atom) count(s string) (_ atom, rest, fault string) {
	if s == "" {
		return a, "", ""
	}
	switch s[0] {
	case '?':
		a.least = 0
	case '*':
		a.least, a.most = 0, maxCount
	case '+':
		a.most = maxCount
	case '{':
		end := strings.IndexByte(s, '}')
		if end < 0 {
			return a, "", "a count { } does not end"
		}
		least, most, ranged := strings.Cut(s[1:end], ",")
		var ok, also bool
		a.least, ok = small(least)
		a.most, also = a.least, true
		if ranged && most == "" {
			a.most = maxCount
		} else if ranged {
			a.most, also = small(most)
		}
		if !ok || !also || a.most < a.least {
			return a, "", "a count is not like {2}, {2,} or {2,6}, at most 64"
		}
		s = s[end:]
	default:
		return a, s, ""
	}
	return a, s[1:], ""
}

func small(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i]-'0' > 9 || len(s) > 2 {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s != "" && n <= maxCount
}

// match says whether all of s is in the pattern. What is longer than any number is in none.
func (p pattern) match(s string) bool {
	if len(s) > maxCount {
		return false
	}
	for _, list := range p {
		if matchAtoms(list, s) {
			return true
		}
	}
	return false
}

// matchAtoms keeps, as the bits of a set, at which bytes of s the atoms so far may have ended: no pattern takes long.
func matchAtoms(list []atom, s string) bool {
	ends := make([]bool, len(s)+1)
	ends[0] = true
	for _, a := range list {
		next := make([]bool, len(s)+1)
		for i, ok := range ends {
			if !ok {
				continue
			}
			for n := 0; ; n++ {
				if n >= a.least {
					next[i+n] = true
				}
				if n >= a.most || i+n >= len(s) || !a.set[s[i+n]] {
					break
				}
			}
		}
		ends = next
	}
	return ends[len(s)]
}
