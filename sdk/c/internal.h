/* internal.h: what the files of this SDK share. A plugin does not include it. */
#ifndef PLUGBOARD_INTERNAL_H
#define PLUGBOARD_INTERNAL_H

#include "plugboard.h"

/* The imports of plugboard_v1. A build for anything but WebAssembly gets them from the test that it is part of. */
#ifdef __wasm__
#define PB_IMPORT(name) __attribute__((import_module("plugboard_v1"), import_name(#name)))
#else
#define PB_IMPORT(name)
#endif

PB_IMPORT(input_size) int32_t pb_host_input_size(void);
PB_IMPORT(input_read) int32_t pb_host_input_read(char *dst, int32_t offset, int32_t n);
PB_IMPORT(input_tape) int32_t pb_host_input_tape(int32_t format, char *dst, int32_t cap);
PB_IMPORT(output_write) void pb_host_output_write(const char *src, int32_t n);
PB_IMPORT(fact) int32_t pb_host_fact(const char *name, int32_t name_n, char *dst, int32_t cap);
PB_IMPORT(lookup)
int32_t pb_host_lookup(const char *table, int32_t table_n, const char *key, int32_t key_n, char *dst, int32_t cap);
PB_IMPORT(state_get) int32_t pb_host_state_get(const char *key, int32_t key_n, char *dst, int32_t cap);
PB_IMPORT(state_set)
void pb_host_state_set(const char *key, int32_t key_n, const char *src, int32_t n, int64_t ttl_seconds);
PB_IMPORT(sign)
int32_t pb_host_sign(const char *secret, int32_t secret_n, int32_t algorithm, const char *src, int32_t n, char *dst, int32_t cap);
PB_IMPORT(log) void pb_host_log(int32_t level, const char *src, int32_t n);
PB_IMPORT(stop) void pb_host_stop(int32_t kind, const char *src, int32_t n);

/* ---- memory ----
 *
 * One row of bytes from pb_at to pb_limit, taken from the front and given back all at once: pb_forget goes back to where
 * init ended. So an allocation is an addition, and a text that grows at the front's end need not be moved. */
extern char *pb_at, *pb_limit;

void pb_more(size_t n); /* grows the row, or traps */
void pb_forget(void);   /* a call begins */
void pb_hold(void);     /* what was allocated so far stays */

/* pb_ensure sees to it that n bytes are free at pb_at. */
static inline char *pb_ensure(size_t n) {
	if ((size_t)(pb_limit - pb_at) < n) pb_more(n);
	return pb_at;
}

/* pb_align gives n bytes for a structure. */
static inline void *pb_align(size_t n) {
	pb_ensure(n + 8);
	char *p = (char *)(((uintptr_t)pb_at + 7) & ~(uintptr_t)7);
	pb_at = p + n;
	return p;
}

_Noreturn void pb_panic(const char *why);

bool pb_is_plain_long(const char *p, size_t n);
extern const bool pb_plain[256];

/* pb_is_plain says whether all of it stands for itself inside a JSON string. */
static inline bool pb_is_plain(const char *p, size_t n) {
	if (n >= 8) return pb_is_plain_long(p, n);
	if (n >= 4) return pb_special(pb_load4(p) | (uint64_t)pb_load4(p + n - 4) << 32) == 0;
	for (size_t i = 0; i < n; i++)
		if (!pb_plain[(uint8_t)p[i]]) return false;
	return true;
}

/* pb_move copies n bytes to where nothing overlaps and gives the place behind them. Most texts are short, and then it is
 * quicker than the instruction that copies memory. */
static inline char *pb_move(char *dst, const char *src, size_t n) {
	if (n >= 8 && n <= 128) {
		for (size_t i = 0; i + 8 < n; i += 8) __builtin_memcpy(dst + i, src + i, 8);
		__builtin_memcpy(dst + n - 8, src + n - 8, 8);
	} else if (n >= 4 && n < 8) {
		__builtin_memcpy(dst, src, 4);
		__builtin_memcpy(dst + n - 4, src + n - 4, 4);
	} else if (n > 0) {
		__builtin_memcpy(dst, src, n);
	}
	return dst + n;
}

/* pb_spread is a mark's bits mixed, the highest best. */
static inline uint64_t pb_spread(uint64_t mark) { return mark * 0x9e3779b97f4a7c15ull; }

/* ---- nodes of a document, as the gateway's tape has them on a machine of 32 bits ---- */

enum {
	PB_ESCAPED = 1,      /* the string holds a backslash */
	PB_NAME_ESCAPED = 2, /* so does its name */
	PB_CARRIED = 4,      /* taken: left out of what remains */
	PB_LOOKED = 8,       /* it is known whether its members' names differ */
	PB_UNIQUE = 16,      /* they do */
};

struct pb_node {
	uint8_t kind, flags;
	uint16_t cursor;              /* how far behind an object the member stands that was found last */
	const char *start, *end;      /* of a string without its quotes */
	const char *name, *name_end;  /* name is NULL where there is none */
	struct pb_node *next;         /* behind the last descendant */
	uint64_t mark;                /* of the name, escapes undone */
};

extern struct pb_parse_fault {
	const char *reason;
	size_t offset;
} pb_last_fault;

pb_value pb_read_input(pb_text src); /* the call's input, as the gateway has read it or by itself */

/* ---- parts of an object in the making ---- */

struct pb_part {
	uint64_t mark;        /* of the name as it is written */
	uint64_t seen;        /* a bit for each member's mark: most new names are known to be new */
	const char *name;     /* with quotes and colon: "name": */
	const char *value;    /* of a leaf, as it is written */
	uint32_t name_len, len;
	struct pb_part *first, *last, *next;
	uint8_t kind;
};

/* pb_add_part adds a part by its name as it is written; NULL in a list. */
pb_obj pb_add_part(pb_obj to, const char *name, size_t name_len, uint64_t mark, int kind);
pb_obj pb_child(pb_obj o, pb_text name, int kind); /* by its exact name */
static inline void pb_leaf(pb_obj part, const char *from) { part->value = from, part->len = (uint32_t)(pb_at - from); }
bool pb_blank(pb_obj part);

pb_text pb_next_name(const char **p, const char *end); /* one step of a path; *p is then at its dot, or at end */

/* These write at pb_at. */
void pb_put(pb_text s);
void pb_put_escaped(const char *p, size_t n); /* as a JSON string's content */
void pb_put_decimal(int64_t n);
bool pb_hex4(const char *p, const char *end, uint32_t *r); /* four hex digits at p */
char *pb_unescape(char *dst, const char *p, const char *end); /* checked content; gives the place behind */

size_t pb_rune(const char *p, const char *end, uint32_t *r); /* one character; U+FFFD and 1 where there is none */
char *pb_put_rune(char *dst, uint32_t r);
bool pb_utf8(const char *p, const char *end);
void pb_put_percent(pb_text s, bool plus, bool dots);
pb_text pb_to_base64(pb_text s);
pb_text pb_from_base64(pb_text s);

#endif
