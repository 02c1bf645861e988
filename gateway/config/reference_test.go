package config_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/config"
)

const shipped = "../../config.toml"

// sections parts the reference by its tables: "server", "sources", …
func sections(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	header := regexp.MustCompile(`(?m)^#?\[+([a-z]+).*\]$`)
	out := map[string]string{}
	found := header.FindAllStringSubmatchIndex(string(text), -1)
	for i, at := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		out[string(text[at[2]:at[3]])] += string(text[at[0]:end])
	}
	return out
}

// Every setting stands in its section with its default, as the value that is written or named in words behind it.
func TestReferenceDocumentsEverySetting(t *testing.T) {
	parts := sections(t)
	for _, s := range config.Reference() {
		if fault := undocumented(parts, s); fault != "" {
			t.Errorf("config.toml: %s %s", s.Path, fault)
		}
	}
}

func undocumented(parts map[string]string, s config.Setting) string {
	section, key, _ := strings.Cut(s.Path, ".")
	text, ok := parts[section]
	choice := regexp.MustCompile(`^(\w+)\.\((.+?)\)(?:\.(\w+))?$`).FindStringSubmatch(key)
	nested := regexp.MustCompile(`^(\w+)\.(\w+)$`).FindStringSubmatch(key)
	switch {
	case !ok:
		return "has no table"
	case key == "":
		return ""
	case choice != nil:
		return undocumentedChoice(text, choice[2], choice[3])
	case nested != nil: // in a table on one line
		if !regexp.MustCompile(`(?m)^#?` + nested[1] + `\b.*\b` + nested[2] + ` = `).MatchString(text) {
			return "does not stand with " + nested[1]
		}
		return ""
	}
	lines := regexp.MustCompile(`(?m)^#?`+key+`\s*= .*$`).FindAllString(text, -1)
	if len(lines) == 0 {
		return "is not there"
	}
	if s.Default == nil {
		return ""
	}
	value := toml(s.Default)
	says := func(line string) bool { // in words behind it, else by the value itself
		_, behind, _ := strings.Cut(line, "=")
		behind = strings.TrimSpace(behind) + " "
		if strings.Contains(behind, "default") && !strings.Contains(behind, "the default") {
			return regexp.MustCompile(`default:? ` + regexp.QuoteMeta(value) + `[ ;,.]`).MatchString(behind)
		}
		return strings.HasPrefix(behind, value+" ")
	}
	if !says(lines[0]) { // where it stands again it is an example
		return fmt.Sprintf("is there without its default %s", value)
	}
	return ""
}

// A choice stands in a comment of its own, which goes on in the lines below it that are set in.
func undocumentedChoice(text, word, key string) string {
	start := regexp.MustCompile(`(?m)^#   \{ (?:\w+ = "` + regexp.QuoteMeta(word) + `"|` + word + ` = )`).FindStringIndex(text)
	if start == nil {
		return "is not among the forms"
	}
	comment := text[start[0]:]
	if end := regexp.MustCompile(`(?m)^(?:#   \{|# ?\S|[^#]|$)`).FindAllStringIndex(comment, 2); len(end) == 2 {
		comment = comment[:end[1][0]]
	}
	if key != "" && !strings.Contains(comment, key+" = ") {
		return "is not in its form"
	}
	return ""
}

// toml writes a default as one would in the file.
func toml(value any) string {
	switch value := value.(type) {
	case string:
		return `"` + value + `"`
	case []any:
		items := make([]string, len(value))
		for i, item := range value {
			items[i] = toml(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		items := []string{}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			items = append(items, key+" = "+toml(value[key]))
		}
		if len(items) == 0 {
			return "{}"
		}
		return "{ " + strings.Join(items, ", ") + " }"
	}
	return fmt.Sprint(value)
}

// The check above has to find what is missing.
func TestUndocumentedSettingIsFound(t *testing.T) {
	parts := sections(t)
	for _, s := range []config.Setting{
		{Path: "telemetry"}, {Path: "server.lisen"}, {Path: "queue.retain", Default: "71h"}, {Path: "server.max_connections", Default: int64(10_001)},
		{Path: "sources.verify.(magic)"}, {Path: "sources.verify.(bearer).secret"}, {Path: "sources.verify.(none).token"}, {Path: "routes.via.deadline"},
		{Path: "destinations.retry.(schedule).attempts"}, {Path: "destinations.allow_http", Default: true},
	} {
		if undocumented(parts, s) == "" {
			t.Errorf("%s (default %v) passes for documented", s.Path, s.Default)
		}
	}
}

// The shipped file runs as it is: no environment, no secrets.
func TestShippedConfigurationLoads(t *testing.T) {
	bare := options
	bare.Getenv = func(string) (string, bool) { return "", false }
	c, err := config.Load(shipped, bare)
	if err != nil {
		t.Fatal(err)
	}
	demo := "http://" + c.Server.Dev
	for _, name := range []string{"babelforce", "crm"} {
		if d := c.Destination(name); d == nil || !strings.HasPrefix(d.URL.Display, demo) {
			t.Errorf("destination %s is not the demo at %s: %v", name, demo, d)
		}
	}
	if s := c.Source("zendesk"); s == nil || s.Path != "/hooks/zendesk/main" || s.Verify[0].Scheme != "zendesk" {
		t.Errorf("source zendesk: %+v", s)
	}
	if len(c.Routes) != 2 {
		t.Errorf("%d routes", len(c.Routes))
	}
}

// With every commented setting put in, it still loads, and means the same: the comments are settings, at their defaults.
func TestCommentedSettingsAreTheDefaults(t *testing.T) {
	text, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	commented := regexp.MustCompile(`(?m)^#([a-z_]+\s*= )`)
	if n := len(commented.FindAll(text, -1)); n < 20 {
		t.Fatalf("only %d settings stand in comments", n)
	}
	full := regexp.MustCompile(`(?m)^#\[(?:.+\n)+`).ReplaceAll(text, nil)                                                                                                      // a table that is an example
	full = regexp.MustCompile(`(?m)^#(dir\s+= "secrets"|shadow |redact |tls |admin_tls |proxy |sign |public_url |limit |max_body = "64KiB")`).ReplaceAll(full, []byte("# $1")) // what is named has to be there
	full = commented.ReplaceAll(full, []byte("$1"))
	bare, err := config.Parse(shipped, text, options)
	if err != nil {
		t.Fatal(err)
	}
	all, err := config.Parse(shipped, full, options)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprint(fields(bare)), fmt.Sprint(fields(all)); a != b {
		t.Errorf("without the comments:\n%s\nwith them:\n%s", a, b)
	}
}
