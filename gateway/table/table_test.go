package table_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/plugboard/plugboard/gateway/table"
)

func write(t testing.TB, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	rewrite(t, file, text)
	return file
}

func rewrite(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLookup(t *testing.T) {
	list := `[{"id": 4711, "name": "Jürgen \"J\"", "groups": [1, 2], "left": null}, {"id": "a", "name": "Ada"}]`
	for _, tt := range []struct {
		name, file, text, key, value string
		want                         map[string]string
		absent                       string
	}{
		{"two columns", "a.csv", "zendesk,babelforce\n4711,ag_1\n4712,\n", "", "", map[string]string{"4711": "ag_1", "4712": ""}, "zendesk"},
		{"two columns, by the second", "a.csv", "name,id\nAda,7\n", "id", "", map[string]string{"7": "Ada"}, "Ada"},
		{"the row", "a.csv", "id,name,note\r\n7,Ada,\"a, \"\"b\"\"\n<c>\"\r\n", "", "", map[string]string{"7": `{"id":"7","name":"Ada","note":"a, \"b\"\n<c>"}`}, ""},
		{"one of its columns", "a.csv", "id,name,note\n7,Ada,x\n", "note", "name", map[string]string{"x": "Ada"}, "7"},
		{"one column", "a.csv", "id\n7\n", "", "", map[string]string{"7": `{"id":"7"}`}, "8"},
		{"semicolons, byte order mark", "a.CSV", "\ufeffid;name\n7;Ada, née B\n", "", "", map[string]string{"7": "Ada, née B"}, "8"},
		{"tabs", "a.csv", "id\tname\n7\tAda\n", "", "", map[string]string{"7": "Ada"}, "id"},
		{"no rows", "a.csv", "id,name\n", "", "", nil, "id"},
		{"object", "a.json", `{"7": "Ada", "8": {"n": [1, 2.50]}, "9": null, "": 5}`, "", "", map[string]string{"7": "Ada", "8": `{"n":[1,2.50]}`, "": "5"}, "9"},
		{"object, one member", "a.json", `{"7": {"name": "Ada"}, "8": {}}`, "", "name", map[string]string{"7": "Ada"}, "8"},
		{"list", "a.json", list, "id", "", map[string]string{"a": `{"id":"a","name":"Ada"}`}, "4712"},
		{"list, one member", "a.json", list, "id", "name", map[string]string{"4711": `Jürgen "J"`, "a": "Ada"}, ""},
		{"list, a member that is a list", "a.json", list, "id", "groups", map[string]string{"4711": "[1,2]"}, "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			made, err := table.Open(table.Options{File: write(t, tt.file, tt.text), Key: tt.key, Value: tt.value})
			if err != nil {
				t.Fatal(err)
			}
			set := table.Set{"it": made}
			for key, want := range tt.want {
				if got, ok := set.Lookup("it", key); !ok || string(got) != want {
					t.Errorf("%q: got %q, %v; want %q", key, got, ok, want)
				}
			}
			if got, ok := made.Lookup(tt.absent); ok {
				t.Errorf("%q should be absent, is %q", tt.absent, got)
			}
			if _, ok := set.Lookup("other", "7"); ok {
				t.Error("a table that is not there answers")
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct{ name, file, text, key, value, want string }{
		{"empty", "a.csv", "", "", "", ":1:1: it is empty"},
		{"short row", "a.csv", "id,name\n7,Ada\n8\n", "", "", ":3:1: the row has not as many fields"},
		{"open quote", "a.csv", "id,name\n7,\"Ada\n", "", "", ":2:8: extraneous or missing \" in quoted-field"},
		{"twice", "a.csv", "id,name\n7,Ada\n8,Bo\n7,Cy\n", "", "", `:4:1: "7" stands in line 2 already; keep one`},
		{"no such key", "a.csv", "id,name\n", "ID", "", `:1:1: there is no column "ID", which key names; name one of id, name`},
		{"no such value", "a.csv", "id,name\n", "", "mail", `:1:1: there is no column "mail", which value names`},
		{"columns alike", "a.csv", "id,id\n", "", "", ":1:1: column 2 has no name of its own"},
		{"Latin 1", "a.csv", "id,name\n7,J\xfcrgen\n", "", "", ":2:4: it is not UTF-8; save it as UTF-8"},
		{"other kind", "a.xlsx", "x", "", "", ": its name ends neither in .csv nor in .json"},
		{"cut JSON", "a.json", "{\"7\": \"Ada\",\n \"8\": \"B", "", "", ":2:9: it ends too early"},
		{"empty JSON", "a.json", "", "", "", ":1:1: it ends too early"},
		{"JSON syntax", "a.json", "{\"7\": Ada}", "", "", ":1:7: invalid character 'A'"},
		{"text behind it", "a.json", `{"7": "Ada"} x`, "", "", ":1:14: invalid character 'x' after top-level value"},
		{"number", "a.json", `7`, "", "", "neither an object nor a list"},
		{"member twice", "a.json", `{"7": 1, "7": 2}`, "", "", `"7" stands there twice`},
		{"list without key", "a.json", `[]`, "", "", "nothing says which member is the key"},
		{"object with key", "a.json", `{}`, "id", "", "leave out key"},
		{"item without key", "a.json", "[{\"id\": 1},\n {\"ID\": 2}]", "id", "", `:2:2: an item has no "id"`},
		{"item that is none", "a.json", `[7]`, "id", "", "an item of the list is no object"},
		{"value of a text", "a.json", `{"7": "Ada"}`, "", "name", `"7" is no object, so that it has no "name"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := write(t, tt.file, tt.text)
			_, err := table.Open(table.Options{File: file, Key: tt.key, Value: tt.value})
			var e *table.Error
			if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), file+":") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
	if _, err := table.Open(table.Options{File: filepath.Join(t.TempDir(), "a.csv")}); err == nil || !strings.Contains(err.Error(), "no such file or directory; put the table there") {
		t.Error(err)
	}
	if _, err := table.Open(table.Options{File: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "it is not a file") {
		t.Error(err)
	}
}

// TestBrokenFileKeepsTheOldTable changes a file under a table while it is asked: each answer is the old or the new one.
func TestBrokenFileKeepsTheOldTable(t *testing.T) {
	file := write(t, "a.csv", "id,name\n7,Ada\n")
	made, err := table.Open(table.Options{File: file})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var asked sync.WaitGroup
	asked.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if got, ok := made.Lookup("7"); !ok || string(got) != "Ada" && string(got) != "Bo" {
				t.Errorf("got %q, %v", got, ok)
			}
		}
	})
	defer asked.Wait()
	defer close(stop)

	rewrite(t, file, "id,name\n7,")
	rewrite(t, file, "id,name\n7")
	changed, err := made.Refresh()
	if changed || err == nil {
		t.Fatalf("a cut file was taken: %v, %v", changed, err)
	}
	if info := made.Info(); info.Rows != 1 || !strings.Contains(info.Refused, ":2:1: ") {
		t.Errorf("%+v", info)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err = made.Refresh(); err == nil {
		t.Fatal("a file that is gone was taken")
	}
	rewrite(t, file, "id,name\n7,Bo\n8,Cy\n")
	if changed, err = made.Refresh(); !changed || err != nil {
		t.Fatal(changed, err)
	}
	if got, _ := made.Lookup("7"); string(got) != "Bo" {
		t.Errorf("got %q", got)
	}
	before := made.Info()
	if before.Rows != 2 || before.Refused != "" || len(before.Hash) != 64 || before.Loaded.IsZero() || before.File != file {
		t.Errorf("%+v", before)
	}
	if changed, err = made.Refresh(); changed || err != nil || made.Info() != before {
		t.Errorf("the same file again: %v, %v", changed, err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add("a.csv", "id,name\n7,Ada\n", "id", "")
	f.Add("a.csv", "id;\"na\nme\";x\n7;\"A\"\"da\";\n", "", "x")
	f.Add("a.json", `{"7":"Ada","8":[null]}`, "", "")
	f.Add("a.json", `[{"id":7,"name":"Ada"}]`, "id", "name")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, name, text, key, value string) {
		if name != "a.csv" {
			name = "a.json"
		}
		file := filepath.Join(dir, name)
		rewrite(t, file, text)
		made, err := table.Open(table.Options{File: file, Key: key, Value: value})
		var e *table.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatal(err)
		}
		if err != nil && (e.What == "" || e.Do == "" || (e.Line == 0) != (e.Column == 0)) {
			t.Errorf("%+v", e)
		}
		if err == nil && made.Info().Rows < 0 {
			t.Error("no rows")
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	var text strings.Builder
	text.WriteString("id,name\n")
	for i := range 10_000 {
		text.WriteString(strings.Repeat("0", 4) + string(rune('a'+i%26)) + strings.Repeat("x", i/26%400) + "-" + strings.Repeat("y", i/10_400) + ",Ada\n")
	}
	made, err := table.Open(table.Options{File: write(b, "a.csv", text.String())})
	if err != nil {
		b.Fatal(err)
	}
	set := table.Set{"agents": made}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := set.Lookup("agents", "0000a-"); !ok {
			b.Fatal("not there")
		}
	}
}
