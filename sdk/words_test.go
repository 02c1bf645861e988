package sdk_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// languages are the columns of the README's table of words: where each language declares what it offers, and how it
// declares a word.
var languages = []struct {
	name, files, declared string
}{
	{"Go", "*.go */*.go", `func (\([^)]*\) )?WORD(\[[^]]*\])?\(`},
	{"Rust", "rust/src/*.rs rust/src/*/*.rs", `(pub (fn|struct) WORD\b|macro_rules! WORD)`},
	{"C", "c/plugboard*.h", `([a-z*] ?WORD\(|#define WORD\()`},
	{"AssemblyScript", "assemblyscript/*.ts", `(?m)(^export (class|function) WORD\b|^  WORD\()`},
	{"script", "script/plugboard.d.ts script/README.md", `(?m)(^ *(export (function|const) )?WORD[(<:]|^\| .WORD\()`},
}

// TestTableOfWords holds the README's table to the sources: each word stands where its language declares it.
func TestTableOfWords(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(readme), "| for | Go | Rust | C | AssemblyScript | script |\n|---|---|---|---|---|---|\n")
	if !found {
		t.Fatal("README.md has no table of words")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	words := 0
	for column, language := range languages {
		source := declarations(t, language.files)
		for row := range strings.Lines(table) {
			cells := strings.Split(strings.TrimSpace(row), " | ")
			if len(cells) != len(languages)+1 {
				t.Fatalf("%d columns: %s", len(cells), row)
			}
			for word := range strings.FieldsSeq(strings.Trim(cells[column+1], " |")) {
				if word = strings.Trim(word, "`!"); word == "–" {
					continue
				}
				words++
				if !declares(source, language.declared, word) {
					t.Errorf("%s: %s is not declared in %s", language.name, word, language.files)
				}
			}
		}
		if declares(source, language.declared, "noSuchWord") {
			t.Errorf("%s: any word is found", language.name)
		}
	}
	if words < 150 {
		t.Errorf("%d words", words)
	}
}

func declares(source, declared, word string) bool {
	return regexp.MustCompile(strings.ReplaceAll(declared, "WORD", regexp.QuoteMeta(word))).MatchString(source)
}

// declarations are the files of those patterns, one after the other, without tests.
func declarations(t *testing.T, patterns string) string {
	t.Helper()
	var all strings.Builder
	for pattern := range strings.FieldsSeq(patterns) {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}
