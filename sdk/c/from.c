/* from.c: fields set from values, and what nobody took. */
#include "internal.h"

bool pb_strs_from(pb_obj o, const char *path, pb_value v) {
	if (pb_kind_of(v) != PB_ARRAY) return false;
	bool any = false, whole = true;
	for (pb_value e = pb_first(v); e; e = pb_next(v, e)) {
		pb_text s = pb_str(e);
		if (s.len > 0) {
			pb_append(o, path, s);
			pb_carry(e);
			any = true;
		} else if (!pb_empty(e)) {
			whole = false;
		}
	}
	if (any && whole) pb_carry(v);
	return any;
}

void pb_put_copy(pb_obj place, pb_value v) { pb_put_raw(place, pb_raw(v)); }

void pb_merge(pb_obj o, pb_value v) {
	if (pb_kind_of(v) != PB_OBJECT) return;
	for (pb_value m = pb_first(v); m; m = pb_next(v, m)) {
		if (m->kind == PB_OBJECT) {
			pb_merge(pb_child(o, pb_name(m), PB_PART_OBJECT), m);
		} else if (m->kind == PB_ARRAY) {
			pb_obj list = pb_child(o, pb_name(m), PB_PART_ARRAY);
			for (pb_value e = pb_first(m); e; e = pb_next(m, e)) pb_put_copy(pb_add_part(list, NULL, 0, 0, PB_PART_LEAF), e);
		} else if (!pb_empty(m)) {
			pb_put_copy(pb_child(o, pb_name(m), PB_PART_LEAF), m);
		}
	}
}

/* rest puts what remains of a container at dst, where there is room, and nothing if that is nothing. It recurses, at most as
 * deep as a document nests. */
static char *rest(char *dst, pb_value v, bool element) {
	char *begin = dst;
	bool object = v->kind == PB_OBJECT;
	*dst++ = object ? '{' : '[';
	for (pb_value m = v + 1; m < v->next; m = m->next) {
		bool text = m->kind == PB_STRING;
		if (m->flags & PB_CARRIED || (object && (m->kind == PB_NULL || (text && m->start == m->end)))) continue;
		char *before = dst;
		if (dst > begin + 1) *dst++ = ',';
		if (object) {
			dst = pb_move(dst, m->name - 1, (size_t)(m->name_end - m->name) + 2);
			*dst++ = ':';
		}
		if (m->kind < PB_ARRAY) {
			dst = pb_move(dst, m->start - text, (size_t)(m->end - m->start) + 2 * text);
			continue;
		}
		char *value = dst;
		dst = rest(dst, m, !object);
		if (dst == value) dst = before;
	}
	if (dst == begin + 1 && (!element || v->next > v + 1)) return begin;
	*dst++ = object ? '}' : ']';
	return dst;
}

void pb_put_rest(pb_obj place, pb_value v) {
	if (!v || v->flags & PB_CARRIED || pb_empty(v)) return;
	pb_text raw = pb_raw(v);
	if (v->kind < PB_ARRAY) {
		pb_put_raw(place, raw);
		return;
	}
	char *from = pb_ensure(raw.len + 8); /* what remains is no longer than what it remains of */
	pb_at = rest(from, v, false);
	if (pb_at > from) pb_leaf(place, from);
}
