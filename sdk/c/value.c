/* value.c: finding values in a document, and reading them. */
#include "internal.h"

pb_kind pb_kind_of(pb_value v) { return v ? (pb_kind)v->kind : PB_ABSENT; }

bool pb_empty(pb_value v) {
	switch (pb_kind_of(v)) {
	case PB_ABSENT: case PB_NULL: return true;
	case PB_STRING: return v->start == v->end;
	case PB_ARRAY: case PB_OBJECT: return v->next == v + 1;
	default: return false;
	}
}

/* undone is a piece of source with its escapes undone. */
static pb_text undone(const char *from, const char *end) {
	char *at = pb_ensure((size_t)(end - from));
	pb_at = pb_unescape(at, from, end);
	return (pb_text){at, (size_t)(pb_at - at)};
}

pb_text pb_str(pb_value v) {
	if (!v || v->kind < PB_BOOL || v->kind > PB_STRING) return (pb_text){0};
	if (v->flags & PB_ESCAPED) return undone(v->start, v->end);
	return (pb_text){v->start, (size_t)(v->end - v->start)};
}

bool pb_int(pb_value v, int64_t *n) {
	return v && (v->kind == PB_NUMBER || v->kind == PB_STRING) && pb_parse_int(pb_str(v), n);
}

bool pb_bool(pb_value v, bool *b) {
	pb_text s = pb_str(v);
	bool yes = pb_is(s, "true") || pb_is(s, "1");
	if (!yes && !pb_is(s, "false") && !pb_is(s, "0")) return false;
	*b = yes;
	return true;
}

/* scale is f times ten to the power e. It is exact for what people write: up to 15 digits, e from -22 to 22. */
static double scale(double f, int e) {
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	for (; e > 22 && f < 1e300; e -= 22) f *= 1e22;
	for (; e < -22 && f > 0; e += 22) f /= 1e22;
	return e >= 0 ? f * powers[e > 22 ? 22 : e] : f / powers[-e > 22 ? 22 : -e];
}

bool pb_float(pb_value v, double *out) {
	if (!v || (v->kind != PB_NUMBER && v->kind != PB_STRING)) return false;
	pb_text s = pb_str(v);
	pb_value number = pb_parse(s);
	if (!number || number->kind != PB_NUMBER) return false;
	const char *p = s.at = number->start, *end = number->end;
	uint64_t digits = 0;
	int e = 0, written = 0;
	bool fraction = false;
	for (p += *p == '-'; p < end && (*p | 0x20) != 'e'; p++) {
		if (*p == '.') {
			fraction = true;
		} else if (digits < 100000000000000000) {
			digits = digits * 10 + (uint64_t)(*p - '0');
			e -= fraction;
		} else {
			e += !fraction;
		}
	}
	if (p < end) {
		bool minus = *++p == '-';
		for (p += minus || *p == '+'; p < end; p++)
			if (written < 10000) written = written * 10 + (*p - '0');
		e += minus ? -written : written;
	}
	double f = scale((double)digits, e);
	*out = *s.at == '-' ? -f : f;
	return f <= 1.7976931348623157e308;
}

pb_text pb_raw(pb_value v) {
	if (!v) return (pb_text){0};
	size_t quotes = v->kind == PB_STRING;
	return (pb_text){v->start - quotes, (size_t)(v->end - v->start) + 2 * quotes};
}

static bool container(pb_value v) { return v && v->kind >= PB_ARRAY; }

size_t pb_len(pb_value v) {
	size_t n = 0;
	for (pb_value m = pb_first(v); m; m = pb_next(v, m)) n++;
	return n;
}

pb_value pb_first(pb_value v) { return container(v) && v->next > v + 1 ? v + 1 : NULL; }

pb_value pb_next(pb_value v, pb_value member) { return member->next < v->next ? member->next : NULL; }

pb_text pb_name(pb_value m) {
	if (!m || !m->name) return (pb_text){0};
	if (m->flags & PB_NAME_ESCAPED) return undone(m->name, m->name_end);
	return (pb_text){m->name, (size_t)(m->name_end - m->name)};
}

pb_value pb_carry(pb_value v) {
	if (v) v->flags |= PB_CARRIED;
	return v;
}

static inline bool named(pb_value m, const char *name, size_t n) {
	if (m->flags & PB_NAME_ESCAPED) {
		char *at = pb_at;
		bool same = pb_same(pb_name(m), (pb_text){name, n});
		pb_at = at;
		return same;
	}
	return (size_t)(m->name_end - m->name) == n && (n < 8 || pb_equal(m->name, name, n));
}

