/* xml.c: whether a text is a well-formed XML document. It knows no document types, which nobody should send, and does not
 * resolve namespaces. */
#include "template.h"

enum { MAX_OPEN = 512, MAX_ATTRIBUTES = 64 };

typedef struct {
	pb_text s;
	size_t at;
	pb_text open[MAX_OPEN]; /* elements */
	int depth;
	bool rooted; /* an outermost element has begun */
} checker;

static pb_text rest(const checker *c) { return pb_cut(c->s, c->at, c->s.len); }
static bool ahead(const checker *c, pb_text s) { return pb_starts_with(rest(c), s); }

static pb_text ok(void) { return (pb_text){0}; }

/* through goes past the closer. */
static pb_text through(checker *c, pb_text closer, const char *what) {
	while (c->at < c->s.len && !ahead(c, closer)) c->at++;
	if (c->at == c->s.len) return pb_cat(pb_text_of(what), PB(" is not closed"));
	c->at += closer.len;
	return ok();
}

static bool space(checker *c) {
	size_t before = c->at;
	while (c->at < c->s.len && (c->s.at[c->at] == ' ' || (c->s.at[c->at] >= '\t' && c->s.at[c->at] <= '\r'))) c->at++;
	return c->at > before;
}

/* name takes a name off. Letters of all scripts are taken to be allowed. */
static pb_text name(checker *c) {
	size_t from = c->at;
	for (; c->at < c->s.len; c->at++) {
		uint8_t ch = (uint8_t)c->s.at[c->at];
		bool letter = ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z') || ch == '_' || ch == ':' || ch >= 0x80;
		bool inner = ch == '-' || ch == '.' || (ch >= '0' && ch <= '9');
		if (!letter && (c->at == from || !inner)) break;
	}
	return pb_cut(c->s, from, c->at);
}

static bool number_is_character(pb_text digits) {
	uint32_t n = 0, base = 10;
	if (digits.len > 0 && digits.at[0] == 'x') digits = pb_cut(digits, 1, digits.len), base = 16;
	for (size_t i = 0; i < digits.len; i++) {
		char ch = digits.at[i], letter = ch | 0x20;
		bool hex = letter >= 'a' && letter <= 'f';
		uint32_t d = hex ? (uint32_t)(letter - 'a' + 10) : (uint8_t)(ch - '0');
		if (d >= base || (!hex && d > 9) || (n = n * base + d) > 0x10ffff) return false;
	}
	bool odd = n < 0x20 && n != '\t' && n != '\n' && n != '\r';
	return digits.len > 0 && !odd && n != 0xfffe && n != 0xffff && (n < 0xd800 || n > 0xdfff);
}

/* references looks at text for references that are none. */
static pb_text references(pb_text s) {
	for (size_t i = pb_find(s, '&', 0); i < s.len; i = pb_find(s, '&', i + 1)) {
		size_t stop = pb_find(s, ';', i);
		if (stop == s.len) return PB("& that begins no reference; write &amp;");
		pb_text name = pb_cut(s, i + 1, stop);
		if (pb_is(name, "amp") || pb_is(name, "lt") || pb_is(name, "gt") || pb_is(name, "quot") || pb_is(name, "apos")) continue;
		if (name.len == 0 || name.at[0] != '#') return pb_cat(PB("reference &"), pb_excerpt(name, 16), PB("; is not known; write &amp; for &"));
		if (!number_is_character(pb_cut(name, 1, name.len))) return pb_cat(PB("reference &"), pb_excerpt(name, 16), PB("; is no character"));
	}
	return ok();
}

static pb_text text(checker *c) {
	size_t stop = pb_find(c->s, '<', c->at);
	if (c->depth == 0) {
		space(c);
		return c->at < stop ? PB("text outside of the outermost element") : ok();
	}
	pb_text s = pb_cut(c->s, c->at, stop);
	c->at = stop;
	for (size_t i = 0; i + 3 <= s.len; i++)
		if (pb_starts_with(pb_cut(s, i, s.len), PB("]]>"))) return PB("]]> in a text");
	return references(s);
}

