// Package rfc3339 reads and writes times without the standard library's time package, which is slow to parse and large
// in a WebAssembly guest. The form it writes is the canonical one: UTC, ending in Z, up to nine digits of the fraction,
// trailing zeros removed.
package rfc3339

// Time is an instant: seconds since 1970 and nanoseconds within the second. Instants are comparable with ==.
type Time struct {
	Sec  int64
	Nsec int32
}

// The instants that four digits of a year can write.
const (
	minSec = -62167219200 // 0000-01-01T00:00:00Z
	maxSec = 253402300799 // 9999-12-31T23:59:59Z
)

// Normalise appends to dst the time s in canonical form. It is false, with dst as it was, when s is not RFC 3339.
func Normalise(dst []byte, s string) ([]byte, bool) {
	t, ok := Parse(s)
	if !ok {
		return dst, false
	}
	return Append(dst, t), true
}

// Parse reads a time. It takes what RFC 3339 allows but leap seconds; digits of the fraction beyond the ninth are cut
// off. It is false for everything else, also for a year outside 0000 to 9999 once turned into UTC.
func Parse(s string) (Time, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[10]|0x20 != 't' || s[13] != ':' || s[16] != ':' {
		return Time{}, false
	}
	century, year, month, day := two(s, 0), two(s, 2), two(s, 5), two(s, 8)
	hour, minute, second := two(s, 11), two(s, 14), two(s, 17)
	if century < 0 || year < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 ||
		minute < 0 || minute > 59 || second < 0 || second > 59 {
		return Time{}, false
	}
	year += century * 100
	if day > daysIn(year, month) {
		return Time{}, false
	}
	nsec, i := fraction(s, 19)
	offset, ok := zone(s[i:])
	sec := Days(year, month, day)*86400 + int64(hour*3600+minute*60+second-offset)
	if !ok || sec < minSec || sec > maxSec {
		return Time{}, false
	}
	return Time{sec, nsec}, true
}

// Canonical says whether s, of which Parse has said that it is a time, is written as Append would write it.
func Canonical(s string) bool {
	n := len(s)
	if s[n-1] != 'Z' || s[10] != 'T' {
		return false
	}
	return n == len("2006-01-02T15:04:05Z") || s[n-2] != '0' && n <= len("2006-01-02T15:04:05.999999999Z")
}

// two reads two digits; negative when they are none.
func two(s string, i int) int {
	a, b := s[i]-'0', s[i+1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(a)*10 + int(b)
}

// fraction reads a dot and digits at i, if any, as nanoseconds, and gives the place behind them. A dot without digits
// is left standing, where no zone begins with it.
func fraction(s string, i int) (nsec int32, next int) {
	if s[i] != '.' || i+1 >= len(s) || s[i+1]-'0' > 9 {
		return 0, i
	}
	scale := int32(100_000_000)
	for i++; i < len(s) && s[i]-'0' <= 9; i++ {
		nsec += int32(s[i]-'0') * scale
		scale /= 10
	}
	return nsec, i
}

// zone reads Z or an offset, in seconds east of UTC.
func zone(s string) (offset int, ok bool) {
	if len(s) == 1 {
		return 0, s[0]|0x20 == 'z'
	}
	if len(s) != len("+00:00") || (s[0] != '+' && s[0] != '-') || s[3] != ':' {
		return 0, false
	}
	hours, minutes := two(s, 1), two(s, 4)
	if hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return 0, false
	}
	offset = hours*3600 + minutes*60
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysIn(year, month int) int {
	switch month {
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// Days counts the days from 1970-01-01 to a date, which must be one. Years begin in March here, so that the leap day is the last one, and come in eras of 400,
// which all have the same number of days.
func Days(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = -1
	}
	inEra := year - era*400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	return int64(era)*146097 + int64(inEra*365+inEra/4-inEra/100+dayOfYear) - 719468
}

// Civil is the reverse of Days.
func Civil(n int64) (year, month, day int) {
	n += 719468
	era := n / 146097
	if n < 0 {
		era = -1
	}
	inEra := int(n - era*146097)
	y := (inEra - inEra/1460 + inEra/36524 - inEra/146096) / 365
	dayOfYear := inEra - (365*y + y/4 - y/100)
	m := (5*dayOfYear + 2) / 153
	day = dayOfYear - (153*m+2)/5 + 1
	year = y + int(era)*400
	month = m + 3
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// Append appends t in canonical form. An instant that four digits of a year cannot write becomes the nearest that they can.
func Append(dst []byte, t Time) []byte {
	if t.Sec < minSec {
		t = Time{Sec: minSec}
	} else if t.Sec > maxSec {
		t = Time{Sec: maxSec}
	}
	n := t.Sec / 86400
	if t.Sec%86400 < 0 {
		n--
	}
	year, month, day := Civil(n)
	sec := int(t.Sec - n*86400)
	dst = pair(pair(dst, year/100), year%100)
	dst = pair(append(dst, '-'), month)
	dst = pair(append(dst, '-'), day)
	dst = pair(append(dst, 'T'), sec/3600)
	dst = pair(append(dst, ':'), sec/60%60)
	dst = pair(append(dst, ':'), sec%60)
	if nsec := t.Nsec; nsec > 0 {
		dst = append(dst, '.')
		for scale := int32(100_000_000); nsec > 0 && scale > 0; scale /= 10 {
			dst = append(dst, byte('0'+nsec/scale%10))
			nsec %= scale
		}
	}
	return append(dst, 'Z')
}

func pair(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }
