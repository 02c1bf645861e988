/* plugboard_json.h: texts, and JSON in and out. plugboard.h includes it.
 *
 * Nothing is freed. What a call allocates is gone at the next call; what init allocates stays as long as the instance. So
 * texts may be handed on freely within a call, and must not be kept in a variable for the next one.
 *
 * Reading: a text is read once into a flat row of nodes, and a pb_value points to one of them. NULL is the absent value:
 * every function takes it, so nothing needs to be checked on the way. A path is names joined by dots, a number for a list's
 * element: "items.0.id". A backslash in front of a dot or of a backslash makes it part of the name; pb_key writes it.
 * Numbers stay the text they are, so identifiers past 2^53 come through unharmed. The reader is strict (RFC 8259): one
 * value, no trailing commas, no control characters in strings, valid UTF-8, nesting of at most 512. Of members with the
 * same name the last one wins; a lone surrogate reads as U+FFFD.
 *
 * Writing: an object is filled by path, in any order. What is absent leaves no trace: an empty text sets nothing, and an
 * object in which nothing was set is not written. Members stand in the order in which their names first came up. What is
 * set is copied. */
#ifndef PLUGBOARD_JSON_H
#define PLUGBOARD_JSON_H

#include "plugboard_inline.h"

/* A piece of text or bytes. It has no NUL at its end. */
typedef struct {
	const char *at;
	size_t len;
} pb_text;

/* PB("text") is a literal as a pb_text. */
#define PB(literal) ((pb_text){"" literal, sizeof(literal) - 1})

/* pb_text_of is a C string as a pb_text; NULL is empty. */
PB_INLINE pb_text pb_text_of(const char *s) { return (pb_text){s, s ? __builtin_strlen(s) : 0}; }

PB_INLINE bool pb_same(pb_text a, pb_text b) { return a.len == b.len && pb_equal(a.at, b.at, b.len); }
/* pb_same_name compares names as people write them: whatever the case, a space as good as an underscore. Case is known
 * of Latin, Greek and Cyrillic letters. */
bool pb_same_name(pb_text a, pb_text b);
/* pb_is compares with a literal. */
PB_INLINE bool pb_is(pb_text a, const char *literal) { return pb_same(a, pb_text_of(literal)); }
bool pb_starts_with(pb_text s, pb_text prefix);
/* pb_cut is s from byte from up to byte to; places past the end are the end. */
pb_text pb_cut(pb_text s, size_t from, size_t to);
/* pb_find gives the place of the first c from byte from on, or s.len. */
size_t pb_find(pb_text s, char c, size_t from);
/* pb_excerpt is the beginning of a text, at most n bytes and no broken character, for reasons and log lines. */
pb_text pb_excerpt(pb_text s, size_t n);
pb_text pb_decimal(int64_t n);
/* pb_parse_int reads an optional minus and digits; false when it is something else or does not fit. */
bool pb_parse_int(pb_text s, int64_t *n);

/* pb_cat(a, b, …) joins texts. */
#define pb_cat(...) pb_cat_list(PB_TEXTS(__VA_ARGS__))
pb_text pb_cat_list(const pb_text *list, size_t n);
#define PB_TEXTS(...) (const pb_text[]){__VA_ARGS__}, sizeof((const pb_text[]){__VA_ARGS__}) / sizeof(pb_text)

/* pb_room gives n bytes, never NULL: where memory ends the call fails. */
void *pb_room(size_t n);

/* ---- reading ---- */

typedef enum { PB_ABSENT, PB_NULL, PB_BOOL, PB_NUMBER, PB_STRING, PB_ARRAY, PB_OBJECT } pb_kind;

typedef struct pb_node *pb_value;

/* pb_parse reads a text as JSON; NULL when it is none, and then pb_parse_error says why. The text must stay as it is. */
pb_value pb_parse(pb_text json);
/* pb_parse_error is why the last pb_parse (or pb_json) gave NULL: "want a value (byte 12)". */
pb_text pb_parse_error(void);

