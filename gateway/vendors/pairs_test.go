package vendors_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

var update = flag.Bool("update", false, "write plugins/PAIRS.md and the README's table anew")

// page is where all of it stands; overview is where the table of who reaches whom stands, between marks.
const (
	page     = "plugins/PAIRS.md"
	overview = "README.md"
	begin    = "<!-- made by go test ./gateway/vendors -run Pairs -update -->\n"
	end      = "<!-- end -->\n"
)

// TestPairs sends each vendor's own messages, signed as that vendor signs, to one gateway that runs, and has it deliver them
// to each target that takes them: real requests to servers that answer as the targets are documented to. What the targets
// were asked to do is the table in plugins/PAIRS.md, and who reached whom the one in the README: they must be what the test
// would write (-update writes them).
//
// One message of each is then rebuilt of the event that came of it, as send --as does, and taken for a repeat.
//
// The control is a target that refuses everything: it is found not to have been reached.
func TestPairs(t *testing.T) {
	n := newNetwork(t)
	found := map[string]map[string]cells{}
	for _, kind := range kinds {
		found[kind.name] = map[string]cells{}
		for _, s := range senders {
			if file := s.message(kind, n.cfg.Source(s.name).Plugin); file != "" {
				found[kind.name][s.name] = n.send(t, kind, s, file)
			}
		}
	}
	for _, s := range senders {
		if n.played[s.name] != (n.cfg.Source(s.name).Plugin != "") {
			t.Errorf("%s: its message was rebuilt: %v", s.name, n.played[s.name])
		}
	}
	root, err := gatewaytest.Root()
	if err != nil {
		t.Fatal(err)
	}
	hold(t, filepath.Join(root, filepath.FromSlash(page)), func(string) string { return table(found) })
	hold(t, filepath.Join(root, overview), func(readme string) string {
		before, rest, ok := strings.Cut(readme, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s has no lines %q and %q for the table to stand between", overview, begin, end)
		}
		return before + begin + reach(found) + end + after
	})
}

// hold holds a file against what it is to be, made of what it is.
func hold(t *testing.T, file string, make func(stands string) string) {
	t.Helper()
	stands, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	made := make(string(stands))
	if *update && !t.Failed() {
		if err := os.WriteFile(file, []byte(made), 0o600); err != nil { //nolint:gosec // a page of this repository
			t.Fatal(err)
		}
		return
	}
	if string(stands) != made {
		t.Errorf("%s is not what was found; go test ./gateway/vendors -run Pairs -update writes it. It should be:\n%s", file, made)
	}
}

// reach is the README's table: by the letters of kinds, what of whom arrived where.
func reach(found map[string]map[string]cells) string {
	var systems []string
	for _, to := range targets {
		if !slices.Contains(systems, to.system) {
			systems = append(systems, to.system)
		}
	}
	var b strings.Builder
	b.WriteString("| from | " + strings.Join(systems, " | ") + " |\n|---" + strings.Repeat("|---", len(systems)) + "|\n")
	for _, s := range senders {
		b.WriteString("| " + s.heading + " |")
		for _, system := range systems {
			letters := ""
			for _, kind := range kinds {
				if slices.ContainsFunc(targets, func(to target) bool {
					_, arrived := found[kind.name][s.name][to.name]
					return arrived && to.system == system
				}) {
					letters += " " + kind.letter
				}
			}
			if letters == "" {
				letters = " –"
			}
			b.WriteString(letters + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// cells are what each target was asked to do with one message.
type cells map[string]string

// send posts one message and gives what came of it at each target.
func (n *network) send(t *testing.T, kind kind, s sender, file string) cells {
	t.Helper()
	ended := n.post(t, kind, s, file)
	row := cells{}
	for _, to := range targets {
		end, owed := ended[to.name]
		takes := slices.Contains(to.takes, kind.name) && to.unable[s.name] == ""
		server := n.servers[to.name]
		switch {
		case owed && takes && end.Result == "delivered" && len(server.requests()) > 0:
			if row[to.name] = server.shown(); row[to.name] == "" {
				t.Errorf("%s, %s, to %s: what was asked shows nothing: %s", s.name, file, to.name, server.requests()[0].body)
			}
		case takes:
			t.Errorf("%s, %s, to %s: ended as %q (%s), after %d requests", s.name, file, to.name, end.Result, end.Reason, len(server.requests()))
		case owed && end.Result == "delivered":
			t.Errorf("%s, %s, to %s: it was delivered, and the table says that it is not taken", s.name, file, to.name)
		}
		server.forget()
	}
	if _, once := n.played[s.name]; !once {
		n.played[s.name] = n.playBack(t, s, ended[deaf.name].Event)
	}
	if refused := ended[deaf.name]; refused.Result != "dead" {
		t.Errorf("the control: a target that refuses everything ended as %q", refused.Result)
	}
	return row
}

// table is the page.
func table(found map[string]map[string]cells) string {
	var b strings.Builder
	b.WriteString("# What goes from where to where\n\nEach row is a vendor's own message, signed as it signs, sent to a running gateway. Each cell is what the target was then asked to do, by real\n" +
		"requests to a server that answers as the target is documented to; – means that it does not take such an event.\n" +
		"`go test ./gateway/vendors -run Pairs` sends them all, and fails when this page is not what it found.\n")
	for _, kind := range kinds {
		fmt.Fprintf(&b, "\n## %s\n\n| from |", kind.heading)
		taking := targetsOf(kind)
		for _, to := range taking {
			b.WriteString(" " + to.heading + " |")
		}
		b.WriteString("\n|---|" + strings.Repeat("---|", len(taking)) + "\n")
		for _, s := range senders {
			row := found[kind.name][s.name]
			if row == nil {
				continue
			}
			b.WriteString("| " + s.heading + " |")
			for _, to := range taking {
				b.WriteString(" " + cell(row[to.name]) + " |")
			}
			b.WriteString("\n")
		}
	}
	notes := ""
	for _, to := range targets {
		for _, from := range slices.Sorted(maps.Keys(to.unable)) {
			notes += "- " + from + " to " + to.heading + ": " + to.unable[from] + "\n"
		}
	}
	if notes != "" {
		b.WriteString("\n## What cannot be\n\n" + notes)
	}
	return b.String()
}

// targetsOf are those that take the kind.
func targetsOf(kind kind) (list []target) {
	for _, to := range targets {
		if slices.Contains(to.takes, kind.name) {
			list = append(list, to)
		}
	}
	return list
}

func cell(s string) string {
	if s == "" {
		return "–"
	}
	fence := "`"
	if strings.Contains(s, "`") {
		fence = "``"
	}
	return fence + strings.ReplaceAll(s, "|", `\|`) + fence
}

// server is a target's server, and what it was asked.
type server struct {
	*httptest.Server
	*asked
}
