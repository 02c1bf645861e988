package zone

import (
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// TestEveryPlace holds each place of the table against the standard library: its offset every few hours of the years to come,
// and the hours around each change, both ways.
func TestEveryPlace(t *testing.T) {
	began := exceptionsFrom
	places := 0
	for line := range strings.Lines(table) {
		rule, names, _ := strings.Cut(strings.TrimSpace(line), " ")
		for i, name := range strings.Fields(names) {
			places++
			loc, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			z, err := Parse(strings.ToUpper(name))
			if err != nil {
				t.Fatal(err)
			}
			step, until := 11*time.Hour, began.AddDate(2, 0, 0)
			if i == 0 {
				step, until = 3*time.Hour, listedUntil
			}
			last := 0
			for at := began; at.Before(until); at = at.Add(step) {
				_, want := at.In(loc).Zone()
				if got := z.offsetAt(at.Unix()); got != want {
					t.Fatalf("%s (%s) at %s: %d seconds east, want %d", name, rule, at, got, want)
				}
				if want != last && i == 0 && at != began {
					around(t, name, z, loc, at)
				}
				last = want
			}
		}
	}
	if places < 590 {
		t.Errorf("the table has %d places", places)
	}
}

// around goes minute by minute through the hours before at, in which a change is.
func around(t *testing.T, name string, z Zone, loc *time.Location, at time.Time) {
	t.Helper()
	for m := at.Add(-5 * time.Hour); m.Before(at.Add(2 * time.Hour)); m = m.Add(15 * time.Minute) {
		_, want := m.In(loc).Zone()
		if got := z.offsetAt(m.Unix()); got != want {
			t.Fatalf("%s at %s: %d seconds east, want %d", name, m, got, want)
		}
		local := z.Local(m.Unix())
		back := z.Instant(local)
		if z.Local(back) != local || back > m.Unix() {
			t.Fatalf("%s at %s: %d reads as %d", name, m, local, back)
		}
		if _, earlier := m.Add(-24 * time.Hour).In(loc).Zone(); back != m.Unix() && earlier <= want {
			t.Fatalf("%s at %s: read as another instant, though no hour repeats", name, m)
		}
	}
}

func TestRead(t *testing.T) {
	for _, c := range []struct{ zone, local, want string }{
		{"", "2025-03-04 08:00:02", "2025-03-04T08:00:02Z"},
		{"UTC", "2025-03-04T08:00:02.5", "2025-03-04T08:00:02.5Z"},
		{"Europe/Berlin", "2025-03-04 08:00:02", "2025-03-04T07:00:02Z"},
		{"Europe/Berlin", "2025-03-30 01:59:59", "2025-03-30T00:59:59Z"},
		{"Europe/Berlin", "2025-03-30 02:30:00", "2025-03-30T01:30:00Z"}, // never shown: 03:30 in summer
		{"Europe/Berlin", "2025-03-30 03:00:00", "2025-03-30T01:00:00Z"},
		{"Europe/Berlin", "2025-10-26 01:59:59", "2025-10-25T23:59:59Z"},
		{"Europe/Berlin", "2025-10-26 02:30:00", "2025-10-26T00:30:00Z"}, // the first of two
		{"Europe/Berlin", "2025-10-26 03:00:00", "2025-10-26T02:00:00Z"},
		{"Europe/Berlin", "2025-03-04T08:00:02+05:00", "2025-03-04T03:00:02Z"}, // it says its own
		{"CET-1CEST,M3.5.0,M10.5.0/3", "2025-10-26 02:30:00", "2025-10-26T00:30:00Z"},
		{"america/new_york", "2025-11-02 01:30:00", "2025-11-02T05:30:00Z"},
		{"America/New_York", "2025-03-09 02:30:00", "2025-03-09T07:30:00Z"},
		{"Australia/Lord_Howe", "2025-04-06 01:45:00", "2025-04-05T14:45:00Z"}, // half an hour repeats
		{"Africa/Casablanca", "2025-02-23 02:30:00", "2025-02-23T01:30:00Z"},   // Ramadan begins: this hour repeats
		{"Africa/Casablanca", "2025-03-15 12:00:00", "2025-03-15T12:00:00Z"},
		{"Africa/Casablanca", "2025-07-15 12:00:00", "2025-07-15T11:00:00Z"},
		{"Europe/Dublin", "2025-10-26 01:30:00", "2025-10-26T00:30:00Z"}, // summer is its standard time
		{"America/Nuuk", "2025-10-25 23:30:00", "2025-10-26T00:30:00Z"},  // repeats on the evening before
		{"Asia/Kathmandu", "2025-03-04 08:00:00", "2025-03-04T02:15:00Z"},
		{"+05:30", "2025-03-04 08:00:00", "2025-03-04T02:30:00Z"},
		{"-00:45", "2025-03-04 08:00:00", "2025-03-04T08:45:00Z"},
	} {
		z, err := Parse(c.zone)
		if err != nil {
			t.Errorf("%s: %v", c.zone, err)
			continue
		}
		got, ok := z.Read(c.local)
		if text := string(rfc3339.Append(nil, got)); !ok || text != c.want {
			t.Errorf("%s in %s: %s, want %s", c.local, c.zone, text, c.want)
		}
	}
	for _, bad := range []string{"", "2025-03-04", "2025-02-30 08:00:00", "2025-03-04 24:00:00", "04.03.2025 08:00:00", "2025-03-04_08:00:00", "n/a"} {
		if got, ok := (Zone{}).Read(bad); ok {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}

func TestAppend(t *testing.T) {
	z, err := Parse("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(z.Append([]byte("at "), rfc3339.Time{Sec: 1751630402, Nsec: 5e8})); got != "at 2025-07-04 14:00:02.5" {
		t.Error(got)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, bad := range []string{"Europe/Berlim", "CE-1", "+5:30", "+24:00", "+05:30x", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,60,300", "<CET-1", "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-168"} {
		if z, err := Parse(bad); err == nil {
			t.Errorf("%s was taken: %+v", bad, z)
		}
	}
}

// FuzzRule: whatever is taken for a rule and a time does not panic, and where clocks show a time at all, it reads as an
// instant at which they do.
func FuzzRule(f *testing.F) {
	f.Add("CET-1CEST,M3.5.0,M10.5.0/3", int64(1761438600))
	f.Add("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", int64(1761438600))
	f.Add("A", int64(-1<<62))
	f.Fuzz(func(t *testing.T, rule string, at int64) {
		z, err := Parse(rule)
		if err != nil || at < -62167219200+1e7 || at > 253402300799-1e7 {
			return
		}
		local := z.Local(at)
		if back := z.Instant(local); z.Local(back) != local || back > at {
			t.Errorf("%s: %d shows %d, which reads as %d", rule, at, local, back)
		}
	})
}

func BenchmarkInstant(b *testing.B) {
	z, _ := Parse("Europe/Berlin")
	b.ReportAllocs()
	for b.Loop() {
		z.Instant(1761438600)
	}
}
