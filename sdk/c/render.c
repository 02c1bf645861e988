/* render.c: templates, filled. */
#include "template.h"

enum { MAX_OUTPUT = 1 << 20 };

/* A frame is a section under way, and the ones around it. */
typedef struct frame {
	pb_value value;
	const struct frame *up;
} frame;

/* find looks a path up: its first name in the innermost section that has it. */
static pb_value find(const frame *f, pb_text path) {
	if (pb_is(path, ".")) return f->value;
	size_t dot = pb_find(path, '.', 0);
	for (; f; f = f->up) {
		pb_value v = pb_member(f->value, pb_cut(path, 0, dot));
		if (v) return dot < path.len ? pb_get_path(v, path.at + dot + 1, path.len - dot - 1) : v;
	}
	return NULL;
}

/* put_xml writes character data, safe in quotes too. What XML 1.0 has no way to write stays, for the check of the result to
 * refuse; white space that would not survive a parser is written as numbers. */
static void put_xml(pb_text s) {
	pb_ensure(6 * s.len);
	const char *p = s.at, *end = s.at + s.len;
	while (p < end) {
		uint32_t r;
		p += pb_rune(p, end, &r);
		switch (r) {
		case '&': pb_put(PB("&amp;")); break;
		case '<': pb_put(PB("&lt;")); break;
		case '>': pb_put(PB("&gt;")); break;
		case '"': pb_put(PB("&quot;")); break;
		case '\'': pb_put(PB("&#39;")); break;
		case '\t': pb_put(PB("&#9;")); break;
		case '\n': pb_put(PB("&#10;")); break;
		case '\r': pb_put(PB("&#13;")); break;
		default: pb_at = pb_put_rune(pb_at, r);
		}
	}
}

/* put_html writes text as chats read it: they know few entities, so no more is escaped than could be taken for markup. Quotes are
 * only in an attribute. Line ends stay: they are line ends there. */
static void put_html(pb_text s, bool quotes) {
	pb_ensure(6 * s.len);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		if (c == '&') pb_put(PB("&amp;"));
		else if (c == '<') pb_put(PB("&lt;"));
		else if (c == '>') pb_put(PB("&gt;"));
		else if (c == '"' && quotes) pb_put(PB("&quot;"));
		else if (c == '\'' && quotes) pb_put(PB("&#39;"));
		else *pb_at++ = c;
	}
}

/* A piece is a part of the result. Values are escaped at the front of memory as they come, so the result is joined at the end. */
typedef struct piece {
	pb_text text;
	struct piece *next;
} piece;

typedef struct {
	piece *first, **end;
	size_t len;
} renderer;

static void emit(renderer *r, pb_text text) {
	piece *made = pb_room(sizeof *made);
	*made = (piece){.text = text};
	*r->end = made, r->end = &made->next;
	r->len += text.len;
}

/* escaped is a value as its place asks for it. */
static pb_text escaped(pb_place_kind place, pb_value v) {
	pb_kind kind = pb_kind_of(v);
	if (place == PB_AT_JSON_VALUE && kind > PB_NULL && kind != PB_STRING) return pb_raw(v);
	pb_text s = kind >= PB_ARRAY ? pb_raw(v) : pb_str(v); /* a list or object as JSON, inside of what is no JSON */
	if (place == PB_AT_TEXT) return s;
	const char *from = pb_ensure(6 * s.len + 2);
	switch (place) {
	case PB_AT_JSON_VALUE:
		*pb_at++ = '"';
		pb_put_escaped(s.at, s.len);
		pb_put(PB("\""));
		break;
	case PB_AT_JSON_STRING: pb_put_escaped(s.at, s.len); break;
	case PB_AT_XML: put_xml(s); break;
	case PB_AT_HTML: case PB_AT_HTML_ATTRIBUTE: put_html(s, place == PB_AT_HTML_ATTRIBUTE); break;
	default: pb_put_percent(s, place == PB_AT_FORM, false);
	}
	return (pb_text){from, (size_t)(pb_at - from)};
}

/* holds says whether a section is rendered: for what is there, not empty and not false. */
static bool holds(pb_value v) { return !pb_empty(v) && (pb_kind_of(v) != PB_BOOL || pb_is(pb_str(v), "true")); }

static void render(renderer *r, const node *n, const frame *f) {
	for (; n && r->len <= MAX_OUTPUT; n = n->next) {
		if (n->kind == NODE_TEXT) {
			emit(r, n->text);
			continue;
		}
		pb_value v = find(f, n->text);
		if (n->kind == NODE_VALUE) {
			emit(r, escaped(n->place, v));
		} else if (holds(v) == (n->kind == NODE_INVERTED)) {
			continue;
		} else if (n->kind == NODE_INVERTED) {
			render(r, n->body, f);
		} else if (pb_kind_of(v) == PB_ARRAY) {
			for (pb_value e = pb_first(v); e && r->len <= MAX_OUTPUT; e = pb_next(v, e)) render(r, n->body, &(frame){e, f});
		} else {
			render(r, n->body, &(frame){v, f});
		}
	}
}

bool pb_render(const pb_template *t, pb_value root, pb_text *out) {
	renderer r = {.first = NULL};
	r.end = &r.first;
	render(&r, t->first, &(frame){root, NULL});
	if (r.len > MAX_OUTPUT) {
		*out = PB("result is longer than 1 MiB");
		return false;
	}
	const char *from = pb_ensure(r.len);
	for (const piece *p = r.first; p; p = p->next) pb_put(p->text);
	*out = (pb_text){from, r.len};
	pb_text reason = pb_check(t->format, *out);
	if (reason.len == 0) return true;
	*out = reason;
	return false;
}
