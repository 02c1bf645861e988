package secret

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// A placeholder is "secret-NAME-" + mark + number: mark is 128 random bits of this Vault in hex, number the grant's in
// four hex digits. It is made of letters, digits, "-", "." and "_" alone, so it comes out of URL, JSON, XML and form
// escaping as it went in, and since mark and number have a fixed length it ends where it ends whatever stands behind.
const (
	placeholderPrefix = "secret-"
	markLength        = 32
	numberLength      = 4
	maxGrants         = 1 << (4 * numberLength)
)

// Vault holds the secrets that one part of the configuration (a destination, a source) names, and no others. It turns
// this process's own placeholders into values at the moment of sending, and values back into names for people to see.
//
// The zero Vault is empty and ready, a nil one is empty for good. All methods are safe for concurrent use; those that
// only read take no lock and do not allocate when there is nothing to replace.
type Vault struct {
	mu    sync.Mutex // held while granting
	state atomic.Pointer[contents]
}

// contents is what a Vault holds; never changed once it is stored.
type contents struct {
	mark    string
	granted []grant
	redact  redactor
}

type grant struct {
	name  string // "" for a value that has no name: redacted, never revealed
	value Value
	open  bool // has a placeholder
}

// Grant adds a secret and gives its placeholder. The same name gives the same placeholder; its latest value counts.
func (v *Vault) Grant(name string, value Value) (placeholder string) {
	number, mark := v.add(grant{name, value, true})
	return placeholderPrefix + name + "-" + mark + fmt.Sprintf("%0*x", numberLength, number)
}

// Hide adds a value that is redacted and has no placeholder: a password that the gateway itself sends. The name may be
// empty where the value was written into the configuration as it is.
func (v *Vault) Hide(name string, value Value) { v.add(grant{name, value, false}) }

func (v *Vault) add(g grant) (number int, mark string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	next := contents{}
	if old := v.state.Load(); old != nil {
		next.mark, next.granted = old.mark, append(next.granted, old.granted...)
	} else {
		next.mark = newMark()
	}
	number = len(next.granted)
	for i, have := range next.granted {
		if have.name == g.name && (g.name != "" || have.value.Reveal() == g.value.Reveal()) {
			number, g.open = i, g.open || have.open
		}
	}
	if number == maxGrants {
		panic("secret: too many secrets in one vault")
	}
	if number == len(next.granted) {
		next.granted = append(next.granted, g)
	} else {
		next.granted[number] = g
	}
	next.redact = newRedactor(next.granted)
	v.state.Store(&next)
	return number, next.mark
}

func newMark() string {
	var random [markLength / 2]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(random[:])
}

func (v *Vault) load() *contents {
	if v == nil {
		return nil
	}
	return v.state.Load()
}

// Reveal puts values in place of this Vault's placeholders, each passed through escape for the place the text is about
// to stand in; nil leaves them as they are. Everything else stays, text that looks like a placeholder included.
func (v *Vault) Reveal(s string, escape func(string) string) string {
	return v.load().replace(s, func(g grant) string {
		if escape == nil {
			return g.value.Reveal()
		}
		return escape(g.value.Reveal())
	})
}

// Display puts {{secret.NAME}} in place of this Vault's placeholders. Use Redact for text that may hold values.
func (v *Vault) Display(s string) string {
	return v.load().replace(s, func(g grant) string { return display(g.name) })
}

// Names gives the names of the granted secrets, in the order of granting.
func (v *Vault) Names() []string {
	var names []string
	if c := v.load(); c != nil {
		for _, g := range c.granted {
			if g.open {
				names = append(names, g.name)
			}
		}
	}
	return names
}

func (c *contents) replace(s string, with func(grant) string) string {
	if c == nil || !strings.Contains(s, c.mark) {
		return s
	}
	var out strings.Builder
	done := 0
	for from := 0; ; {
		i := strings.Index(s[from:], c.mark)
		if i < 0 {
			break
		}
		at := from + i
		from = at + markLength
		g, start, end, ok := c.placeholder(s, at)
		if !ok || start < done {
			continue
		}
		out.WriteString(s[done:start])
		out.WriteString(with(g))
		done, from = end, end
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// placeholder reads the placeholder whose mark stands at the given place.
func (c *contents) placeholder(s string, mark int) (g grant, start, end int, ok bool) {
	end = mark + markLength + numberLength
	if end > len(s) {
		return grant{}, 0, 0, false
	}
	number, err := strconv.ParseUint(s[end-numberLength:end], 16, 32)
	if err != nil || int(number) >= len(c.granted) {
		return grant{}, 0, 0, false
	}
	g = c.granted[number]
	start = mark - len(placeholderPrefix) - len(g.name) - 1
	if !g.open || start < 0 || s[start:mark] != placeholderPrefix+g.name+"-" {
		return grant{}, 0, 0, false
	}
	return g, start, end, true
}

func display(name string) string {
	if name == "" {
		return Redacted
	}
	return "{{secret." + name + "}}"
}

// Granted finds a secret that has a placeholder, by its name or by that placeholder.
func (v *Vault) Granted(text string) (name string, value Value, ok bool) {
	c := v.load()
	if c == nil {
		return "", Value{}, false
	}
	for _, g := range c.granted {
		if g.open && g.name == text {
			return g.name, g.value, true
		}
	}
	if at := strings.Index(text, c.mark); at >= 0 {
		if g, start, end, ok := c.placeholder(text, at); ok && start == 0 && end == len(text) {
			return g.name, g.value, true
		}
	}
	return "", Value{}, false
}
