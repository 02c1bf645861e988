package secret_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/plugboard/plugboard/gateway/secret"
)

func TestPlaceholder(t *testing.T) {
	var a, b secret.Vault
	p, q := a.Grant("zendesk.hook_1", secret.New(canary)), b.Grant("zendesk.hook_1", secret.New(canary))
	if !regexp.MustCompile(`^secret-zendesk\.hook_1-[0-9a-f]{36}$`).MatchString(p) {
		t.Errorf("placeholder %q; want the name and 128 random bits", p)
	}
	for name, escaped := range map[string]string{"query": url.QueryEscape(p), "path": url.PathEscape(p), "JSON": fmt.Sprintf("%.*s", len(p), mustJSON(p)[1:])} {
		if escaped != p {
			t.Errorf("%s escaping changes the placeholder to %q", name, escaped)
		}
	}
	if p == q {
		t.Error("two vaults have the same placeholder")
	}
	if again := a.Grant("zendesk.hook_1", secret.New("newer")); again != p || a.Reveal(p, nil) != "newer" {
		t.Errorf("granted again: %q, reveals %q; want the same placeholder and the newer value", again, a.Reveal(p, nil))
	}
	if got := b.Reveal(p, nil); got != p {
		t.Errorf("another vault's placeholder was replaced: %q", got)
	}
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestReveal(t *testing.T) {
	var v secret.Vault
	key, token := v.Grant("key", secret.New("a/b c")), v.Grant("x-secret-key", secret.New("T"))
	v.Hide("own", secret.New("never revealed"))
	mark := key[len("secret-key-") : len(key)-4]
	tests := map[string]struct{ in, plain, query string }{
		"none":                        {"nothing", "nothing", "nothing"},
		"empty":                       {"", "", ""},
		"alone":                       {key, "a/b c", "a%2Fb+c"},
		"in a text":                   {"<" + key + ">", "<a/b c>", "<a%2Fb+c>"},
		"twice, side by side":         {key + key + token, "a/b ca/b cT", "a%2Fb+ca%2Fb+cT"},
		"a longer name's end":         {"secret-x-" + key, "secret-x-a/b c", "secret-x-a%2Fb+c"},
		"behind letters":              {"x" + key + "0", "xa/b c0", "xa%2Fb+c0"},
		"from outside, by name":       {"secret-key-00000000000000000000000000000000" + "0000", "secret-key-00000000000000000000000000000000" + "0000", "secret-key-00000000000000000000000000000000" + "0000"},
		"from outside, for people":    {"{{secret.key}}", "{{secret.key}}", "{{secret.key}}"},
		"the mark alone":              {mark, mark, mark},
		"the mark with another name":  {"secret-own-" + mark + "0002", "secret-own-" + mark + "0002", "secret-own-" + mark + "0002"},
		"the wrong number":            {"secret-key-" + mark + "0001", "secret-key-" + mark + "0001", "secret-key-" + mark + "0001"},
		"no such number":              {"secret-key-" + mark + "00ff", "secret-key-" + mark + "00ff", "secret-key-" + mark + "00ff"},
		"no number":                   {"secret-key-" + mark + "zzzz", "secret-key-" + mark + "zzzz", "secret-key-" + mark + "zzzz"},
		"cut short":                   {key[:len(key)-1], key[:len(key)-1], key[:len(key)-1]},
		"marks that share characters": {mark + key, mark + "a/b c", mark + "a%2Fb+c"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := v.Reveal(tt.in, nil); got != tt.plain {
				t.Errorf("Reveal: %q, want %q", got, tt.plain)
			}
			if got := v.Reveal(tt.in, url.QueryEscape); got != tt.query {
				t.Errorf("Reveal for a query: %q, want %q", got, tt.query)
			}
		})
	}
}

func TestValueThatLooksLikeAPlaceholder(t *testing.T) {
	var v secret.Vault
	inner := v.Grant("inner", secret.New("hidden away"))
	outer := v.Grant("outer", secret.New(inner))
	if got := v.Reveal(outer, nil); got != inner {
		t.Errorf("a value was revealed again: %q", got)
	}
}

