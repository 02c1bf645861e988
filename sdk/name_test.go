package sdk_test

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/likeness"
)

func TestSameName(t *testing.T) {
	broken := struct {
		A, B string
		Same bool
	}{"a\xff", "a\xfe", true} // what is not UTF-8 reads as one and the same character
	for _, tt := range append(likeness.Names, broken) {
		if got := sdk.SameName(tt.A, tt.B); got != tt.Same {
			t.Errorf("SameName(%q, %q) = %v", tt.A, tt.B, got)
		}
		if got := sdk.SameName(tt.B, tt.A); got != tt.Same {
			t.Errorf("SameName(%q, %q) = %v", tt.B, tt.A, got)
		}
	}
}

func TestIdentifier(t *testing.T) {
	long := strings.Repeat("x", 512)
	doc, err := jsondoc.Parse([]byte(`["7", 9007199254740993, "agent/ü 7", "", "a\nb", "a\u007fb", true, null, {"a":1}, ["x"], "` + long + `", "` + long + `y"]`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"7", "9007199254740993", "agent/ü 7", "", "", "", "", "", "", "", long, ""}
	for i, w := range want {
		if got := sdk.Identifier(doc.Root().Index(i)); got != w {
			t.Errorf("%s: %q, want %q", doc.Root().Index(i).Raw(), got, w)
		}
	}
}