static pb_text attribute(checker *c, pb_text *seen, int n) {
	pb_text key = seen[n] = name(c);
	if (key.len == 0) return PB("malformed attribute, or not closed");
	for (int i = 0; i < n; i++)
		if (pb_same(seen[i], key)) return pb_cat(PB("attribute "), key, PB(" stands twice"));
	space(c);
	if (!ahead(c, PB("="))) return pb_cat(PB("attribute "), key, PB(" has no value"));
	c->at++;
	space(c);
	char quote = c->at < c->s.len ? c->s.at[c->at] : 0;
	if (quote != '"' && quote != '\'') return pb_cat(PB("attribute "), key, PB(" is not in quotes"));
	size_t stop = pb_find(c->s, quote, c->at + 1);
	pb_text value = pb_cut(c->s, c->at + 1, stop);
	if (stop == c->s.len || pb_find(value, '<', 0) < value.len) return pb_cat(PB("attribute "), key, PB(" is not closed, or has < in it"));
	c->at = stop + 1;
	return references(value);
}

static pb_text opening(checker *c) {
	pb_text seen[MAX_ATTRIBUTES];
	c->at++;
	pb_text element = name(c);
	if (element.len == 0) return PB("< without a name");
	if (c->depth == 0 && c->rooted) return PB("more than one outermost element");
	if (c->depth == MAX_OPEN) return PB("elements nested deeper than 512");
	c->rooted = true;
	for (int n = 0;; n++) {
		bool spaced = space(c);
		if (ahead(c, PB("/>"))) return c->at += 2, ok();
		if (ahead(c, PB(">"))) return c->at++, c->open[c->depth++] = element, ok();
		if (!spaced || n == MAX_ATTRIBUTES) return pb_cat(PB("tag "), element, PB(" is malformed"));
		pb_text reason = attribute(c, seen, n);
		if (reason.len > 0) return pb_cat(PB("tag "), element, PB(": "), reason);
	}
}

static pb_text closing(checker *c) {
	c->at += 2;
	pb_text element = name(c);
	space(c);
	if (c->depth == 0 || !pb_same(c->open[c->depth - 1], element) || !ahead(c, PB(">")))
		return pb_cat(PB("</"), element, PB("> closes no element that is open there"));
	c->depth--, c->at++;
	return ok();
}

static pb_text comment(checker *c) {
	c->at += 4;
	pb_text reason = through(c, PB("--"), "comment");
	if (reason.len > 0 || !ahead(c, PB(">"))) return PB("comment is not closed, or has -- in it");
	c->at++;
	return ok();
}

/* next goes past a text, a tag or what else begins with <. */
static pb_text next(checker *c) {
	if (c->s.at[c->at] != '<') return text(c);
	if (ahead(c, PB("<!--"))) return comment(c);
	if (ahead(c, PB("<![CDATA["))) return c->depth > 0 ? through(c, PB("]]>"), "CDATA section") : PB("text outside of the outermost element");
	if (ahead(c, PB("<?"))) return through(c, PB("?>"), "processing instruction");
	if (ahead(c, PB("<!"))) return PB("a document type is not allowed");
	return ahead(c, PB("</")) ? closing(c) : opening(c);
}

static pb_text characters(pb_text s) {
	const char *p = s.at, *end = s.at + s.len;
	while (p < end) {
		uint32_t r;
		size_t n = pb_rune(p, end, &r);
		if (n == 1 && r == 0xfffd) return PB("it is not UTF-8");
		if ((r < 0x20 && r != '\t' && r != '\n' && r != '\r') || r == 0xfffe || r == 0xffff) return PB("it holds a character that XML does not have");
		p += n;
	}
	return ok();
}

pb_text pb_check_xml(pb_text s) {
	pb_text reason = characters(s);
	checker *c = pb_room(sizeof *c);
	*c = (checker){.s = s};
	while (reason.len == 0 && c->at < s.len) reason = next(c);
	if (reason.len > 0) return reason;
	if (c->depth > 0) return pb_cat(PB("element "), c->open[c->depth - 1], PB(" is not closed"));
	return c->rooted ? ok() : PB("it has no element");
}
