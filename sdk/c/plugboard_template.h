/* plugboard_template.h: texts filled with values so that no value can change the text's structure. plugboard.h includes it.
 *
 * The language is a part of Mustache: {{data.agent.name}} for a value, {{#path}}…{{/path}} for what stands there if the
 * path leads to something (once, with names looked up in it first; for a list once for each element, {{.}} being it),
 * {{^path}}…{{/path}} for what stands there if not, {{! a remark }}. Absent values and null render empty.
 *
 * A template is for one format. From the text around a value it is found out where the value stands, and that decides how
 * it is escaped: in JSON it is a string's content inside of quotes and a value outside of them, in XML character data, in a
 * form and a link percent-encoded. Where a value cannot be made safe, as in the name of an element or the host of a link,
 * the template is refused. What comes out is checked: JSON and XML must parse, a header is one line. There is no way round:
 * triple braces and {{&name}} are refused. */
#ifndef PLUGBOARD_TEMPLATE_H
#define PLUGBOARD_TEMPLATE_H

#include "plugboard_json.h"

typedef enum { PB_FORMAT_TEXT, PB_FORMAT_JSON, PB_FORMAT_XML, PB_FORMAT_FORM, PB_FORMAT_URL, PB_FORMAT_HEADER,
	PB_FORMAT_HTML,   /* a piece of HTML as chats take it: values are text, or stand in an attribute's quotes */
	PB_FORMAT_MRKDWN, /* Slack's markup, in which &, < and > alone have a meaning that a value could carry */
} pb_format;

typedef struct pb_template pb_template;

/* pb_template_parse reads a template; NULL when it has a fault, and then *fault says which, by line and column. Made in init
 * it lasts as long as the instance. The text must stay as it is. */
const pb_template *pb_template_parse(pb_text text, pb_format format, pb_text *fault);
/* pb_render fills a template from root. False when the result cannot be used; *out is then the reason. */
bool pb_render(const pb_template *t, pb_value root, pb_text *out);

#endif
