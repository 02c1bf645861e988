/* escape.c: texts as they must be written inside of others. */
#include "internal.h"

static const char hex[] = "0123456789abcdef", upper_hex[] = "0123456789ABCDEF";

void pb_put_escaped(const char *p, size_t n) {
	const char *end = p + n;
	pb_ensure(6 * n);
	char *to = pb_at;
	while (p < end) {
		uint8_t c = (uint8_t)*p;
		if (pb_plain[c]) {
			*to++ = *p++;
			continue;
		}
		if (c >= 0x80) { /* what is no UTF-8 becomes U+FFFD */
			uint32_t r;
			size_t k = pb_rune(p, end, &r);
			to = pb_put_rune(to, r);
			p += k;
			continue;
		}
		*to++ = '\\', p++;
		switch (c) {
		case '"': case '\\': *to++ = (char)c; break;
		case '\n': *to++ = 'n'; break;
		case '\r': *to++ = 'r'; break;
		case '\t': *to++ = 't'; break;
		case '\b': *to++ = 'b'; break;
		case '\f': *to++ = 'f'; break;
		default:
			to = pb_move(to, "u00", 3);
			*to++ = hex[c >> 4], *to++ = hex[c & 15];
		}
	}
	pb_at = to;
}

/* pb_put_percent percent-encodes everything but RFC 3986's unreserved characters, and dots too where they are to go. */
void pb_put_percent(pb_text s, bool plus, bool dots) {
	char *to = pb_ensure(3 * s.len);
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.at[i];
		bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
		if (letter || (uint8_t)(c - '0') < 10 || c == '-' || c == '_' || c == '~' || (c == '.' && !dots)) {
			*to++ = (char)c;
		} else if (c == ' ' && plus) {
			*to++ = '+';
		} else {
			*to++ = '%', *to++ = upper_hex[c >> 4], *to++ = upper_hex[c & 15];
		}
	}
	pb_at = to;
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pb_text pb_to_base64(pb_text s) {
	char *from = pb_ensure(s.len / 3 * 4 + 4), *to = from;
	for (size_t i = 0; i < s.len; i += 3) {
		size_t left = s.len - i;
		uint32_t n = (uint32_t)(uint8_t)s.at[i] << 16;
		if (left > 1) n |= (uint32_t)(uint8_t)s.at[i + 1] << 8;
		if (left > 2) n |= (uint8_t)s.at[i + 2];
		*to++ = base64[n >> 18], *to++ = base64[n >> 12 & 63];
		*to++ = left > 1 ? base64[n >> 6 & 63] : '=';
		*to++ = left > 2 ? base64[n & 63] : '=';
	}
	return pb_at = to, (pb_text){from, (size_t)(to - from)};
}

static int base64_digit(char c) {
	if (c >= 'A' && c <= 'Z') return c - 'A';
	if (c >= 'a' && c <= 'z') return c - 'a' + 26;
	if (c >= '0' && c <= '9') return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

pb_text pb_from_base64(pb_text s) {
	char *from = pb_ensure(s.len), *to = from;
	uint32_t bits = 0;
	int n = 0;
	for (size_t i = 0; i < s.len && base64_digit(s.at[i]) >= 0; i++) {
		bits = bits << 6 | (uint32_t)base64_digit(s.at[i]);
		if ((n += 6) >= 8) *to++ = (char)(bits >> (n -= 8));
	}
	return pb_at = to, (pb_text){from, (size_t)(to - from)};
}