/* look finds out whether an object's members have different names, as nearly all have. Names may be taken for the same that
 * are not. */
static void look(pb_value v) {
	uint64_t seen[32] = {0};
	v->flags |= PB_LOOKED;
	for (pb_value m = v + 1; m < v->next; m = m->next) {
		uint64_t at = pb_spread(m->mark) >> 53, bit = 1ull << (at & 63);
		if (seen[at >> 6] & bit) return;
		seen[at >> 6] |= bit;
	}
	v->flags |= PB_UNIQUE;
}

/* last_child finds the last member that has the name. With take, earlier ones are carried too: they are hidden by it. */
static pb_value last_child(pb_value v, const char *name, size_t n, uint64_t mark, bool take) {
	pb_value found = NULL, end = v->next;
	for (pb_value m = v + 1; m < end; m = m->next) {
		if (m->mark != mark || !named(m, name, n)) continue;
		found = m;
		if (take) m->flags |= PB_CARRIED;
	}
	return found;
}

/* child finds a member. Fields are mostly asked for in their order, so the search goes on where the last one ended. */
static inline pb_value child(pb_value v, const char *name, size_t n, uint64_t mark, bool take) {
	if (!(v->flags & PB_LOOKED)) look(v);
	if (!(v->flags & PB_UNIQUE)) return last_child(v, name, n, mark, take);
	pb_value first = v + 1, end = v->next, start = v->cursor ? v + v->cursor : first, m = start;
	if (first == end) return NULL;
	do {
		if (m->mark == mark && named(m, name, n)) {
			if ((size_t)(m - v) <= UINT16_MAX) v->cursor = (uint16_t)(m - v);
			return m;
		}
		m = m->next;
		if (m == end) m = first;
	} while (m != start);
	return NULL;
}

pb_value pb_member(pb_value v, pb_text name) { return pb_get_name(v, name.at, name.len, pb_mark(name.at, name.len)); }

pb_value pb_index(pb_value v, size_t i) {
	if (!v || v->kind != PB_ARRAY) return NULL;
	for (pb_value e = v + 1; e < v->next; e = e->next)
		if (i-- == 0) return e;
	return NULL;
}

/* step_escaped gives a name with backslashes, from p on, without them; *p is then at the dot behind it, or at end. */
static pb_text step_escaped(const char **p, const char *end) {
	char *name = pb_ensure((size_t)(end - *p)), *to = name;
	for (; *p < end && **p != '.'; (*p)++) {
		if (**p == '\\' && *p + 1 < end) (*p)++;
		*to++ = **p;
	}
	return pb_at = to, (pb_text){name, (size_t)(to - name)};
}

pb_text pb_next_name(const char **p, const char *end) {
	const char *from = *p, *at = from;
	for (; end - at >= 8; at += 8) {
		uint64_t m = pb_dots(pb_load8(at));
		if (m) {
			at += __builtin_ctzll(m) >> 3;
			break;
		}
	}
	while (at < end && *at != '.' && *at != '\\') at++;
	if (at < end && *at == '\\') return step_escaped(p, end);
	*p = at;
	return (pb_text){from, (size_t)(at - from)};
}

static pb_value follow(pb_value v, const char *p, size_t n, bool take) {
	const char *end = p + n;
	if (n == 0) return v;
	for (; v; p++) {
		pb_text name = pb_next_name(&p, end);
		int64_t i;
		if (v->kind == PB_OBJECT) v = child(v, name.at, name.len, pb_mark(name.at, name.len), take && p == end);
		else v = v->kind == PB_ARRAY && pb_parse_int(name, &i) && i >= 0 ? pb_index(v, (size_t)i) : NULL;
		if (p == end) break;
	}
	return v;
}

pb_value pb_get_name(pb_value v, const char *name, size_t n, uint64_t mark) {
	return v && v->kind == PB_OBJECT ? child(v, name, n, mark, false) : NULL;
}

pb_value pb_get_path(pb_value v, const char *path, size_t n) { return follow(v, path, n, false); }

pb_value pb_take_path(pb_value v, const char *path, size_t n) { return pb_carry(follow(v, path, n, true)); }

pb_text pb_key(pb_text name) {
	size_t dots = 0;
	for (size_t i = 0; i < name.len; i++) dots += name.at[i] == '.' || name.at[i] == '\\';
	if (dots == 0) return name;
	char *key = pb_ensure(name.len + dots), *to = key;
	for (size_t i = 0; i < name.len; i++) {
		if (name.at[i] == '.' || name.at[i] == '\\') *to++ = '\\';
		*to++ = name.at[i];
	}
	return pb_at = to, (pb_text){key, (size_t)(to - key)};
}
