/* template.c: templates, read and filled. */
#include "template.h"

enum { MAX_NESTING = 32, MAX_OUTPUT = 1 << 20 };

typedef enum { NODE_TEXT, NODE_VALUE, NODE_SECTION, NODE_INVERTED } node_kind;

/* A node is a piece of text, a value, or a section. */
typedef struct node {
	node_kind kind;
	pb_place_kind place; /* of a value */
	pb_text text;        /* as it stands, or the path */
	struct node *body, *next;
} node;

struct pb_template {
	pb_format format;
	node *first;
};

typedef struct {
	pb_text text, fault;
	size_t at;
	pb_context context;
} parser;

/* A tag is what stands between two braces and two braces. */
typedef struct {
	size_t from, to; /* in the text, braces included */
	char sigil;
	pb_text name;
} tag;

static bool fault(parser *p, size_t at, pb_text reason) {
	size_t line = 1, column = 1;
	for (size_t i = 0; i < at; i++) {
		if (p->text.at[i] == '\n') line++, column = 1;
		else column += ((uint8_t)p->text.at[i] & 0xc0) != 0x80;
	}
	p->fault = pb_cat(PB("line "), pb_decimal((int64_t)line), PB(", column "), pb_decimal((int64_t)column), PB(": "), reason);
	return false;
}

static bool space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static pb_text trimmed(pb_text s) {
	size_t from = 0, to = s.len;
	while (from < to && space(s.at[from])) from++;
	while (to > from && space(s.at[to - 1])) to--;
	return pb_cut(s, from, to);
}

static size_t find2(pb_text s, char c, size_t i) {
	while (i + 1 < s.len && !(s.at[i] == c && s.at[i + 1] == c)) i++;
	return i + 1 < s.len ? i : s.len;
}

/* check_name refuses what is no path. */
static bool check_name(parser *p, tag t) {
	if (t.name.len == 0) return fault(p, t.from, PB("{{}} has no name in it"));
	bool dot = true, empty_step = false;
	for (size_t i = 0; i < t.name.len; i++) {
		char c = t.name.at[i];
		if (space(c) || c == '{' || c == '}' || c == '"')
			return fault(p, t.from, pb_cat(PB("the name "), t.name, PB(" holds a space, quote or brace; a name is a path such as data.agent.name")));
		empty_step |= c == '.' && dot;
		dot = c == '.';
	}
	if (!pb_is(t.name, ".") && (empty_step || dot)) return fault(p, t.from, pb_cat(PB("the path "), t.name, PB(" has a step without a name")));
	return true;
}

/* next_tag finds the next tag; t->to is 0 when there is none. */
static bool next_tag(parser *p, tag *t) {
	pb_text s = p->text;
	*t = (tag){.from = find2(s, '{', p->at)};
	if (t->from == s.len) return true;
	if (t->from + 2 < s.len && s.at[t->from + 2] == '{')
		return fault(p, t->from, PB("three braces: values are always escaped; write two, with a space after a brace that is meant"));
	size_t stop = find2(s, '}', t->from);
	if (stop == s.len) return fault(p, t->from, PB("{{ is not closed"));
	t->to = stop + 2;
	t->name = trimmed(pb_cut(s, t->from + 2, stop));
	if (t->name.len > 0 && pb_find(PB("!/#^&>=$<"), t->name.at[0], 0) < 9) {
		t->sigil = t->name.at[0];
		t->name = trimmed(pb_cut(t->name, 1, t->name.len));
	}
	switch (t->sigil) {
	case '!': return true;
	case '&': return fault(p, t->from, PB("{{&…}}: values are always escaped"));
	case '>': case '=': case '$': case '<':
		return fault(p, t->from, pb_cat(PB("{{"), (pb_text){&t->sigil, 1}, PB("…}} is not in this language")));
	}
	return check_name(p, *t);
}

/* whole_line widens a section's tag to its line, when nothing else stands there. */
static void whole_line(const parser *p, tag *t) {
	pb_text s = p->text;
	size_t from = t->from, to = t->to;
	while (from > p->at && (s.at[from - 1] == ' ' || s.at[from - 1] == '\t')) from--;
	if (from > 0 && s.at[from - 1] != '\n') return;
	while (to < s.len && (s.at[to] == ' ' || s.at[to] == '\t')) to++;
	if (to == s.len && from == 0) return;
	if (to < s.len) {
		size_t end = to + (s.at[to] == '\r');
		if (end == s.len || s.at[end] != '\n') return;
		to = end + 1;
	}
	t->from = from, t->to = to;
}

static node ***add(node ***end, node n) {
	node *made = pb_room(sizeof n);
	*made = n;
	**end = made;
	*end = &made->next;
	return end;
}

static void literal(parser *p, node ***end, size_t to) {
	if (to <= p->at) return;
	pb_text text = pb_cut(p->text, p->at, to);
	pb_context_feed(&p->context, text);
	add(end, (node){.kind = NODE_TEXT, .text = text});
}

static bool same_context(pb_context a, pb_context b) { return a.state == b.state && a.hex == b.hex; }

/* nodes reads up to the end of the section called open, or to the end of the text when open is empty. */
static bool nodes(parser *p, pb_text open, int depth, node **list) {
	node **end = list;
	for (;;) {
		tag t;
		if (!next_tag(p, &t)) return false;
		if (t.to == 0) {
			if (open.len > 0) return fault(p, p->text.len, pb_cat(PB("section "), open, PB(" is not closed: {{/"), open, PB("}} is missing")));
			return literal(p, &end, p->text.len), true;
		}
		size_t began = t.from;
		if (t.sigil) whole_line(p, &t);
		literal(p, &end, t.from);
		p->at = t.to;
		if (t.sigil == '!') continue;
		if (t.sigil == '/') {
			if (open.len > 0 && pb_same(t.name, open)) return true;
			return fault(p, began, pb_cat(PB("{{/"), t.name, PB("}} closes no section that is open here")));
		}
		node n = {.kind = NODE_VALUE, .text = t.name};
		if (t.sigil == 0) {
			const char *reason = pb_context_place(&p->context, &n.place);
			if (reason) return fault(p, began, pb_text_of(reason));
			add(&end, n);
			continue;
		}
		if (depth == MAX_NESTING) return fault(p, began, PB("sections stand more than 32 deep"));
		pb_context before = p->context;
		n.kind = t.sigil == '#' ? NODE_SECTION : NODE_INVERTED;
		if (!nodes(p, t.name, depth + 1, &n.body)) return false;
		/* Whether it is rendered must not change what follows. */
		if (!same_context(p->context, before))
			return fault(p, began, pb_cat(PB("section "), t.name, PB(" begins and ends in different places of the text, such as inside and outside of quotes")));
		add(&end, n);
	}
}

const pb_template *pb_template_parse(pb_text text, pb_format format, pb_text *reason) {
	parser p = {.text = text, .context = pb_context_of(format)};
	pb_template *t = pb_room(sizeof *t);
	*t = (pb_template){.format = format};
	if (nodes(&p, (pb_text){0}, 0, &t->first)) return t;
	*reason = p.fault;
	return NULL;
}

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

/* put_xml writes character data, safe in quotes too. What XML 1.0 has no way to write becomes U+FFFD; white space that would
 * not survive a parser is written as numbers. */
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
		default: pb_at = pb_put_rune(pb_at, r < 0x20 || r == 0xfffe || r == 0xffff ? 0xfffd : r);
		}
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