pb_kind pb_kind_of(pb_value v);
/* pb_empty says whether it counts as absent in a canonical event: not there, null, "", [] or {}. */
bool pb_empty(pb_value v);
/* pb_str is a scalar as text: a string's content, a number as it is written, true or false; else empty. */
pb_text pb_str(pb_value v);
/* These read strings too, as vendors send them ("63", "true", "1"), and are false when it reads as nothing such. */
bool pb_int(pb_value v, int64_t *n);
bool pb_bool(pb_value v, bool *b);
bool pb_float(pb_value v, double *f);
/* pb_raw is the value as it stands in the source, a string with its quotes. */
pb_text pb_raw(pb_value v);

pb_value pb_get_path(pb_value v, const char *path, size_t n);
pb_value pb_take_path(pb_value v, const char *path, size_t n);
pb_value pb_get_name(pb_value v, const char *name, size_t n, uint64_t mark);
/* pb_get follows a path. */
PB_INLINE pb_value pb_get(pb_value v, const char *path) {
	size_t n = __builtin_strlen(path);
	return pb_one_name(path, n) ? pb_get_name(v, path, n, pb_mark(path, n)) : pb_get_path(v, path, n);
}
/* pb_take is pb_get that also marks what it finds as carried by a field: pb_set_rest leaves it out. */
PB_INLINE pb_value pb_take(pb_value v, const char *path) { return pb_take_path(v, path, __builtin_strlen(path)); }
/* pb_carry marks a value that was looked at first, and gives it back. */
pb_value pb_carry(pb_value v);
/* pb_member is a member by its exact name, dots and all. */
pb_value pb_member(pb_value v, pb_text name);
/* pb_index is an element of a list by its place, from 0. */
pb_value pb_index(pb_value v, size_t i);
size_t pb_len(pb_value v);
/* pb_first and pb_next go over members or elements: for (pb_value m = pb_first(v); m; m = pb_next(v, m)) … pb_name(m) … */
pb_value pb_first(pb_value v);
pb_value pb_next(pb_value v, pb_value member);
pb_text pb_name(pb_value member);
/* pb_key is a name as one step of a path, whatever it holds. */
pb_text pb_key(pb_text name);

/* ---- writing ---- */

typedef struct pb_part *pb_obj;

/* pb_new_object is an object on its own; pb_write gives its JSON. */
pb_obj pb_new_object(void);
pb_text pb_write(pb_obj o);

/* What the setters are made of: the place that a path leads to, as a leaf, a list or an object, and what stands there. */
enum { PB_PART_LEAF, PB_PART_ARRAY = PB_ARRAY, PB_PART_OBJECT = PB_OBJECT };
pb_obj pb_place_path(pb_obj o, const char *path, size_t n, int kind);
pb_obj pb_place_name(pb_obj o, const char *name, size_t n, uint64_t mark, int kind);
PB_INLINE pb_obj pb_place(pb_obj o, const char *path, int kind) {
	size_t n = __builtin_strlen(path);
	return pb_one_name(path, n) ? pb_place_name(o, path, n, pb_mark(path, n), kind) : pb_place_path(o, path, n, kind);
}
void pb_put_str(pb_obj place, pb_text s);
void pb_put_int(pb_obj place, int64_t n);
void pb_put_bool(pb_obj place, bool b);
void pb_put_raw(pb_obj place, pb_text json);
void pb_put_rest(pb_obj place, pb_value v);
void pb_add_str(pb_obj list, pb_text s);
pb_obj pb_add_object(pb_obj list);