func TestRedact(t *testing.T) {
	const value = `pa/ss"w<ö>rd+1&2` + "\t!"
	var v secret.Vault
	placeholder := v.Grant("pw", secret.New(value))
	v.Grant("short", secret.New("abc"))
	v.Grant("longer", secret.New(value+"-and-more"))
	v.Hide("", secret.New("spelt out"))
	tests := map[string]struct{ in, want string }{
		"nothing":             {"nothing", "nothing"},
		"placeholder":         {"a" + placeholder + "b", "a{{secret.pw}}b"},
		"as it is":            {value + "," + value, "{{secret.pw}},{{secret.pw}}"},
		"the longer one":      {value + "-and-more", "{{secret.longer}}"},
		"without a name":      {"it is spelt out", "it is [redacted]"},
		"too short to look":   {"abcdef", "abcdef"},
		"query":               {"?p=" + url.QueryEscape(value), "?p={{secret.pw}}"},
		"path":                {"/" + url.PathEscape(value) + "/", "/{{secret.pw}}/"},
		"query, %20":          {"?p=" + strings.ReplaceAll(url.QueryEscape("spelt out"), "+", "%20"), "?p=[redacted]"},
		"small escapes":       {strings.ToLower(url.QueryEscape("ö")) + lower(url.QueryEscape(value)), "%c3%b6{{secret.pw}}"},
		"JSON":                {mustJSON(map[string]string{"p": value}), `{"p":"{{secret.pw}}"}`},
		"JSON by other hands": {`"pa\/ss\"w<ö>rd+1&2\t!"`, `"{{secret.pw}}"`},
		"Go":                  {fmt.Sprintf("%q", value), `"{{secret.pw}}"`},
		"XML":                 {"<p>pa/ss&#34;w&lt;ö&gt;rd+1&amp;2&#x9;!</p>", "<p>{{secret.pw}}</p>"},
		"hex":                 {fmt.Sprintf("%x %X", value, value), "{{secret.pw}} {{secret.pw}}"},
		"base64":              {base64.StdEncoding.EncodeToString([]byte(value)), "{{secret.pw}}"},
		"base64 for URLs":     {base64.RawURLEncoding.EncodeToString([]byte(value)), "{{secret.pw}}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := v.Redact(tt.in); got != tt.want {
				t.Errorf("Redact(%q) = %q, want %q", tt.in, got, tt.want)
			}
			if got := string(v.RedactBytes([]byte(tt.in))); got != tt.want {
				t.Errorf("RedactBytes(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
	if got := v.Display(placeholder + value); got != "{{secret.pw}}"+value {
		t.Errorf("Display replaces more than placeholders: %q", got)
	}
}

func lower(s string) string {
	return regexp.MustCompile(`%..`).ReplaceAllStringFunc(s, strings.ToLower)
}

// A value within a longer base64 text, as in basic authorisation, begins at any of three places in a group.
func TestRedactWithinBase64(t *testing.T) {
	var v secret.Vault
	v.Grant("pw", secret.New(canary))
	for before := range 4 {
		for after := range 4 {
			pair := strings.Repeat("u", before) + canary + strings.Repeat("z", after)
			text := v.Redact("Basic " + base64.StdEncoding.EncodeToString([]byte(pair)))
			rest := strings.TrimPrefix(text, "Basic ")
			if !strings.Contains(rest, "{{secret.pw}}") || len(strings.ReplaceAll(rest, "{{secret.pw}}", "")) > 12 {
				t.Errorf("%d before, %d after: %q", before, after, text)
			}
		}
	}
}

func TestEmptyVaults(t *testing.T) {
	var none *secret.Vault
	for name, v := range map[string]*secret.Vault{"nil": none, "zero": {}} {
		for what, got := range map[string]string{"Reveal": v.Reveal("s", nil), "Redact": v.Redact("s"), "Display": v.Display("s"), "RedactBytes": string(v.RedactBytes([]byte("s")))} {
			if got != "s" {
				t.Errorf("%s vault: %s gives %q", name, what, got)
			}
		}
		if v.Names() != nil {
			t.Errorf("%s vault has names", name)
		}
	}
}

func TestNames(t *testing.T) {
	var v secret.Vault
	v.Grant("b", secret.New("1"))
	v.Hide("hidden", secret.New("2"))
	v.Grant("a", secret.New("3"))
	v.Hide("b", secret.New("4"))
	if got := strings.Join(v.Names(), " "); got != "b a" {
		t.Errorf("Names: %q, want what plugins may use, in the order of granting", got)
	}
}

func TestVaultConcurrently(t *testing.T) {
	var v secret.Vault
	p := v.Grant("first", secret.New("value"))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				v.Grant(fmt.Sprintf("n%d.%d", i, j), secret.New(canary))
				if v.Reveal(p, nil) != "value" || v.Redact(p) != "{{secret.first}}" {
					t.Error("a vault that grows forgets")
				}
			}
		})
	}
	wg.Wait()
	if got := len(v.Names()); got != 161 {
		t.Errorf("%d names, want 161", got)
	}
}

