package manifest_test

import (
	"testing"

	"github.com/plugboard/plugboard/gateway/manifest"
)

func TestScript(t *testing.T) {
	const code = "export function receive() {\n}"
	if got := manifest.ReadScript([]byte(code)); got != nil {
		t.Errorf("%q", got)
	}
	first, err := manifest.AddScript([]byte(code), []byte("{\n\"name\": \"a\"\n}"))
	if want := code + "\n//# plugboard.manifest={\"name\":\"a\"}\n"; err != nil || string(first) != want {
		t.Errorf("%q, %v", first, err)
	}
	second, err := manifest.AddScript(first, []byte(`{"name":"b"}`))
	if want := code + "\n//# plugboard.manifest={\"name\":\"b\"}\n"; err != nil || string(second) != want {
		t.Errorf("%q, %v", second, err)
	}
	if got := manifest.ReadScript(append(second, " \n\n"...)); string(got) != `{"name":"b"}` {
		t.Errorf("%q", got)
	}
	if got := manifest.ReadScript(append(second, "more()"...)); got != nil {
		t.Errorf("a line that is not the last one is the manifest: %q", got)
	}
	if _, err := manifest.AddScript([]byte(code), []byte(`{"functions":["deliver"]}`)); err == nil {
		t.Error("a bad manifest was added")
	}
}
