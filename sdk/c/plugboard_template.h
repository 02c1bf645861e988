/* plugboard_template.h: texts filled with values so that no value can change the text's structure. plugboard.h includes it.
 *
 * The language is a part of Mustache: {{data.agent.name}} for a value, {{#path}}…{{/path}} for what stands there if the
 * path leads to something (once, with names looked up in it first; for a list once for each element, {{.}} being it),
 * {{^path}}…{{/path}} for what stands there if not, {{! a remark }}. Absent values and null render empty.
 *
 * A template is for one format, and that and the text around a value decide how the value is escaped: in JSON it is a
 * string's content inside of quotes and a value outside of them, in XML character data, in a form and a link
 * percent-encoded. What comes out is checked: JSON must parse, a header is one line, a link has no segment of dots and no
 * value before its path. There is no way round: triple braces and {{&name}} are refused. */
#ifndef PLUGBOARD_TEMPLATE_H
#define PLUGBOARD_TEMPLATE_H

#include "plugboard_json.h"

typedef enum { PB_FORMAT_TEXT, PB_FORMAT_JSON, PB_FORMAT_XML, PB_FORMAT_FORM, PB_FORMAT_URL, PB_FORMAT_HEADER } pb_format;

/* pb_template_fault says what is wrong with a template; empty when nothing is. Call it in init. */
pb_text pb_template_fault(pb_text template, pb_format format);
/* pb_render fills the template from root. False when the result cannot be used; *out is then the reason. */
bool pb_render(pb_text template, pb_format format, pb_value root, pb_text *out);

#endif
