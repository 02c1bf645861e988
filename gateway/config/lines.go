package config

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// lines turns byte offsets of a text into positions.
type lines struct {
	file   string
	text   string
	starts []int
}

func newLines(file, text string) lines {
	starts := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return lines{file, text, starts}
}

func (l lines) position(offset int) Position {
	offset = min(max(offset, 0), len(l.text))
	line := sort.SearchInts(l.starts, offset+1)
	before := strings.TrimPrefix(l.text[l.starts[line-1]:offset], "\xef\xbb\xbf")
	return Position{l.file, line, utf8.RuneCountInString(before) + 1}
}
