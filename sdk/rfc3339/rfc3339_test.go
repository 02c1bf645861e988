package rfc3339

import (
	"strings"
	"testing"
	"time"
)

func TestNormalise(t *testing.T) {
	tests := []struct{ in, want string }{
		{"2025-03-04T08:00:01.204117530Z", "2025-03-04T08:00:01.20411753Z"},
		{"2025-03-04T08:00:01.000Z", "2025-03-04T08:00:01Z"},
		{"2025-03-04t08:00:01z", "2025-03-04T08:00:01Z"},
		{"2025-03-04T00:30:00+01:00", "2025-03-03T23:30:00Z"},
		{"2024-02-29T23:30:00-00:45", "2024-03-01T00:15:00Z"},
		{"2025-03-04T08:00:01.1234567899Z", "2025-03-04T08:00:01.123456789Z"},
		{"0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"},
		{"9999-12-31T23:59:59.9Z", "9999-12-31T23:59:59.9Z"},
		{"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"},
	}
	for _, test := range tests {
		got, ok := Normalise([]byte("x"), test.in)
		if !ok || string(got) != "x"+test.want {
			t.Errorf("%s: want %s, got %s, %v", test.in, test.want, got, ok)
		}
	}
	for _, bad := range []string{
		"", "2025-03-04", "2025-03-04T08:00:01", "2025-03-04 08:00:01Z", "2025-02-29T08:00:01Z", "1900-02-29T00:00:00Z",
		"2025-13-01T00:00:00Z", "2025-00-01T00:00:00Z", "2025-01-00T00:00:00Z", "2025-04-31T00:00:00Z", "2025-03-04T24:00:00Z",
		"2025-03-04T08:60:00Z", "2025-03-04T08:00:60Z", "2025-03-04T08:00:01.Z", "2025-03-04T08:00:01,5Z", "2025-03-04T08:00:01+0100",
		"2025-03-04T08:00:01+24:00", "2025-03-04T08:00:01+01:60", "2025-03-04T08:00:01ZZ", "0000-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01", "2025-03-04T08:00:01.5", "n/a, but a text of that length",
	} {
		if got, ok := Normalise(nil, bad); ok || got != nil {
			t.Errorf("%s: taken as %s", bad, got)
		}
	}
}

func TestAppendKeepsToFourDigits(t *testing.T) {
	for _, sec := range []int64{-1 << 62, 1 << 62} {
		if got := Append(nil, Time{Sec: sec}); len(got) != len("2006-01-02T15:04:05Z") {
			t.Errorf("%d: %s", sec, got)
		}
	}
}

func TestEveryDay(t *testing.T) {
	for at := time.Date(0, 1, 1, 12, 0, 0, 0, time.UTC); at.Year() < 10000; at = at.AddDate(0, 0, 1) {
		want := at.Format(time.RFC3339)
		got, ok := Parse(want)
		if !ok || got.Sec != at.Unix() || string(Append(nil, got)) != want {
			t.Fatalf("%s: %v, %s", want, got, Append(nil, got))
		}
	}
}

// FuzzParse compares with the time package. What it takes and this does not: a comma in the fraction, hours of one digit
// and offsets beyond a day, none of which RFC 3339 has.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"2025-03-04T08:00:01.204117530Z", "2024-02-29T23:59:59+23:59", "0000-01-01T00:00:00Z", "2025-03-04T8:00:01Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Parse(s)
		want, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
		inYears := err == nil && want.UTC().Year() >= 0 && want.UTC().Year() <= 9999
		strict := err == nil && !strings.Contains(s, ",") && len(s) >= 20 && s[13] == ':'
		if ok && (!inYears || want.Unix() != got.Sec || int32(want.Nanosecond()) != got.Nsec) {
			t.Fatalf("%q: want %v, %v, got %v", s, want, err, got)
		}
		if !ok && inYears && strict {
			if zone := s[len(s)-6:]; s[len(s)-1]|0x20 == 'z' || zone[1:3] < "24" && zone[4:] < "60" {
				t.Fatalf("%q: refused, but it is %v", s, want)
			}
		}
		if ok {
			text := string(Append(nil, got))
			if text != want.UTC().Format(time.RFC3339Nano) {
				t.Fatalf("%q: written %s, want %s", s, text, want.UTC().Format(time.RFC3339Nano))
			}
			if Canonical(s) != (text == s) {
				t.Fatalf("%q: canonical %v, but written %s", s, Canonical(s), text)
			}
		}
	})
}

func BenchmarkNormalise(b *testing.B) {
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = Normalise(buf[:0], "2025-03-04T08:00:01.204117530Z")
	}
}
