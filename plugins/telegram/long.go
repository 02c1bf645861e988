package main

import (
	"unicode/utf8"

	"github.com/plugboard/plugboard/sdk"
)

const (
	limit    = 4096 // of a message, in characters once its marks are read
	maxParts = 10   // of a text; an attempt makes at most 16 requests
)

// texts is what is to be sent: one message, or several.
func texts(in *sdk.Incoming) ([]string, error) {
	text, err := fill("text", set.text, in)
	if err != nil {
		return nil, err
	}
	c := cutter{rest: text, html: set.html}
	if c.blank() {
		return nil, sdk.Fail("text is empty; Telegram takes no empty message")
	}
	if c.length() <= limit {
		return []string{text}, nil
	}
	var parts []string
	for c.rest != "" {
		if !set.split || len(parts) == maxParts-1 {
			return append(parts, c.last()), nil
		}
		parts = append(parts, c.next(limit))
	}
	return parts, nil
}

// cutter takes a text apart between its characters, never inside of a tag or an entity. What is open where a part ends is
// closed there and opened again in the next.
type cutter struct {
	rest string
	html bool
	open []tag
}

type tag struct{ name, text string }

// token is the next piece of a text: a tag, which takes no room, an entity or a character. Length is in UTF-16 units, of
// which no server counts more than these.
func (c *cutter) token(s string) (n, units int, isTag bool) {
	if c.html && s[0] == '<' {
		for i := range len(s) {
			if s[i] == '>' {
				return i + 1, 0, true
			}
		}
	}
	if c.html && s[0] == '&' {
		for i := 1; i < len(s) && i < 10; i++ {
			if s[i] == ';' {
				return i + 1, 2, false // a numbered one may stand for a character of two units
			}
		}
	}
	r, n := utf8.DecodeRuneInString(s)
	if r > 0xffff {
		return n, 2, false
	}
	return n, 1, false
}

func (c *cutter) length() (units int) {
	for s := c.rest; s != ""; {
		n, u, _ := c.token(s)
		s, units = s[n:], units+u
	}
	return units
}

// blank says whether there is nothing to see.
func (c *cutter) blank() bool {
	for s := c.rest; s != ""; {
		n, _, isTag := c.token(s)
		if !isTag && s[0] != ' ' && s[0] != '\n' && s[0] != '\t' && s[0] != '\r' {
			return false
		}
		s = s[n:]
	}
	return true
}

// next takes a part off the beginning. It ends behind a white space where one is not far from its end.
func (c *cutter) next(room int) string {
	part := c.opened(nil)
	used := 0
	var space *mark
	for c.rest != "" {
		n, units, isTag := c.token(c.rest)
		if used+units > room {
			if space != nil && space.used > room/2 {
				part, c.rest, c.open = part[:space.length], space.rest, space.open
			}
			break
		}
		white := c.rest[0] == ' ' || c.rest[0] == '\n'
		part = append(part, c.rest[:n]...)
		if isTag {
			c.follow(c.rest[:n])
		}
		c.rest, used = c.rest[n:], used+units
		if white {
			space = &mark{len(part), used, c.rest, append([]tag(nil), c.open...)}
		}
	}
	return string(c.closed(part))
}

// mark is a place to go back to.
type mark struct {
	length, used int
	rest         string
	open         []tag
}

// last takes as much as fits, and says that there was more.
func (c *cutter) last() string {
	if c.length() <= limit {
		return c.next(limit)
	}
	part := c.opened(nil)
	for used := 0; c.rest != ""; {
		n, units, isTag := c.token(c.rest)
		if used+units > limit-1 {
			break
		}
		part = append(part, c.rest[:n]...)
		if isTag {
			c.follow(c.rest[:n])
		}
		c.rest, used = c.rest[n:], used+units
	}
	return string(c.closed(append(part, "…"...)))
}

// follow keeps account of what is open.
func (c *cutter) follow(text string) {
	name := text[1 : len(text)-1]
	if len(name) > 0 && name[0] == '/' {
		if len(c.open) > 0 {
			c.open = c.open[:len(c.open)-1]
		}
		return
	}
	for i := range len(name) {
		if name[i] == ' ' || name[i] == '\n' {
			name = name[:i]
			break
		}
	}
	c.open = append(c.open, tag{name, text})
}

func (c *cutter) opened(part []byte) []byte {
	for _, t := range c.open {
		part = append(part, t.text...)
	}
	return part
}

func (c *cutter) closed(part []byte) []byte {
	for i := len(c.open) - 1; i >= 0; i-- {
		part = append(append(append(part, "</"...), c.open[i].name...), '>')
	}
	return part
}
