/* object.c: objects in the making. A part's name is kept as it will be written, with quotes and colon, and a leaf's value
 * right behind it as a rule, so that writing the whole is mostly copying. */
#include "internal.h"

pb_obj pb_new_object(void) {
	pb_obj o = pb_align(sizeof *o);
	*o = (struct pb_part){.kind = PB_PART_OBJECT};
	return o;
}

static uint64_t seen_bit(uint64_t mark) { return 1ull << (pb_spread(mark) >> 58); }

pb_obj pb_add_part(pb_obj to, const char *name, size_t name_len, uint64_t mark, int kind) {
	pb_obj part = pb_align(sizeof *part);
	part->mark = mark, part->seen = 0, part->kind = (uint8_t)kind, part->len = 0, part->name_len = 0;
	part->name = part->value = NULL;
	part->first = part->last = part->next = NULL;
	if (name) {
		char *p = pb_ensure(name_len + 3);
		part->name = p;
		*p++ = '"';
		p = pb_move(p, name, name_len);
		*p++ = '"', *p++ = ':';
		part->name_len = (uint32_t)name_len + 3;
		pb_at = p;
		to->seen |= seen_bit(mark);
	}
	if (to->last) to->last->next = part;
	else to->first = part;
	to->last = part;
	return part;
}

static void become(pb_obj part, int kind) {
	part->kind = (uint8_t)kind, part->len = 0, part->seen = 0;
	part->first = part->last = NULL;
}

/* find_part finds a part by its name as it is written. */
static pb_obj find_part(pb_obj o, const char *name, size_t n, uint64_t mark) {
	if (!(o->seen & seen_bit(mark))) return NULL;
	for (pb_obj m = o->first; m; m = m->next)
		if (m->mark == mark && m->name_len == n + 3 && (n < 8 || pb_equal(m->name + 1, name, n))) return m;
	return NULL;
}

/* written is a name as it is written: with its escapes. */
static pb_text written(pb_text name) {
	if (pb_is_plain(name.at, name.len)) return name;
	pb_ensure(6 * name.len);
	const char *from = pb_at;
	pb_put_escaped(name.at, name.len);
	return (pb_text){from, (size_t)(pb_at - from)};
}

static pb_obj as(pb_obj part, int kind) {
	if (part->kind != kind) become(part, kind);
	return part;
}

pb_obj pb_place_name(pb_obj o, const char *name, size_t n, uint64_t mark, int kind) {
	pb_obj part = find_part(as(o, PB_PART_OBJECT), name, n, mark);
	return part ? as(part, kind) : pb_add_part(o, name, n, mark, kind);
}

pb_obj pb_child(pb_obj o, pb_text name, int kind) {
	name = written(name);
	return pb_place_name(o, name.at ? name.at : "", name.len, pb_mark(name.at, name.len), kind);
}

pb_obj pb_place_path(pb_obj o, const char *path, size_t n, int kind) {
	const char *p = path, *end = path + n;
	for (;; p++) {
		pb_text name = pb_next_name(&p, end);
		if (p == end) return pb_child(o, name, kind);
		o = pb_child(o, name, PB_PART_OBJECT);
	}
}

static pb_obj find(pb_obj o, const char *path) {
	const char *p = path, *end = path + __builtin_strlen(path);
	for (; o; p++) {
		pb_text name = written(pb_next_name(&p, end));
		o = find_part(o, name.at, name.len, pb_mark(name.at, name.len));
		if (p == end) break;
	}
	return o;
}

bool pb_blank(pb_obj part) {
	if (part->kind == PB_PART_LEAF) return part->len == 0;
	for (pb_obj m = part->first; m; m = m->next)
		if (!pb_blank(m)) return false;
	return true;
}

void pb_remove(pb_obj o, const char *path) {
	pb_obj part = find(o, path);
	if (part) become(part, PB_PART_LEAF);
}

bool pb_has(pb_obj o, const char *path) {
	pb_obj part = find(o, path);
	return part && !pb_blank(part);
}

void pb_put_str(pb_obj place, pb_text s) {
	char *from = pb_ensure(s.len + 2), *to = from;
	*to++ = '"';
	if (pb_is_plain(s.at, s.len)) {
		to = pb_move(to, s.at, s.len);
	} else {
		pb_at = to;
		pb_ensure(6 * s.len + 1);
		pb_put_escaped(s.at, s.len);
		to = pb_at;
	}
	*to++ = '"';
	pb_at = to;
	pb_leaf(place, from);
}

void pb_put_int(pb_obj place, int64_t n) {
	const char *from = pb_ensure(20);
	pb_put_decimal(n);
	pb_leaf(place, from);
}

void pb_put_bool(pb_obj place, bool b) {
	const char *from = pb_at;
	pb_put(b ? PB("true") : PB("false"));
	pb_leaf(place, from);
}

void pb_put_raw(pb_obj place, pb_text json) {
	const char *from = pb_ensure(json.len);
	pb_put(json);
	pb_leaf(place, from);
}

bool pb_is_json(pb_text json) {
	char *at = pb_at;
	bool ok = pb_parse(json) != NULL;
	pb_at = at;
	return ok;
}

void pb_add_str(pb_obj list, pb_text s) { pb_put_str(pb_add_part(list, NULL, 0, 0, PB_PART_LEAF), s); }

pb_obj pb_add_object(pb_obj list) { return pb_add_part(list, NULL, 0, 0, PB_PART_OBJECT); }

/* write puts a container at dst, for which there is room, and nothing for an empty one. */
static char *write(char *dst, pb_obj o) {
	char *begin = dst;
	*dst++ = o->kind == PB_PART_OBJECT ? '{' : '[';
	for (pb_obj m = o->first; m; m = m->next) {
		char *before = dst;
		if (dst > begin + 1) *dst++ = ',';
		if (m->kind == PB_PART_LEAF) {
			if (m->len == 0) {
				dst = before;
			} else if (m->name + m->name_len == m->value) {
				dst = pb_move(dst, m->name, m->name_len + m->len);
			} else {
				dst = pb_move(pb_move(dst, m->name, m->name_len), m->value, m->len);
			}
			continue;
		}
		char *value = pb_move(dst, m->name, m->name_len);
		dst = write(value, m);
		if (dst == value) dst = before;
	}
	if (dst == begin + 1) return begin;
	*dst++ = o->kind == PB_PART_OBJECT ? '}' : ']';
	return dst;
}

/* size is more than write takes. */
static size_t size(pb_obj o) {
	size_t n = 3;
	for (pb_obj m = o->first; m; m = m->next) n += 1 + m->name_len + (m->kind == PB_PART_LEAF ? m->len : size(m));
	return n;
}

pb_text pb_write(pb_obj o) {
	char *from = pb_ensure(size(o));
	pb_at = write(from, o);
	if (pb_at == from) pb_put(PB("{}"));
	return (pb_text){from, (size_t)(pb_at - from)};
}
