package zone

import "github.com/plugboard/plugboard/sdk/rfc3339"

// change is a day and time of each year: Mmonth.week.weekday/time, the only form that places use. Week 5 is the last one.
type change struct {
	month, week, weekday int
	time                 int // seconds after midnight of that day; may be negative or past its end
}

// at is the change's local time, in seconds since 1970 as if it were UTC.
func (c *change) at(year int) int64 {
	first := rfc3339.Days(year, c.month, 1)
	weekday := int((first%7 + 4 + 7) % 7) // 1970 began on a Thursday
	day := (c.weekday-weekday+7)%7 + (c.week-1)*7
	if next := c.month%12 + 1; c.week == 5 {
		year += c.month / 12
		for int64(day) >= rfc3339.Days(year, next, 1)-first {
			day -= 7
		}
	}
	return (first+int64(day))*86400 + int64(c.time)
}

// parseRule reads what POSIX has in TZ: CET-1CEST,M3.5.0,M10.5.0/3. Offsets count west there.
func parseRule(s string) (z Zone, ok bool) {
	r := rule{s, true}
	r.name()
	z.standard = -r.hours()
	if r.s == "" {
		return z, r.ok
	}
	r.name()
	z.changes, z.summer = true, z.standard+3600
	if r.s != "" && r.s[0] != ',' {
		z.summer = -r.hours()
	}
	r.take(',')
	z.begins = r.change()
	r.take(',')
	z.ends = r.change()
	return z, r.ok && r.s == ""
}

// rule is what is left to be read of one.
type rule struct {
	s  string
	ok bool
}

func (r *rule) next(c byte) bool {
	if r.s == "" || r.s[0] != c {
		return false
	}
	r.s = r.s[1:]
	return true
}

func (r *rule) take(c byte) { r.ok = r.next(c) && r.ok }

// name passes over an abbreviation: at least three letters, or anything in angle brackets.
func (r *rule) name() {
	n := 0
	if r.next('<') {
		for n < len(r.s) && r.s[n] != '>' {
			n++
		}
		r.s = r.s[n:]
		r.take('>')
	} else {
		for n < len(r.s) && r.s[n]|0x20 >= 'a' && r.s[n]|0x20 <= 'z' {
			n++
		}
		r.s = r.s[n:]
	}
	r.ok = r.ok && n >= 3
}

// number reads up to three digits.
func (r *rule) number(least, most int) int {
	n, digits := 0, 0
	for digits < 3 && digits < len(r.s) && r.s[digits]-'0' <= 9 {
		n = n*10 + int(r.s[digits]-'0')
		digits++
	}
	r.s = r.s[digits:]
	r.ok = r.ok && digits > 0 && n >= least && n <= most
	return n
}

// hours reads [-]h[:m[:s]] as seconds.
func (r *rule) hours() int {
	sign := 1
	if r.next('-') {
		sign = -1
	} else {
		r.next('+')
	}
	seconds := r.number(0, 167) * 3600 // a week is what RFC 8536 allows
	for _, unit := range [...]int{60, 1} {
		if !r.next(':') {
			break
		}
		seconds += r.number(0, 59) * unit
	}
	return sign * seconds
}

func (r *rule) change() change {
	r.take('M')
	c := change{time: 2 * 3600}
	c.month = r.number(1, 12)
	r.take('.')
	c.week = r.number(1, 5)
	r.take('.')
	c.weekday = r.number(0, 6)
	if r.next('/') {
		c.time = r.hours()
	}
	return c
}

// except gives the times at which a place does not follow its rule.
func except(name string) string {
	if name == "Africa/El_Aaiun" {
		name = "Africa/Casablanca"
	}
	if name == "Asia/Hebron" {
		name = "Asia/Gaza"
	}
	switch name {
	case "Africa/Casablanca":
		return casablanca
	case "Asia/Gaza":
		return gaza
	}
	return ""
}

// exception says whether a place does not follow its rule at an instant, and what it does. The list has lines "begin end
// offset" of digits, hours since 1970, and minutes east.
func exception(list string, instant int64) (offset int, ok bool) {
	for list != "" {
		var v [3]int64
		for i := range v {
			v[i], list = leading(list)
		}
		if instant < v[0]*3600 {
			break
		}
		if instant < v[1]*3600 {
			return int(v[2]) * 60, true
		}
	}
	return 0, false
}

// leading reads a number and the byte behind it.
func leading(s string) (n int64, rest string) {
	i := 0
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		n = n*10 + int64(s[i]-'0')
	}
	return n, s[min(i+1, len(s)):]
}
