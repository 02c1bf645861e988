package sdk_test

import (
	"testing"

	"github.com/plugboard/plugboard/sdk"
)

func TestSameName(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"", "", true},
		{"online", "ONLINE", true},
		{"Transfers Only", "transfers_only", true},
		{"Überstunden", "überSTUNDEN", true},
		{"ОБЕД", "обед", true},
		{"昼休み", "昼休み", true},
		{"@", "`", false}, // one bit apart, as a and A are
		{"online", "online ", false},
		{"online", "", false},
		{"", "online", false},
		{"away", "awry", false},
		{"a\xff", "a\xfe", true}, // what is not UTF-8 reads as one and the same character
	}
	for _, tt := range tests {
		if got := sdk.SameName(tt.a, tt.b); got != tt.want {
			t.Errorf("SameName(%q, %q) = %v", tt.a, tt.b, got)
		}
		if got := sdk.SameName(tt.b, tt.a); got != tt.want {
			t.Errorf("SameName(%q, %q) = %v", tt.b, tt.a, got)
		}
	}
}
