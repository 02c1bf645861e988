/* utf8.c: characters. */
#include "internal.h"

size_t pb_rune(const char *p, const char *end, uint32_t *r) {
	uint8_t c = (uint8_t)*p;
	if (c < 0x80) return *r = c, 1;
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || (size_t)(end - p) < n) return *r = 0xfffd, 1;
	uint32_t v = c & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		uint8_t more = (uint8_t)p[i];
		if ((more & 0xc0) != 0x80) return *r = 0xfffd, 1;
		v = v << 6 | (more & 0x3f);
	}
	/* Longer than needed, a surrogate, or past the last character. */
	if ((n == 3 && v < 0x800) || (n == 4 && v < 0x10000) || (v >= 0xd800 && v <= 0xdfff) || v > 0x10ffff) return *r = 0xfffd, 1;
	return *r = v, n;
}

bool pb_utf8(const char *p, const char *end) {
	while (p < end) {
		uint32_t r;
		size_t n = pb_rune(p, end, &r);
		if (n == 1 && r == 0xfffd) return false;
		p += n;
	}
	return true;
}

char *pb_put_rune(char *dst, uint32_t r) {
	if (r < 0x80) return *dst++ = (char)r, dst;
	if (r < 0x800) {
		*dst++ = (char)(0xc0 | r >> 6);
	} else {
		if (r < 0x10000) {
			*dst++ = (char)(0xe0 | r >> 12);
		} else {
			*dst++ = (char)(0xf0 | r >> 18);
			*dst++ = (char)(0x80 | (r >> 12 & 0x3f));
		}
		*dst++ = (char)(0x80 | (r >> 6 & 0x3f));
	}
	return *dst++ = (char)(0x80 | (r & 0x3f)), dst;
}
