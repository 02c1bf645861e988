/* template.h: what the files of the template language share. */
#ifndef PLUGBOARD_TEMPLATE_INTERNAL_H
#define PLUGBOARD_TEMPLATE_INTERNAL_H

#include "internal.h"

/* A pb_place_kind is where a value stands, which decides how it is escaped. */
typedef enum { PB_AT_TEXT, PB_AT_JSON_STRING, PB_AT_JSON_VALUE, PB_AT_XML, PB_AT_HTML, PB_AT_HTML_ATTRIBUTE, PB_AT_FORM, PB_AT_URL } pb_place_kind;

/* A pb_context follows a template's text and knows what is open. Two that are equal go on equally. */
typedef struct {
	uint8_t format, state, hex; /* hex: digits of \u that are to come */
} pb_context;

pb_context pb_context_of(pb_format format);
void pb_context_feed(pb_context *c, pb_text text);
/* pb_context_place says where a value would stand now; NULL, or why none can. */
const char *pb_context_place(const pb_context *c, pb_place_kind *place);

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

/* pb_check says why a result is not what the format asks for; empty when it is. */
pb_text pb_check(pb_format format, pb_text out);
pb_text pb_check_xml(pb_text s);

#endif
