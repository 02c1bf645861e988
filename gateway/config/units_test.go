package config_test

import (
	"math"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
)

func TestParseDuration(t *testing.T) {
	tests := map[string]time.Duration{"0s": 0, "30s": 30 * time.Second, "72h": 72 * time.Hour, "1h30m": 90 * time.Minute, "3d": 72 * time.Hour,
		"50ms": 50 * time.Millisecond, "1.5s": 1500 * time.Millisecond, "0d": 0}
	for in, want := range tests {
		if got, err := config.ParseDuration(in); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "30", "s", "-1s", "-1d", "1.5d", "d", "1d2h", "99999d", "30 s", "1w", "3D"} {
		if got, err := config.ParseDuration(in); err == nil {
			t.Errorf("%q is read as %v", in, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	tests := map[string]int64{"0B": 0, "1B": 1, "500KB": 500_000, "500kB": 500_000, "1KiB": 1024, "1MiB": 1 << 20, "1 MiB": 1 << 20, "1MB": 1e6,
		"10GiB": 10 << 30, "1.5GiB": 3 << 29, "2TiB": 2 << 40, "1TB": 1e12, "3GB": 3e9}
	for in, want := range tests {
		if got, err := config.ParseSize(in); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "1", "MiB", "1M", "1mib", "-1MiB", "1e3MiB", "0x1MiB", "InfMiB", "NaNB", "1.2.3MiB", "99999999999TiB", ".MiB"} {
		if got, err := config.ParseSize(in); err == nil {
			t.Errorf("%q is read as %v", in, got)
		}
	}
}

func TestParseRate(t *testing.T) {
	tests := map[string]config.Rate{"50/s": {Count: 50, Per: time.Second}, "300/m": {Count: 300, Per: time.Minute}, "0.5/s": {Count: 0.5, Per: time.Second}, "1000 / h": {Count: 1000, Per: time.Hour}}
	for in, want := range tests {
		if got, err := config.ParseRate(in); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "50", "/s", "0/s", "-1/s", "50/d", "50/s/s", "1e3/s", "Inf/s"} {
		if got, err := config.ParseRate(in); err == nil {
			t.Errorf("%q is read as %v", in, got)
		}
	}
}

func FuzzUnits(f *testing.F) {
	for _, seed := range []string{"30s", "3d", "1MiB", "500KB", "50/s", "", "-1", "1e309B", "9223372036854775807B", "999999999999999999999999h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := config.ParseDuration(s); err == nil && d < 0 {
			t.Errorf("%q is %v", s, d)
		}
		if n, err := config.ParseSize(s); err == nil && n < 0 {
			t.Errorf("%q is %v bytes", s, n)
		}
		if r, err := config.ParseRate(s); err == nil && (!(r.Count > 0) || math.IsInf(r.Count, 0) || r.Per <= 0) {
			t.Errorf("%q is %v", s, r)
		}
	})
}
