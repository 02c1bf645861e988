package gateway_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/plugboard/plugboard"

// TestImportsRunDownwards holds every package to the direction that ARCHITECTURE.md draws. The linter says the same
// sooner, where there is one.
func TestImportsRunDownwards(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	type pkg struct {
		ImportPath string
		Imports    []string
	}
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		for _, i := range p.Imports {
			if why := forbidden(strings.TrimPrefix(p.ImportPath, module+"/"), i); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, i, why)
			}
		}
	}
	if seen < 20 {
		t.Fatalf("only %d packages were looked at", seen)
	}
}

func TestForbiddenImportsAreFound(t *testing.T) {
	for _, c := range [][2]string{
		{"sdk", module + "/queue"}, {"plugins/zendesk", module + "/gateway/event"}, {"queue", module + "/gateway"},
		{"gateway/edge", module + "/gateway"}, {"gateway/edge", module + "/queue/badgerqueue"}, {"gateway", module + "/cmd/plugboard"},
		{"gateway/deliver", "github.com/valyala/fasthttp"}, {"gateway/edge", "github.com/tetratelabs/wazero/api"}, {"gateway", "github.com/dgraph-io/badger/v4"},
		{"cmd/plugboard", "github.com/valyala/fasthttp"}, {"gateway/bench", module + "/gateway"},
	} {
		if forbidden(c[0], c[1]) == "" {
			t.Errorf("%s may import %s", c[0], c[1])
		}
	}
	for _, c := range [][2]string{
		{"gateway/edge", "github.com/valyala/fasthttp"}, {"gateway/bench", "github.com/valyala/fasthttp"},
		{"gateway", module + "/queue/badgerqueue"}, {"gateway/event", module + "/sdk/jsondoc"}, {"gateway/gatewaytest", module + "/gateway"},
	} {
		if why := forbidden(c[0], c[1]); why != "" {
			t.Errorf("%s may not import %s: %s", c[0], c[1], why)
		}
	}
}

// forbidden says why a package, named below the module, may not import another; "" when it may.
func forbidden(pkg, imports string) string {
	for lib, homes := range map[string][]string{
		// gateway/bench is its other side: a load generator, and the plain echo that the edge is set against.
		"github.com/valyala/fasthttp":   {"gateway/edge", "gateway/bench"},
		"github.com/tetratelabs/wazero": {"gateway/wasm"}, "github.com/dgraph-io/badger": {"queue/badgerqueue"},
	} {
		if strings.HasPrefix(imports, lib) && !slices.ContainsFunc(homes, func(home string) bool { return within(pkg, home) }) {
			return "it stands in " + strings.Join(homes, " and ")
		}
	}
	ours, ok := strings.CutPrefix(imports, module+"/")
	if !ok {
		return ""
	}
	switch {
	case within(ours, "cmd"):
		return "nothing imports a command"
	case (within(pkg, "sdk") || within(pkg, "plugins")) && !within(ours, "sdk"):
		return "a plugin and its kit know nothing of the gateway"
	case within(pkg, "queue") && !within(ours, "queue"):
		return "the queue knows nothing of the gateway"
	case strings.HasPrefix(pkg, "gateway/") && ours == "gateway" && pkg != "gateway/gatewaytest": // it runs whole gateways, for tests
		return "the parts do not know who puts them together"
	case strings.HasPrefix(pkg, "gateway/") && strings.HasPrefix(ours, "queue/"):
		return "only package gateway joins an engine to the interface"
	}
	return ""
}

func within(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }
