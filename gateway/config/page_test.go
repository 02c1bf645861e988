package config_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/config"
)

const page = "../SETTINGS.md"

const opening = `# Settings

Every setting of ` + "`config.toml`" + `, with its default and why it is that. This page is made of the declarations that the gateway
reads the file by (` + "`go test ./gateway/config -run Page -update`" + `); the file that comes with it,
[` + "`config.toml`" + `](../config.toml), shows each of them in its place.

A *–* stands for no default: what happens then is behind it. Durations are ` + "`\"30s\"`" + `, sizes ` + "`\"1MiB\"`" + `, rates ` + "`\"50/s\"`" + `; in any text
` + "`{{env.NAME}}`" + `, ` + "`{{secret.NAME}}`" + ` and ` + "`{{file.PATH}}`" + ` are filled in.
`

// titles are what each table is called in the file.
var titles = map[string]string{"tables": "[tables.NAME]", "sources": "[sources.NAME]", "destinations": "[destinations.NAME]", "routes": "[[routes]]"}

// sectionsInOrder is how people read them: what comes in, where it goes, and then the rest.
var sectionsInOrder = []string{"server", "sources", "destinations", "routes", "endpoints", "queue", "plugins", "tables", "secrets"}

// settingsPage writes the page.
func settingsPage(list []config.Setting) string {
	bySection := map[string][]config.Setting{}
	about := map[string]string{}
	order := slices.Clone(sectionsInOrder)
	for _, s := range list {
		section, key, inner := strings.Cut(s.Path, ".")
		if _, known := about[section]; !known && !slices.Contains(order, section) {
			order = append(order, section)
		}
		if !inner {
			about[section] = s.Meaning
			continue
		}
		s.Path = key
		bySection[section] = append(bySection[section], s)
	}
	var b strings.Builder
	b.WriteString(opening)
	for _, section := range order {
		title := titles[section]
		if title == "" {
			title = "[" + section + "]"
		}
		fmt.Fprintf(&b, "\n## `%s`\n\n%s.\n\n| setting | is | default | why |\n|---|---|---|---|\n", title, capital(about[section]))
		for _, s := range bySection[section] {
			b.WriteString(row(s))
		}
	}
	return b.String()
}

func row(s config.Setting) string {
	name := "`" + s.Path + "`"
	if s.Type == "a choice" {
		return fmt.Sprintf("| **%s** | %s | | |\n", name, cell(s.Meaning))
	}
	is := cell(s.Meaning)
	if is != "" {
		is += "; "
	}
	is += "*" + cell(s.Type) + "*"
	switch value := toml(s.Default); {
	case s.Required:
		return fmt.Sprintf("| %s | %s | must be given | |\n", name, is)
	case s.Default == nil:
		return fmt.Sprintf("| %s | %s | – | %s |\n", name, is, cell(s.Why))
	default:
		return fmt.Sprintf("| %s | %s | `%s` | %s |\n", name, is, cell(value), cell(s.Why))
	}
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func capital(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text
	}
	return string(text[0]-'a'+'A') + text[1:]
}

// unexplained says whether a setting may be left out and nobody says why what it is then is right.
func unexplained(s config.Setting) bool {
	inner := strings.Contains(s.Path, ".") // tables are there or not
	return inner && !s.Required && s.Why == ""
}

func TestSettingsPage(t *testing.T) {
	list := config.Reference()
	for _, s := range list {
		if unexplained(s) {
			t.Errorf("%s may be left out (default %s) and has no why: say in its declaration why that is right", s.Path, toml(s.Default))
		}
	}
	got := settingsPage(list)
	if *update {
		if err := os.WriteFile(page, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatalf("%v; run go test ./gateway/config -run Page -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("gateway/SETTINGS.md is not what the declarations say; run go test ./gateway/config -run Page -update (-want +got):\n%s", diff)
	}
}

// The check above has to find what is missing, and the page to show everything.
func TestSettingsPageShowsAll(t *testing.T) {
	for _, s := range []config.Setting{{Path: "server.x", Default: "1s"}, {Path: "server.x", Default: false}, {Path: "sources.config", Default: map[string]any{}}, {Path: "sources.limit"}} {
		if !unexplained(s) {
			t.Errorf("%s (default %v) passes without a why", s.Path, s.Default)
		}
	}
	text := settingsPage(config.Reference())
	for _, s := range config.Reference() {
		if _, key, inner := strings.Cut(s.Path, "."); inner && !strings.Contains(text, "`"+key+"`") {
			t.Errorf("%s is not on the page", s.Path)
		}
	}
}
