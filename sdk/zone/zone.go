// Package zone reads and writes times that carry no zone, as vendors send them: 2025-03-30 02:30:00, by the clocks of a
// place that only the configuration knows.
//
// The standard library's time package and its tables would make a plugin some 800 KB larger. This package knows of each
// place the rule that holds now (Europe/Berlin: CET, an hour more from the last Sunday in March to the last in October),
// which is what messages that arrive now need: 10 KB. For a time of before the rule was made, in a place that has changed
// its rule since, it is wrong. The few places that no rule describes, Morocco and Gaza, have their changes until 2045.
//
// An hour that is repeated, when clocks are put back, is read as its first occurrence. One that is left out, when they are
// put forward, is read as if they had not been yet: 02:30 then is 03:30. The package is safe for concurrent use.
package zone

import (
	"errors"
	"strings"
	"sync/atomic"

	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// Zone is a place's offsets from UTC. The zero Zone is UTC.
type Zone struct {
	standard, summer int // seconds east of UTC; summer is the other one, whichever is more
	begins, ends     change
	changes          bool
	exceptions       string // see exception

	last *atomic.Pointer[season] // found last; nil: nobody keeps it
}

// season is when the clocks change in one year.
type season struct {
	from, until  int64 // the year, by standard time
	begins, ends int64
}

// Parse gives the zone of a name, Europe/Berlin in any case; of an offset, +05:30; or of a rule as POSIX has it in TZ,
// CET-1CEST,M3.5.0,M10.5.0/3. "" is UTC.
func Parse(text string) (Zone, error) {
	switch {
	case text == "" || text == "Z":
		return Zone{}, nil
	case text[0] == '+' || text[0] == '-':
		if offset, ok := offset(text); ok {
			return Zone{standard: offset}, nil
		}
		return Zone{}, errors.New(text + " is no offset; write it like +05:30")
	}
	if rule, exceptions := find(text); rule != "" {
		z, _ := parseRule(rule) // a test has read all of the table
		z.exceptions, z.last = exceptions, new(atomic.Pointer[season])
		return z, nil
	}
	if z, ok := parseRule(text); ok {
		z.last = new(atomic.Pointer[season])
		return z, nil
	}
	return Zone{}, errors.New(text + " is no time zone; write its name (Europe/Berlin), an offset (+05:30) or a rule (CET-1CEST,M3.5.0,M10.5.0/3)")
}

// offset reads +05:30.
func offset(s string) (seconds int, ok bool) {
	if len(s) != len("+05:30") {
		return 0, false
	}
	t, ok := rfc3339.Parse("1970-01-02T00:00:00" + s)
	return 86400 - int(t.Sec), ok
}

// find looks a name up in the table.
func find(name string) (rule, exceptions string) {
	for rest := table; rest != ""; {
		line := ""
		line, rest, _ = strings.Cut(rest, "\n")
		rule, names, _ := strings.Cut(line, " ")
		for names != "" {
			one := ""
			if one, names, _ = strings.Cut(names, " "); strings.EqualFold(one, name) {
				return rule, except(one)
			}
		}
	}
	return "", ""
}

// Read reads a local time: a date, a space or a T, and a time, with a fraction or without. One that says its zone (Z,
// +01:00) is read by that.
func (z Zone) Read(s string) (rfc3339.Time, bool) {
	if len(s) < len("2006-01-02 15:04:05") || s[10] != ' ' && s[10]|0x20 != 't' {
		return rfc3339.Time{}, false
	}
	if len(s) > 64 {
		return rfc3339.Time{}, false
	}
	var room [65]byte
	text := append(room[:0], s...)
	text[10] = 'T'
	if end := len(s) - len("+01:00"); s[len(s)-1]|0x20 == 'z' || s[end] == '+' || s[end] == '-' {
		return rfc3339.Parse(string(text))
	}
	t, ok := rfc3339.Parse(string(append(text, 'Z')))
	if ok {
		t.Sec = z.Instant(t.Sec)
	}
	return t, ok
}

// Append appends an instant as local time, 2006-01-02 15:04:05, with the fraction of a second where there is one.
func (z Zone) Append(dst []byte, t rfc3339.Time) []byte {
	at := len(dst)
	dst = rfc3339.Append(dst, rfc3339.Time{Sec: z.Local(t.Sec), Nsec: t.Nsec})
	dst[at+10] = ' '
	return dst[:len(dst)-1]
}

// Local is what the clocks show at an instant; both are seconds since 1970, the clocks' as if they were UTC's.
func (z Zone) Local(instant int64) int64 { return instant + int64(z.offsetAt(instant)) }

// Instant is the reverse of Local.
func (z Zone) Instant(local int64) int64 {
	found, instant := false, int64(0)
	o := z.offsets(local)
	for i, offset := range o {
		if i > 0 && offset == o[0] || i == 2 && offset == o[1] {
			continue
		}
		t := local - int64(offset)
		if z.offsetAt(t) == offset && (!found || t < instant) {
			found, instant = true, t
		}
	}
	if !found { // clocks were put forward, from the smaller offset
		instant = local - int64(min(o[0], o[1], o[2]))
	}
	return instant
}

// offsets are all that may hold around that time; some stand twice.
func (z *Zone) offsets(around int64) [3]int {
	o := [3]int{z.standard, z.standard, z.standard}
	if z.changes {
		o[1] = z.summer
	}
	for _, near := range [...]int64{around - 86400, around + 86400} {
		if x, ok := exception(z.exceptions, near); ok {
			o[2] = x
		}
	}
	return o
}

func (z *Zone) offsetAt(instant int64) int {
	if o, ok := exception(z.exceptions, instant); ok {
		return o
	}
	if !z.changes {
		return z.standard
	}
	s := z.seasonOf(instant)
	if s.begins < s.ends {
		if instant >= s.begins && instant < s.ends {
			return z.summer
		}
	} else if instant >= s.begins || instant < s.ends { // south of the equator the year ends in summer
		return z.summer
	}
	return z.standard
}

// seasonOf is the season of the year in which an instant is: most times are of the same year.
func (z *Zone) seasonOf(instant int64) *season {
	if z.last != nil {
		if s := z.last.Load(); s != nil && instant >= s.from && instant < s.until {
			return s
		}
	}
	year, _, _ := rfc3339.Civil(floorDiv(instant+int64(z.standard), 86400))
	s := &season{
		from: rfc3339.Days(year, 1, 1)*86400 - int64(z.standard), until: rfc3339.Days(year+1, 1, 1)*86400 - int64(z.standard),
		begins: z.begins.at(year) - int64(z.standard), ends: z.ends.at(year) - int64(z.summer),
	}
	if z.last != nil {
		z.last.Store(s)
	}
	return s
}

func floorDiv(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}