PB_INLINE void pb_set_str(pb_obj o, const char *path, pb_text s) {
	if (s.len > 0) pb_put_str(pb_place(o, path, PB_PART_LEAF), s);
}
PB_INLINE void pb_set_int(pb_obj o, const char *path, int64_t n) { pb_put_int(pb_place(o, path, PB_PART_LEAF), n); }
PB_INLINE void pb_set_bool(pb_obj o, const char *path, bool b) { pb_put_bool(pb_place(o, path, PB_PART_LEAF), b); }
/* A pb_instant is seconds since 1970 and nanoseconds within the second. */
typedef struct {
	int64_t sec;
	int32_t nsec;
} pb_instant;
/* pb_parse_time reads an RFC 3339 time; false when it is none. */
bool pb_parse_time(pb_text s, pb_instant *t);
void pb_put_instant(pb_obj place, pb_instant t);
void pb_put_time(pb_obj place, pb_instant t, pb_text written);
/* pb_set_time sets an RFC 3339 time in canonical form: UTC, ending in Z. False, and nothing set, when it is none. */
PB_INLINE bool pb_set_time(pb_obj o, const char *path, pb_text time) {
	pb_instant t;
	if (!pb_parse_time(time, &t)) return false;
	pb_put_time(pb_place(o, path, PB_PART_LEAF), t, time);
	return true;
}
/* pb_set_instant sets a time; one that four digits of a year cannot write becomes the nearest that they can. */
PB_INLINE void pb_set_instant(pb_obj o, const char *path, pb_instant t) { pb_put_instant(pb_place(o, path, PB_PART_LEAF), t); }
/* pb_micros is the time so many microseconds after 1970. */
PB_INLINE pb_instant pb_micros(int64_t n) {
	int64_t sec = n / 1000000 - (n % 1000000 < 0);
	return (pb_instant){sec, (int32_t)(n - sec * 1000000) * 1000};
}
/* pb_set_raw sets what is JSON already. False, and nothing set, when it is not. */
bool pb_is_json(pb_text json);
PB_INLINE bool pb_set_raw(pb_obj o, const char *path, pb_text json) {
	if (!pb_is_json(json)) return false;
	pb_put_raw(pb_place(o, path, PB_PART_LEAF), json);
	return true;
}
/* pb_set_rest sets what nobody took of a document: without the values that were marked as carried, and without members
 * that are null, "", [] or {} or become so. Nothing when nothing is left. */
PB_INLINE void pb_set_rest(pb_obj o, const char *path, pb_value v) { pb_put_rest(pb_place(o, path, PB_PART_LEAF), v); }
/* pb_append adds a text to a list; an empty one too: in a list the place counts. */
PB_INLINE void pb_append(pb_obj o, const char *path, pb_text s) { pb_add_str(pb_place(o, path, PB_PART_ARRAY), s); }
PB_INLINE pb_obj pb_append_object(pb_obj o, const char *path) { return pb_add_object(pb_place(o, path, PB_PART_ARRAY)); }
/* pb_object is the object at path; what is set in it is set in o. */
PB_INLINE pb_obj pb_object(pb_obj o, const char *path) { return pb_place(o, path, PB_PART_OBJECT); }
void pb_remove(pb_obj o, const char *path);
bool pb_has(pb_obj o, const char *path);

/* The from functions set a field from a value of a document and, where that succeeds, mark the value as carried. So a
 * leaf is in its field or in what remains, never lost and never in both: a duration of "n/a" is no whole number, sets
 * nothing, and stays. All are false when v is absent or does not read as what is wanted. */
PB_INLINE bool pb_str_from(pb_obj o, const char *path, pb_value v) {
	pb_text s = pb_str(v);
	if (s.len == 0) return false;
	pb_put_str(pb_place(o, path, PB_PART_LEAF), s);
	return pb_carry(v) != NULL;
}
PB_INLINE bool pb_int_from(pb_obj o, const char *path, pb_value v) {
	int64_t n;
	if (!pb_int(v, &n)) return false;
	pb_set_int(o, path, n);
	return pb_carry(v) != NULL;
}
PB_INLINE bool pb_bool_from(pb_obj o, const char *path, pb_value v) {
	bool b;
	if (!pb_bool(v, &b)) return false;
	pb_set_bool(o, path, b);
	return pb_carry(v) != NULL;
}
PB_INLINE bool pb_time_from(pb_obj o, const char *path, pb_value v) {
	return pb_set_time(o, path, pb_str(v)) && pb_carry(v) != NULL;
}
/* Elements that are null, "" or no scalars are left out; if one is an array or object the list is not marked as carried. */
bool pb_strs_from(pb_obj o, const char *path, pb_value v);
/* pb_copy_from sets whatever v is, type and spelling kept. */
void pb_put_copy(pb_obj place, pb_value v);
PB_INLINE bool pb_copy_from(pb_obj o, const char *path, pb_value v) {
	if (pb_empty(v)) return false;
	pb_put_copy(pb_place(o, path, PB_PART_LEAF), v);
	return pb_carry(v) != NULL;
}
/* pb_merge sets every member of an object, objects member by member, so that single fields can be changed afterwards.
 * What is empty is left out; nothing is marked as carried. */
void pb_merge(pb_obj o, pb_value v);

#endif
