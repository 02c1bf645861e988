/* parse.c: the reader. It does not recurse: containers that are open form a list through their next fields, which get their
 * real content when the container closes. */
#include "internal.h"

struct pb_parse_fault pb_last_fault;

enum { MAX_DEPTH = 512 };

const bool pb_plain[256] = {
	[' '] = true, ['!'] = true, ['#' ... '['] = true, [']' ... 0x7f] = true, /* all but the quote and the backslash */
};

static const char *skip_space(const char *p, const char *end) {
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
	return p;
}

/* escape_len is the length of the escape whose backslash stands before p; 0 when it is none. */
static size_t escape_len(const char *p, const char *end) {
	uint32_t r;
	if (p == end) return 0;
	switch (*p) {
	case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': return 1;
	case 'u': return pb_hex4(p + 1, end, &r) ? 5 : 0;
	}
	return 0;
}

static const char *fault(const char *reason, const char *src, const char *at) {
	pb_last_fault = (struct pb_parse_fault){reason, (size_t)(at - src)};
	return NULL;
}

/* scan_string gives the closing quote of the string whose content starts at p; NULL when it is malformed. */
static const char *scan_string(const char *src, const char *p, const char *end, uint8_t *escaped) {
	const char *from = p;
	bool wide = false;
	for (; end - p >= 8; p += 8) {
		uint64_t m = pb_special(pb_load8(p));
		if (m) {
			p += __builtin_ctzll(m) >> 3;
			if (*p == '"') return p;
			break;
		}
	}
	for (; p < end; p++) {
		uint8_t c = (uint8_t)*p;
		if (pb_plain[c]) continue;
		if (c == '"') {
			if (wide && !pb_utf8(from, p)) return fault("string is not valid UTF-8", src, from);
			return p;
		}
		if (c == '\\') {
			size_t n = escape_len(p + 1, end);
			if (n == 0 && (p + 1 == end || (p[1] == 'u' && end - p < 6))) return fault("text ends too early", src, end);
			if (n == 0) return fault("malformed escape in a string", src, p);
			*escaped = PB_ESCAPED;
			p += n;
		} else if (c < 0x20) {
			return fault("control character in a string", src, p);
		} else {
			wide = true;
		}
	}
	return fault("text ends too early", src, end);
}

static const char *digits(const char *p, const char *end) {
	while (p < end && (uint8_t)(*p - '0') < 10) p++;
	return p;
}

/* scan_number gives the end of the number at p; NULL when it is none. */
static const char *scan_number(const char *p, const char *end) {
	if (*p == '-') p++;
	const char *first = p;
	p = digits(p, end);
	if (p == first || (*first == '0' && p > first + 1)) return NULL;
	if (p < end && *p == '.') {
		first = p + 1;
		if ((p = digits(first, end)) == first) return NULL;
	}
	if (p < end && (*p | 0x20) == 'e') {
		if (++p < end && (*p == '+' || *p == '-')) p++;
		first = p;
		if ((p = digits(p, end)) == first) return NULL;
	}
	return p;
}

static const char *scan_bare(const char *p, const char *end, uint8_t *kind) {
	size_t left = (size_t)(end - p);
	if (*p == '-' || (uint8_t)(*p - '0') < 10) return *kind = PB_NUMBER, scan_number(p, end);
	if (left >= 4 && pb_equal(p, "true", 4)) return *kind = PB_BOOL, p + 4;
	if (left >= 5 && pb_equal(p, "false", 5)) return *kind = PB_BOOL, p + 5;
	if (left >= 4 && pb_equal(p, "null", 4)) return *kind = PB_NULL, p + 4;
	return NULL;
}

static struct pb_node *new_node(void) {
	pb_ensure(sizeof(struct pb_node));
	struct pb_node *n = (struct pb_node *)pb_at;
	pb_at += sizeof *n;
	return n;
}

static uint64_t name_mark(const char *name, const char *end, bool escaped) {
	if (!escaped) return pb_mark(name, (size_t)(end - name));
	char *undone = pb_ensure((size_t)(end - name)); /* free memory, used for a moment */
	return pb_mark(undone, (size_t)(pb_unescape(undone, name, end) - undone));
}

static const char *unclosed(uint8_t kind, const char *src, const char *p) {
	return fault(kind == PB_OBJECT ? "want a comma or } after an object's member" : "want a comma or ] after an array's element", src, p);
}

static bool parse(const char *src, const char *end) {
	const char *p = src, *name = NULL, *name_end = NULL;
	struct pb_node *open = NULL;
	uint64_t mark = 0;
	int depth = 0;
	uint8_t name_flag = 0;
	bool want_name = false;
	for (;;) {
		p = skip_space(p, end);
		if (p == end) return fault("text ends too early", src, end);
		bool closed = true; /* whether the token ends a value */
		char c = *p;
		if (want_name) {
			if (c != '"') return fault("want a member's name in quotes", src, p);
			uint8_t escaped = 0;
			name = p + 1;
			if (!(name_end = scan_string(src, name, end, &escaped))) return false;
			name_flag = escaped ? PB_NAME_ESCAPED : 0;
			mark = name_mark(name, name_end, escaped);
			p = skip_space(name_end + 1, end);
			if (p == end) return fault("text ends too early", src, end);
			if (*p != ':') return fault("want a colon after a member's name", src, p);
			p++;
			want_name = false;
			continue;
		}
		struct pb_node *n = new_node();
		n->flags = name_flag, n->cursor = 0;
		n->name = name, n->name_end = name_end, n->mark = mark;
		if (c == '"') {
			uint8_t escaped = 0;
			const char *stop = scan_string(src, p + 1, end, &escaped);
			if (!stop) return false;
			n->kind = PB_STRING, n->flags |= escaped, n->start = p + 1, n->end = stop, n->next = n + 1;
			p = stop + 1;
		} else if (c == '{' || c == '[') {
			if (++depth > MAX_DEPTH) return fault("nested deeper than 512", src, p);
			n->kind = c == '{' ? PB_OBJECT : PB_ARRAY, n->start = p, n->next = open;
			open = n, closed = false;
			p++;
		} else {
			const char *stop = scan_bare(p, end, &n->kind);
			if (!stop) return fault("want a value", src, p);
			n->start = p, n->end = stop, n->next = n + 1;
			p = stop;
		}
		name = NULL, name_flag = 0, mark = 0;
		/* Close what ends here. A comma, or the first member or element, leads on to the next value. */
		for (;;) {
			p = skip_space(p, end);
			if (!open) return p == end || fault("text goes on after the value", src, p);
			if (p == end) return fault("text ends too early", src, end);
			if (*p == ',' && closed) {
				p++;
				want_name = open->kind == PB_OBJECT;
				break;
			}
			if (*p == (open->kind == PB_OBJECT ? '}' : ']')) {
				struct pb_node *up = open->next;
				open->end = ++p, open->next = (struct pb_node *)pb_at;
				open = up, depth--, closed = true;
				continue;
			}
			if (closed) return unclosed(open->kind, src, p);
			want_name = open->kind == PB_OBJECT;
			break;
		}
	}
}

pb_value pb_parse(pb_text json) {
	struct pb_node *root = pb_align(0);
	return parse(json.at, json.at + json.len) ? root : NULL;
}

pb_text pb_parse_error(void) {
	return pb_cat(pb_text_of(pb_last_fault.reason), PB(" (byte "), pb_decimal((int64_t)pb_last_fault.offset), PB(")"));
}
