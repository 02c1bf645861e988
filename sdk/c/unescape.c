/* unescape.c: the escapes of JSON strings undone. */
#include "internal.h"

static int hex_digit(char c) {
	if ((uint8_t)(c - '0') < 10) return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool pb_hex4(const char *p, const char *end, uint32_t *r) {
	if (end - p < 4) return false;
	*r = 0;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(p[i]);
		if (digit < 0) return false;
		*r = *r << 4 | (uint32_t)digit;
	}
	return true;
}

/* surrogates reads the four hex digits at p and, where they are half of a pair, the other half. */
static const char *surrogates(const char *p, const char *end, uint32_t *r) {
	uint32_t low;
	pb_hex4(p, end, r);
	p += 4;
	if (*r < 0xd800 || *r > 0xdfff) return p;
	if (*r < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' && pb_hex4(p + 2, end, &low) && low >= 0xdc00 && low <= 0xdfff) {
		*r = ((*r - 0xd800) << 10) + (low - 0xdc00) + 0x10000;
		return p + 6;
	}
	*r = 0xfffd;
	return p;
}

char *pb_unescape(char *dst, const char *p, const char *end) {
	while (p < end) {
		char c = *p++;
		if (c == '\\') {
			c = *p++;
			switch (c) {
			case 'b': c = '\b'; break;
			case 'f': c = '\f'; break;
			case 'n': c = '\n'; break;
			case 'r': c = '\r'; break;
			case 't': c = '\t'; break;
			case 'u': {
				uint32_t r;
				p = surrogates(p, end, &r);
				dst = pb_put_rune(dst, r);
				continue;
			}
			}
		}
		*dst++ = c;
	}
	return dst;
}
