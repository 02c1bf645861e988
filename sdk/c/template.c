/* template.c: templates, read. */
#include "template.h"

enum { MAX_NESTING = 32 };

#define OTHER_PLACE " begins and ends in different places of the text, such as inside and outside of quotes"

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
			return fault(p, began, pb_cat(PB("section "), t.name, PB(OTHER_PLACE)));
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
