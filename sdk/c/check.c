/* check.c: whether what a template made is what it was to make. */
#include "template.h"

static bool control(char c, bool tab) { return ((uint8_t)c < 0x20 && !(tab && c == '\t')) || c == 0x7f; }

/* dots says whether a segment is . or .., however it is encoded: it would be taken away, with the one before it, by whoever
 * reads the link. */
static bool dots(pb_text s) {
	int n = 0;
	for (size_t i = 0; i < s.len; n++) {
		if (s.at[i] == '.') i++;
		else if (s.len - i >= 3 && s.at[i] == '%' && s.at[i + 1] == '2' && (s.at[i + 2] | 0x20) == 'e') i += 3;
		else return false;
	}
	return n == 1 || n == 2;
}

static pb_text check_path(pb_text link) {
	if (pb_starts_with(link, PB("//"))) return PB("result begins with two slashes, which makes a host of what follows");
	size_t end = 0;
	while (end < link.len && link.at[end] != '?' && link.at[end] != '#') end++;
	for (size_t i = 0; i <= end;) {
		size_t stop = pb_find(pb_cut(link, 0, end), '/', i);
		pb_text segment = pb_cut(link, i, stop);
		if (dots(segment)) return pb_cat(PB("result has a path with the segment "), segment);
		i = stop + 1;
	}
	return (pb_text){0};
}

pb_text pb_check(pb_format format, pb_text out) {
	switch (format) {
	case PB_FORMAT_JSON:
		if (!pb_is_json(out)) return pb_cat(PB("result is not JSON: "), pb_parse_error());
		break;
	case PB_FORMAT_XML: {
		pb_text reason = pb_check_xml(out);
		if (reason.len > 0) return pb_cat(PB("result is not XML: "), reason);
		break;
	}
	case PB_FORMAT_HEADER:
		for (size_t i = 0; i < out.len; i++)
			if (control(out.at[i], true)) return PB("result is not one line: it holds a line end or another control character");
		break;
	case PB_FORMAT_FORM: case PB_FORMAT_URL:
		for (size_t i = 0; i < out.len; i++)
			if (control(out.at[i], false) || out.at[i] == ' ') return PB("result holds a space, a line end or another control character");
		if (format == PB_FORMAT_URL) return check_path(out);
		break;
	case PB_FORMAT_TEXT: case PB_FORMAT_HTML: case PB_FORMAT_MRKDWN: break;
	}
	return (pb_text){0};
}
