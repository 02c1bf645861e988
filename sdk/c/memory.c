/* memory.c: the row of bytes that everything is allocated from, and the few functions that compilers call by themselves. */
#include "internal.h"

char *pb_at, *pb_limit;
static char *kept; /* where a call's allocations begin */

enum { PAGE = 65536 };

#ifdef __wasm__
extern char __heap_base;

void pb_more(size_t n) {
	if (pb_at == NULL) {
		pb_at = kept = &__heap_base;
		pb_limit = (char *)(__builtin_wasm_memory_size(0) * PAGE);
		if ((size_t)(pb_limit - pb_at) >= n) return;
	}
	size_t missing = n - (size_t)(pb_limit - pb_at);
	if (missing > SIZE_MAX - PAGE) pb_panic("out of memory");
	size_t pages = (missing + PAGE - 1) / PAGE;
	if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX) pb_panic("out of memory");
	pb_limit += pages * PAGE;
}

_Noreturn void pb_panic(const char *why) {
	pb_text text = pb_text_of(why);
	pb_host_log(3, text.at, (int32_t)text.len);
	__builtin_trap();
}

__attribute__((used, no_builtin)) size_t strlen(const char *s) {
	const char *p = s;
	while (*p) p++;
	return (size_t)(p - s);
}

__attribute__((used, no_builtin)) int memcmp(const void *a, const void *b, size_t n) {
	const unsigned char *x = a, *y = b;
	for (; n > 0; n--, x++, y++)
		if (*x != *y) return *x - *y;
	return 0;
}
#else
#include <stdio.h>
#include <stdlib.h>

static char row[64 << 20];

void pb_more(size_t n) {
	if (pb_at == NULL) pb_at = kept = row, pb_limit = row + sizeof row;
	if ((size_t)(pb_limit - pb_at) < n) pb_panic("out of memory");
}

_Noreturn void pb_panic(const char *why) {
	fprintf(stderr, "plugboard: %s\n", why);
	abort();
}
#endif

void pb_forget(void) {
	if (kept != NULL) pb_at = kept;
}

void pb_hold(void) { kept = pb_at; }

void *pb_room(size_t n) { return pb_align(n); }

bool pb_equal_long(const char *a, const char *b, size_t n) {
	for (size_t i = 0; i + 8 < n; i += 8)
		if (pb_load8(a + i) != pb_load8(b + i)) return false;
	return pb_load8(a + n - 8) == pb_load8(b + n - 8);
}

bool pb_is_plain_long(const char *p, size_t n) {
	for (size_t i = 0; i + 8 < n; i += 8)
		if (pb_special(pb_load8(p + i))) return false;
	return pb_special(pb_load8(p + n - 8)) == 0;
}
