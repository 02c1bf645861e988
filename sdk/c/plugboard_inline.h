/* plugboard_inline.h: what the compiler works out where a name or path is written out, as they nearly always are: its length,
 * whether it is a single plain name, and the mark by which that is found. plugboard_json.h includes it. */
#ifndef PLUGBOARD_INLINE_H
#define PLUGBOARD_INLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PB_INLINE static inline __attribute__((always_inline))

/* Texts are gone through eight bytes at a time. */
#define PB_ONES 0x0101010101010101ull
#define PB_HIGH 0x8080808080808080ull

PB_INLINE uint64_t pb_load8(const char *p) {
	uint64_t w;
	__builtin_memcpy(&w, p, 8);
	return w;
}

PB_INLINE uint32_t pb_load4(const char *p) {
	uint32_t w;
	__builtin_memcpy(&w, p, 4);
	return w;
}

/* pb_special has the high bit set for the first byte of w that is a quote, a backslash, a control character or no ASCII;
 * bits above it mean nothing. */
PB_INLINE uint64_t pb_special(uint64_t w) {
	return (w | (w - 0x20 * PB_ONES) | ((w ^ '"' * PB_ONES) - PB_ONES) | ((w ^ '\\' * PB_ONES) - PB_ONES)) & PB_HIGH;
}

/* pb_dots has the high bit set for the first byte of w that is a dot or a backslash; bits above it mean nothing. */
PB_INLINE uint64_t pb_dots(uint64_t w) {
	uint64_t x = w ^ '.' * PB_ONES, y = w ^ '\\' * PB_ONES;
	return (((x - PB_ONES) & ~x) | ((y - PB_ONES) & ~y)) & PB_HIGH;
}

/* pb_mark is a mark of a name: names of the same length below eight bytes are the same if their marks are. The gateway
 * makes the same for a tape. */
PB_INLINE uint64_t pb_mark(const char *p, size_t n) {
	if (n >= 8) return pb_load8(p) + (pb_load8(p + n - 8) << 1);
	if (n >= 4) return pb_load4(p) | (uint64_t)pb_load4(p + n - 4) << 32;
	if (n > 0) return (uint64_t)(uint8_t)p[0] | (uint64_t)(uint8_t)p[n >> 1] << 8 | (uint64_t)(uint8_t)p[n - 1] << 16;
	return 0;
}

bool pb_equal_long(const char *a, const char *b, size_t n);

PB_INLINE bool pb_equal(const char *a, const char *b, size_t n) {
	if (n < 8) return pb_mark(a, n) == pb_mark(b, n);
	if (n <= 16) return pb_load8(a) == pb_load8(b) && pb_load8(a + n - 8) == pb_load8(b + n - 8);
	return pb_equal_long(a, b, n);
}

/* pb_one_name says whether a path is known here to be one plain name. */
PB_INLINE bool pb_one_name(const char *path, size_t n) {
	if (!__builtin_constant_p(n) || n == 0 || n > 24) return false;
	bool one = true;
	for (size_t i = 0; i < n; i++) one = one && path[i] != '.' && path[i] != '\\' && path[i] >= ' ' && path[i] != '"' && path[i] < 0x7f;
	return one;
}

#endif