func TestNoAllocationWithoutSecrets(t *testing.T) {
	var v secret.Vault
	v.Grant("key", secret.New(canary))
	text, data := strings.Repeat(`{"secret-key-":"nothing to see"}`, 30), []byte("nothing here")
	var keep string
	if n := testing.AllocsPerRun(100, func() {
		keep = v.Reveal(text, url.QueryEscape)
		keep = v.Redact(text)
		keep = v.Display(text)
	}); n != 0 {
		t.Errorf("text without secrets costs %v allocations, want none", n)
	}
	if &v.RedactBytes(data)[0] != &data[0] || keep != text {
		t.Error("what holds nothing has to come back as it is")
	}
}

func FuzzReveal(f *testing.F) {
	f.Add("text", "value", "")
	f.Add("secret-key-0123", "{{secret.key}}", "secret-key-")
	f.Add("", "a b/ö", "secret-")
	f.Fuzz(func(t *testing.T, outside, value, before string) {
		var v, other secret.Vault
		p := v.Grant("key", secret.New(value))
		foreign := other.Grant("key", secret.New(value))
		mark := p[len("secret-key-") : len(p)-4]
		if strings.Contains(outside+value+before, mark) {
			return // whoever knows the mark has it from this process
		}
		if got := v.Reveal(outside+foreign, nil); got != outside+foreign {
			t.Errorf("text from outside was replaced: %q became %q", outside, got)
		}
		if got, want := v.Reveal(before+p+outside+p, nil), before+value+outside+value; got != want {
			t.Errorf("Reveal: %q, want %q", got, want)
		}
		if got, want := v.Display(before+p+outside), before+"{{secret.key}}"+outside; got != want {
			t.Errorf("Display: %q, want %q", got, want)
		}
	})
}

func FuzzRedact(f *testing.F) {
	f.Add("before", "value", "after")
	f.Add("secret.", "secret", "}}")
	f.Add("", "\x00ö\"<>&+/%2f", "=")
	f.Fuzz(func(t *testing.T, before, value, after string) {
		if len(value) < 8 || strings.Contains("{{secret.key}}", value) {
			return
		}
		var v secret.Vault
		p := v.Grant("key", secret.New(value))
		for _, form := range []string{value, p, url.QueryEscape(value), url.PathEscape(value), base64.StdEncoding.EncodeToString([]byte(value))} {
			if !strings.Contains(v.Redact(form), "{{secret.key}}") {
				t.Errorf("%q is not redacted: %q", form, v.Redact(form))
			}
			if got := v.Redact("a" + form + "b"); strings.Contains(got, form) {
				t.Errorf("%q is still in %q", form, got)
			}
		}
		if text := before + after; !strings.Contains(v.Redact(text), "{{secret.key}}") && v.Redact(text) != text {
			t.Errorf("%q became %q", text, v.Redact(text))
		}
		if got, want := string(v.RedactBytes([]byte(before+value+after))), v.Redact(before+value+after); got != want {
			t.Errorf("bytes give %q, text %q", got, want)
		}
	})
}

func BenchmarkVault(b *testing.B) {
	var v secret.Vault
	p := v.Grant("key", secret.New(canary))
	for range 3 {
		v.Grant("other", secret.New(canary+"-2"))
	}
	clean := strings.Repeat(`{"agent":{"id":"8447388090494","name":"Ada"},"state":"away"},`, 20)
	for name, text := range map[string]string{"clean": clean, "one secret": clean + p} {
		b.Run("Reveal/"+name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				_ = v.Reveal(text, nil)
			}
		})
		b.Run("Redact/"+name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				_ = v.Redact(text)
			}
		})
	}
}

func TestGranted(t *testing.T) {
	var v, other secret.Vault
	key := v.Grant("key", secret.New(canary))
	v.Hide("own", secret.New("never given"))
	for text, want := range map[string]bool{"key": true, key: true, "own": false, "": false, "x" + key: false, key + "0": false,
		"secret-key-": false, other.Grant("key", secret.New("T")): false} {
		name, value, ok := v.Granted(text)
		if ok != want || ok && (name != "key" || value.Reveal() != canary) {
			t.Errorf("%q: %q, %v", text, name, ok)
		}
	}
	if _, _, ok := (*secret.Vault)(nil).Granted("key"); ok {
		t.Error("no vault grants")
	}
}
