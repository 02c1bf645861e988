package sdk_test

import (
	"testing"

	"github.com/plugboard/plugboard/sdk"
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
