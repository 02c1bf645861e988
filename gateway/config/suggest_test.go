package config

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"listen", "admin", "max_body", "max_connections", "to", "concurrency"}
	tests := map[string]string{"lisen": "listen", "Listen": "listen", "ilsten": "listen", "maxBody": "max_body", "max-body": "max_body", "maxbdy": "max_body",
		"concurency": "concurrency", "t": "to", "too": "to", "port": "", "": "", "x": "", "connections": ""}
	for word, want := range tests {
		if got, ok := nearest(word, known); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v; want %q", word, got, ok, want)
		}
	}
	if got, ok := nearest("any", nil); ok {
		t.Errorf("nothing is known, yet %q is near", got)
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "axc", 1}, {"für", "fur", 1}, {"kitten", "sitting", 3}} {
		if got, back := distance(tt.a, tt.b), distance(tt.b, tt.a); got != tt.want || back != tt.want {
			t.Errorf("%q to %q: %d and back %d, want %d", tt.a, tt.b, got, back, tt.want)
		}
	}
}
