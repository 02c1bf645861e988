package plugintool_test

import (
	"os"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/plugintool"
	"github.com/plugboard/plugboard/gateway/wasm"
)

func TestCompare(t *testing.T) {
	odd, err := plugintool.Open(t.Context(), "testdata/odd")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("../wasm/testdata/start.wasm")
	if err != nil {
		t.Fatal(err)
	}
	other := &plugintool.Subject{Name: "odd", File: "odd.wasm", Code: code}
	broken := &plugintool.Subject{Name: "odd", File: "odd.wasm", Code: []byte("x")}
	receive := func(config string) plugintool.Call {
		return plugintool.Call{Function: wasm.Receive, Config: []byte(config), Facts: map[string]string{"path": "/x"}, Body: []byte(`{}`)}
	}
	for name, test := range map[string]struct {
		now  *plugintool.Subject
		call plugintool.Call
		want []string
	}{
		"the same":  {odd, receive(`{}`), nil},
		"refused":   {broken, receive(`{}`), []string{"- {", "+ refused: "}},
		"a reject":  {broken, receive(`{"do":"reject"}`), []string{"- rejected: as asked\n+ refused: "}},
		"a panic":   {broken, receive(`{"do":"panic"}`), []string{"- trapped: ", "on purpose"}},
		"by init":   {broken, receive(`{"refuse":"no"}`), []string{"- refused: no\n"}},
		"something": {other, receive(`{}`), []string{"-       \"type\": \"agent.logged_in\""}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := plugintool.Compare(t.Context(), host(t), odd, test.now, test.call)
			if err != nil || (got == "") != (test.want == nil) {
				t.Errorf("%q, %v", got, err)
			}
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("want %q in\n%s", want, got)
				}
			}
		})
	}
}
