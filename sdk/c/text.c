/* text.c: pieces of text. */
#include "internal.h"

bool pb_starts_with(pb_text s, pb_text prefix) { return s.len >= prefix.len && pb_equal(s.at, prefix.at, prefix.len); }

pb_text pb_cut(pb_text s, size_t from, size_t to) {
	if (to > s.len) to = s.len;
	if (from > to) from = to;
	return (pb_text){s.at + from, to - from};
}

size_t pb_find(pb_text s, char c, size_t from) {
	while (from < s.len && s.at[from] != c) from++;
	return from < s.len ? from : s.len;
}

pb_text pb_cat_list(const pb_text *list, size_t n) {
	size_t len = 0;
	for (size_t i = 0; i < n; i++) len += list[i].len;
	pb_ensure(len);
	const char *from = pb_at;
	for (size_t i = 0; i < n; i++) pb_put(list[i]);
	return (pb_text){from, len};
}

void pb_put(pb_text s) {
	pb_ensure(s.len);
	pb_at = pb_move(pb_at, s.at, s.len);
}

pb_text pb_excerpt(pb_text s, size_t n) {
	if (s.len <= n) return s;
	while (n > 0 && ((uint8_t)s.at[n] & 0xc0) == 0x80) n--;
	return pb_cat(pb_cut(s, 0, n), PB("…"));
}

pb_text pb_decimal(int64_t n) {
	const char *from = pb_ensure(20);
	pb_put_decimal(n);
	return (pb_text){from, (size_t)(pb_at - from)};
}

void pb_put_decimal(int64_t n) {
	char digits[20];
	size_t i = sizeof digits;
	uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	do digits[--i] = (char)('0' + u % 10);
	while (u /= 10);
	if (n < 0) digits[--i] = '-';
	pb_put((pb_text){digits + i, sizeof digits - i});
}

bool pb_parse_int(pb_text s, int64_t *n) {
	bool negative = s.len > 0 && s.at[0] == '-';
	if (negative) s = pb_cut(s, 1, s.len);
	if (s.len == 0 || s.len > 19) return false;
	uint64_t u = 0; /* 19 digits fit */
	for (size_t i = 0; i < s.len; i++) {
		uint8_t digit = (uint8_t)(s.at[i] - '0');
		if (digit > 9) return false;
		u = u * 10 + digit;
	}
	if (u > (uint64_t)INT64_MAX + negative) return false;
	*n = negative ? (int64_t)(0 - u) : (int64_t)u;
	return true;
}

/* lower is the small letter of a large one, for the scripts that come in rows: Latin, Greek, Cyrillic. */
static uint32_t lower(uint32_t r) {
	if (r == ' ') return '_';
	if (r >= 'A' && r <= 'Z') return r | 0x20;
	if (r < 0x80) return r;
	if ((r >= 0xc0 && r <= 0xde && r != 0xd7) || (r >= 0x391 && r <= 0x3ab && r != 0x3a2) || (r >= 0x410 && r <= 0x42f)) return r + 32;
	if (r >= 0x400 && r <= 0x40f) return r + 80;
	if ((r >= 0x100 && r <= 0x137 && r != 0x130 && r != 0x131) || (r >= 0x14a && r <= 0x177)) return r | 1;
	if ((r >= 0x139 && r <= 0x148) || (r >= 0x179 && r <= 0x17e)) return r + (r & 1);
	if (r == 0x178) return 0xff;
	if (r == 0x386) return 0x3ac;
	if (r >= 0x388 && r <= 0x38a) return r + 37;
	return r;
}

bool pb_same_name(pb_text a, pb_text b) {
	const char *p = a.at, *p_end = a.at + a.len, *q = b.at, *q_end = b.at + b.len;
	while (p < p_end && q < q_end) {
		uint32_t x, y;
		p += pb_rune(p, p_end, &x);
		q += pb_rune(q, q_end, &y);
		if (lower(x) != lower(y)) return false;
	}
	return p == p_end && q == q_end;
}
