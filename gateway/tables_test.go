package gateway_test

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/feed"
)

// TestTableFollowsItsFile changes a table under a running gateway: the plugin's next answer has it, a broken file changes
// nothing and says where it is broken, and the whole reload of a configuration takes tables with it.
func TestTableFollowsItsFile(t *testing.T) {
	p := probe(t, probeSource+"[tables.agents]\nfile = \"agents.csv\"\n", map[string]string{"agents.csv": "id,name\n7,Ada\n"})
	notes := p.feed.Listen(64)
	defer notes.Close()
	name := func(want string) {
		t.Helper()
		if got := p.said(t, `{"id":"7"}`).Agent["name"]; got != want {
			t.Errorf("the plugin found %q, want %q", got, want)
		}
	}
	name("Ada")

	p.write(t, "agents.csv", "id,name\n7,Bo\n8,Cy\n")
	if n := waitFor(t, notes, feed.Table); n.Result != "reloaded" || n.Table != "agents" {
		t.Errorf("%+v", n)
	}
	name("Bo")

	p.write(t, "agents.csv", "id,name\n7,\"Di\n")
	if n := waitFor(t, notes, feed.Table); !strings.Contains(n.Result, "refused") || !strings.Contains(n.Reason, "agents.csv:2:") {
		t.Errorf("%+v", n)
	}
	name("Bo")
	if ts := p.tables(t); len(ts) != 1 || ts[0].Name != "agents" || ts[0].Rows != 2 || !strings.Contains(ts[0].Refused, "agents.csv:2:") {
		t.Errorf("the API says %+v", ts)
	}
	if err := p.Reload(t.Context()); err != nil { // of something else, perhaps: the broken table keeps nothing back
		t.Error(err)
	}
	name("Bo")

	p.write(t, "agents.csv", "id,name\n7,Ed\n")
	if n := waitFor(t, notes, feed.Table); n.Result != "reloaded" {
		t.Errorf("%+v", n)
	}
	name("Ed")
	if ts := p.tables(t); ts[0].Refused != "" || ts[0].Rows != 1 {
		t.Errorf("the API says %+v", ts)
	}

	p.write(t, "teams.json", `{"7": "Fi"}`)
	p.write(t, "config.toml", strings.Replace(readFile(t, p.file), "agents.csv", "teams.json", 1))
	if n := waitFor(t, notes, feed.Plugin); n.Result != "reloaded" {
		t.Errorf("%+v", n)
	}
	name("Fi")
	p.write(t, "teams.json", `{"7": "Gil"}`)
	waitFor(t, notes, feed.Table)
	name("Gil")
}

func TestBrokenTableIsAFault(t *testing.T) {
	for file, want := range map[string]string{
		"id,name\n7":       `table agents: agents.csv:2:1: the row has not as many fields as the first line has; complete it`,
		"":                 `table agents: agents.csv:1:1: it is empty; write the columns' names into its first line`,
		"id,name\n7,Ada\n": "",
	} {
		p := probeFiles(t, probeSource+"[tables.agents]\nfile = \"agents.csv\"\n", map[string]string{"agents.csv": file})
		got := p.checked(t)
		if want == "" && got != "" || want != "" && got != "config.toml:16:8: "+want {
			t.Errorf("%q: %q", file, got)
		}
	}
}
