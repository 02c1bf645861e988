/* context.c: where in a template's text a value stands. */
#include "template.h"

enum {
	OUTSIDE, /* of a JSON string; text between XML's tags */
	IN_STRING, AFTER_BACKSLASH,
	IN_TAG, IN_DOUBLE, IN_SINGLE, IN_COMMENT, IN_CDATA, IN_INSTRUCTION, IN_DECLARATION,
	IN_HOST, IN_SCHEME, IN_PATH, IN_QUERY
};

pb_context pb_context_of(pb_format format) { return (pb_context){(uint8_t)format, format == PB_FORMAT_URL ? IN_SCHEME : OUTSIDE, 0}; }

static const char *json_place(const pb_context *c, pb_place_kind *place) {
	*place = c->state == OUTSIDE ? PB_AT_JSON_VALUE : PB_AT_JSON_STRING;
	if (c->state == OUTSIDE || (c->state == IN_STRING && c->hex == 0)) return NULL;
	return "a value cannot stand in the middle of an escape";
}

static const char *xml_place(const pb_context *c) {
	switch (c->state) {
	case OUTSIDE: case IN_DOUBLE: case IN_SINGLE: return NULL;
	case IN_TAG: return "inside a tag a value can only stand in an attribute's quotes";
	case IN_COMMENT: return "a value cannot stand in a comment";
	case IN_CDATA: return "a value cannot stand in a CDATA section; leave CDATA out, values are escaped";
	}
	return "a value cannot stand in a declaration or processing instruction";
}

const char *pb_context_place(const pb_context *c, pb_place_kind *place) {
	switch (c->format) {
	case PB_FORMAT_JSON: return json_place(c, place);
	case PB_FORMAT_XML: *place = PB_AT_XML; return xml_place(c);
	case PB_FORMAT_HTML: *place = c->state == OUTSIDE ? PB_AT_HTML : PB_AT_HTML_ATTRIBUTE; return xml_place(c);
	case PB_FORMAT_MRKDWN: *place = PB_AT_HTML; return NULL;
	case PB_FORMAT_FORM: *place = PB_AT_FORM; return NULL;
	case PB_FORMAT_URL:
		*place = PB_AT_URL;
		if (c->state == IN_PATH || c->state == IN_QUERY) return NULL;
		return "a value cannot choose the link's scheme or host: write them out, or begin with a slash";
	}
	*place = PB_AT_TEXT;
	return NULL;
}

static void feed_json(pb_context *c, pb_text text) {
	for (size_t i = 0; i < text.len; i++) {
		char ch = text.at[i];
		if (c->state == AFTER_BACKSLASH) {
			c->state = IN_STRING;
			if (ch == 'u') c->hex = 4;
		} else if (c->hex > 0 && ch != '"') {
			c->hex--;
		} else if (ch == '"') {
			c->hex = 0;
			c->state = c->state == IN_STRING ? OUTSIDE : IN_STRING;
		} else if (ch == '\\' && c->state == IN_STRING) {
			c->state = AFTER_BACKSLASH;
		}
	}
}

/* past gives the place behind the next s from i on, or the end. */
static size_t past(pb_text text, size_t i, pb_text s) {
	for (; i + s.len <= text.len; i++)
		if (pb_starts_with(pb_cut(text, i, text.len), s)) return i + s.len;
	return text.len + 1;
}

/* open_xml goes past what begins with the < at i. */
static size_t open_xml(pb_context *c, pb_text text, size_t i) {
	static const struct {
		pb_text opener;
		uint8_t state;
	} openers[] = {{{"<!--", 4}, IN_COMMENT}, {{"<![CDATA[", 9}, IN_CDATA}, {{"<?", 2}, IN_INSTRUCTION}, {{"<!", 2}, IN_DECLARATION}};
	for (size_t k = 0; k < sizeof openers / sizeof openers[0]; k++) {
		if (!pb_starts_with(pb_cut(text, i, text.len), openers[k].opener)) continue;
		c->state = openers[k].state;
		return i + openers[k].opener.len;
	}
	c->state = IN_TAG;
	return i + 1;
}

/* feed_xml looks for what opens and closes. A construct that a value cuts in two is taken for the one that allows none. */
static void feed_xml(pb_context *c, pb_text text) {
	size_t i = 0;
	while (i < text.len) {
		pb_text closer = {0};
		switch (c->state) {
		case OUTSIDE:
			i = pb_find(text, '<', i);
			if (i < text.len) i = open_xml(c, text, i);
			continue;
		case IN_TAG:
			while (i < text.len && text.at[i] != '>' && text.at[i] != '"' && text.at[i] != '\'') i++;
			if (i == text.len) return;
			c->state = text.at[i] == '>' ? OUTSIDE : text.at[i] == '"' ? IN_DOUBLE : IN_SINGLE;
			i++;
			continue;
		case IN_DOUBLE: closer = PB("\""); break;
		case IN_SINGLE: closer = PB("'"); break;
		case IN_COMMENT: closer = PB("-->"); break;
		case IN_CDATA: closer = PB("]]>"); break;
		case IN_INSTRUCTION: closer = PB("?>"); break;
		case IN_DECLARATION: closer = PB(">"); break;
		}
		i = past(text, i, closer);
		if (i > text.len) return;
		c->state = c->state == IN_DOUBLE || c->state == IN_SINGLE ? IN_TAG : OUTSIDE;
	}
}

/* feed_url finds out where the host ends. A link that begins with one slash, a question mark or a number sign has none. */
static void feed_url(pb_context *c, pb_text text) {
	for (size_t i = 0; i < text.len && c->state != IN_QUERY; i++) {
		char ch = text.at[i];
		if (ch == '?' || ch == '#') {
			c->state = IN_QUERY;
		} else if (c->state == IN_SCHEME && pb_starts_with(pb_cut(text, i, text.len), PB("//"))) {
			c->state = IN_HOST;
			i++;
		} else if (c->state != IN_PATH && ch == '/') {
			c->state = IN_PATH;
		}
	}
}

void pb_context_feed(pb_context *c, pb_text text) {
	if (c->format == PB_FORMAT_JSON) feed_json(c, text);
	if (c->format == PB_FORMAT_XML || c->format == PB_FORMAT_HTML) feed_xml(c, text);
	if (c->format == PB_FORMAT_URL) feed_url(c, text);
}
