package config

import (
	"strings"
	"unicode/utf8"
)

// literal is a string as it is written in the file, from its opening quote on, and as it reads.
type literal struct{ written, reads string }

// expressionAt keeps how an expression is written, and no more of the file than that.
func (r *reader) expressionAt(n node, reads string) {
	at, ok := r.places[n.path]
	if !ok {
		return
	}
	l := literal{r.lines.text[at.value:], reads}
	if whole, ok := l.find(len(reads)); ok {
		l.written = whole
		r.literals[n.path] = l
	}
}

// Within gives the place of a byte of an expression, whichever way the expression is quoted. Where that cannot be told (part
// of it came from elsewhere, {{env.NAME}}) it is the place where the expression begins.
func (c *Config) Within(at string, offset int) Position {
	p := c.AtPath(at)
	l, ok := c.literals[at]
	if !ok {
		return p
	}
	skipped, ok := l.find(offset)
	if !ok {
		return p
	}
	if lines := strings.Count(skipped, "\n"); lines > 0 {
		p.Line += lines
		p.Column = 1
		skipped = skipped[strings.LastIndexByte(skipped, '\n')+1:]
	}
	p.Column += utf8.RuneCountInString(skipped)
	return p
}

// find gives what is written before the byte at that offset of the text; not ok when the text is not what is written.
func (l literal) find(offset int) (before string, ok bool) {
	quote, multiline, rest := l.open()
	if quote == 0 {
		return "", false
	}
	found := -1
	for read := 0; ; {
		if read == offset {
			found = len(l.written) - len(rest) // the last such place: what a line's end hides takes no byte
		}
		if read == len(l.reads) {
			return l.written[:max(found, 0)], found >= 0
		}
		text, n := next(rest, quote, multiline)
		if n == 0 || !strings.HasPrefix(l.reads[read:], text) {
			return "", false
		}
		rest = rest[n:]
		read += len(text)
	}
}

func (l literal) open() (quote byte, multiline bool, rest string) {
	if l.written == "" || l.written[0] != '"' && l.written[0] != '\'' {
		return 0, false, ""
	}
	quote, rest = l.written[0], l.written[1:]
	if triple := strings.Repeat(string(quote), 3); strings.HasPrefix(l.written, triple) {
		rest = strings.TrimPrefix(l.written[3:], "\r")
		return quote, true, strings.TrimPrefix(rest, "\n")
	}
	return quote, false, rest
}

// next reads one character, or one escape, of a string: what it stands for, and how many bytes it takes. A line's end that a
// backslash hides stands for nothing. 0 bytes at the end.
func next(rest string, quote byte, multiline bool) (text string, n int) {
	if rest == "" {
		return "", 0
	}
	if rest[0] != '\\' || quote == '\'' {
		_, n = utf8.DecodeRuneInString(rest)
		return rest[:n], n
	}
	if after := strings.TrimLeft(rest[1:], " \t\r\n"); multiline && strings.Contains(rest[1:len(rest)-len(after)], "\n") {
		return "", len(rest) - len(after)
	}
	n = 2
	if len(rest) > 1 {
		n += map[byte]int{'x': 2, 'u': 4, 'U': 8}[rest[1]]
	}
	if n > len(rest) {
		return "", 0
	}
	return unescape(rest[:n]), n
}
