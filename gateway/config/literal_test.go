package config_test

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/config"
)

// However an expression is quoted, a place in it is found in the file: where the ^ stands.
func TestWithin(t *testing.T) {
	for name, text := range map[string]string{
		"literal":          "when = 'type == ^x'",
		"basic":            `when = "type == ^x"`,
		"first":            `when = "^x"`,
		"end":              `when = 'type ==^'`,
		"escapes":          `when = "type == \"a\tb\" && \u00fc\U0001F600 ^x"`,
		"letters":          `when = "\"Köln – 東京\" == ^x"`,
		"lines":            "when = '''type == 'a'\n  && ^x'''",
		"first line empty": "when = '''\ntype == 'a' &&\n\n ^x'''",
		"basic lines":      "when = \"\"\"\ntype == \"a\" && \\t^x\"\"\"",
		"hidden line end":  "when = \"\"\"type == \\\n   ^'a' && x\"\"\"",
		"carriage returns": "when = '''\r\ntype == 'a' &&\r\n ^x'''",
	} {
		t.Run(name, func(t *testing.T) {
			text := "[destinations.a]\nurl = 'https://a.example'\n[[routes]]\nname = 'r'\nto = ['a']\n" + text + "\n"
			before, _, _ := strings.Cut(text, "^")
			c, err := config.Parse("x.toml", []byte(text), options)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(before, "\n")
			want := config.Position{File: "x.toml", Line: len(lines), Column: len([]rune(lines[len(lines)-1])) + 1}
			if got := c.Within("routes[0].when", strings.Index(c.Routes[0].When, "^")); got != want {
				t.Errorf("at %v, want %v, in %q", got, want, c.Routes[0].When)
			}
		})
	}
	bare := options
	bare.Getenv = func(string) (string, bool) { return `"a`, true }
	c, err := config.Parse("x.toml", []byte("[destinations.a]\nurl = 'https://a.example'\norder_by = 'type + {{env.X}} + x\"'\n"), bare)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Within("destinations.a.order_by", 12); got.Line != 3 || got.Column != 12 {
		t.Errorf("within what comes from elsewhere: %v, want where it begins", got)
	}
}

// FuzzWithin: whatever is written, the place is in the file, at the end of the expression at the latest.
func FuzzWithin(f *testing.F) {
	for _, literal := range []string{`"a\tb"`, "'''\na\nb'''", "\"\"\"a \\\n b\"\"\"", `"\u00e"`, `'{{env.X}}'`, `"""a""""`} {
		f.Add(literal, 2)
	}
	f.Fuzz(func(t *testing.T, literal string, offset int) {
		text := "[destinations.a]\nurl = 'https://a.example'\norder_by = " + literal + "\n"
		c, err := config.Parse("x.toml", []byte(text), options)
		if err != nil {
			return
		}
		at := c.Within("destinations.a.order_by", min(max(offset, 0), len(c.Destination("a").OrderBy)))
		lines := strings.Split(text, "\n")
		if at.Line < 1 || at.Line > len(lines) || at.Column < 1 || at.Column > len([]rune(lines[at.Line-1]))+1 {
			t.Errorf("%q: %v is not in the file", literal, at)
		}
	})
}
