/* time.c: RFC 3339 times. Written in canonical form: UTC, ending in Z, no trailing zeros in the fraction. */
#include "internal.h"

/* The instants that four digits of a year can write. */
static const int64_t first_second = -62167219200, last_second = 253402300799;

/* two reads two digits; negative when they are none. */
static int two(const char *p) {
	uint8_t a = (uint8_t)(p[0] - '0'), b = (uint8_t)(p[1] - '0');
	return a > 9 || b > 9 ? -10000 : a * 10 + b;
}

static bool leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static int days_in(int year, int month) {
	if (month == 2) return leap(year) ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* days counts from 1970-01-01. Years begin in March here, so that the leap day is the last one, and come in eras of 400. */
static int64_t days(int year, int month, int day) {
	if (month <= 2) year--, month += 12;
	int era = year < 0 ? -1 : year / 400, in_era = year - era * 400;
	int day_of_year = (153 * (month - 3) + 2) / 5 + day - 1;
	return (int64_t)era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + day_of_year - 719468;
}

/* zone reads Z or an offset, in seconds east of UTC. */
static bool zone(const char *p, size_t n, int *offset) {
	*offset = 0;
	if (n == 1) return (p[0] | 0x20) == 'z';
	if (n != 6 || (p[0] != '+' && p[0] != '-') || p[3] != ':') return false;
	int hours = two(p + 1), minutes = two(p + 4);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
	*offset = (hours * 3600 + minutes * 60) * (p[0] == '-' ? -1 : 1);
	return true;
}

bool pb_parse_time(pb_text s, pb_instant *t) {
	const char *p = s.at;
	if (s.len < 20 || p[4] != '-' || p[7] != '-' || (p[10] | 0x20) != 't' || p[13] != ':' || p[16] != ':') return false;
	int year = two(p) * 100 + two(p + 2), month = two(p + 5), day = two(p + 8);
	int hour = two(p + 11), minute = two(p + 14), second = two(p + 17), offset;
	if (two(p) < 0 || two(p + 2) < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
		second < 0 || second > 59 || day > days_in(year, month))
		return false;
	size_t i = 19;
	int32_t nsec = 0;
	if (p[i] == '.' && i + 1 < s.len && (uint8_t)(p[i + 1] - '0') <= 9) {
		int32_t scale = 100000000;
		for (i++; i < s.len && (uint8_t)(p[i] - '0') <= 9; i++, scale /= 10) nsec += (p[i] - '0') * scale;
	}
	if (!zone(p + i, s.len - i, &offset)) return false;
	t->sec = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
	t->nsec = nsec;
	return t->sec >= first_second && t->sec <= last_second;
}

static char *pair(char *to, int n) {
	*to++ = (char)('0' + n / 10), *to++ = (char)('0' + n % 10);
	return to;
}

/* put_date puts the day that is n days after 1970-01-01. */
static char *put_date(char *to, int64_t n) {
	n += 719468;
	int64_t era = n < 0 ? -1 : n / 146097;
	int in_era = (int)(n - era * 146097);
	int y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int day_of_year = in_era - (365 * y + y / 4 - y / 100), m = (5 * day_of_year + 2) / 153;
	int year = y + (int)era * 400 + (m + 3 > 12), month = m + 3 > 12 ? m - 9 : m + 3;
	to = pair(pair(to, year / 100), year % 100);
	*to++ = '-', to = pair(to, month);
	*to++ = '-', to = pair(to, day_of_year - (153 * m + 2) / 5 + 1);
	return to;
}

void pb_put_instant(pb_obj place, pb_instant t) {
	if (t.sec < first_second) t = (pb_instant){first_second, 0};
	if (t.sec > last_second) t = (pb_instant){last_second, 0};
	int64_t day = t.sec / 86400 - (t.sec % 86400 < 0);
	int sec = (int)(t.sec - day * 86400);
	char *from = pb_ensure(40), *to = from;
	*to++ = '"', to = put_date(to, day);
	*to++ = 'T', to = pair(to, sec / 3600);
	*to++ = ':', to = pair(to, sec / 60 % 60);
	*to++ = ':', to = pair(to, sec % 60);
	if (t.nsec > 0) *to++ = '.';
	for (int32_t nsec = t.nsec, scale = 100000000; nsec > 0; nsec %= scale, scale /= 10) *to++ = (char)('0' + nsec / scale);
	*to++ = 'Z', *to++ = '"';
	pb_at = to;
	pb_leaf(place, from);
}

/* pb_put_time writes a time that was read: as it was written, if that is the canonical form. */
void pb_put_time(pb_obj place, pb_instant t, pb_text s) {
	bool canonical = s.at[10] == 'T' && s.at[s.len - 1] == 'Z' && (s.len == 20 || (s.len <= 30 && s.at[s.len - 2] != '0'));
	if (canonical) pb_put_str(place, s);
	else pb_put_instant(place, t);
}
