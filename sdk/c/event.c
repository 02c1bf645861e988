/* event.c: a vendor's request, and the events that come of it. */
#include "calls.h"

pb_text pb_body(pb_request *r) {
	if (!r->read) r->read = true, r->body = pb_input();
	return r->body;
}

pb_value pb_json(pb_request *r) { return pb_read_input(pb_body(r)); }

static int nibble(char c) {
	if (c >= '0' && c <= '9') return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* decoded undoes form escaping. A % that no two hex digits follow stays, as browsers have it. */
static pb_text decoded(pb_text s) {
	char *from = pb_ensure(s.len), *to = from;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		if (c == '+') c = ' ';
		if (c == '%' && i + 2 < s.len && nibble(s.at[i + 1]) >= 0 && nibble(s.at[i + 2]) >= 0) {
			c = (char)(nibble(s.at[i + 1]) << 4 | nibble(s.at[i + 2]));
			i += 2;
		}
		*to++ = c;
	}
	return pb_at = to, (pb_text){from, (size_t)(to - from)};
}

/* pairs makes a document of a form: it is written as JSON and read again, so that Take and Rest work the same. */
static pb_value pairs(pb_text s) {
	pb_obj fields = pb_new_object();
	for (size_t i = 0; i < s.len;) {
		size_t stop = pb_find(s, '&', i);
		pb_text pair = pb_cut(s, i, stop);
		i = stop + 1;
		if (pair.len == 0) continue;
		size_t equals = pb_find(pair, '=', 0);
		pb_text name = decoded(pb_cut(pair, 0, equals)), value = decoded(pb_cut(pair, equals + 1, pair.len));
		pb_put_str(pb_child(fields, name, PB_PART_LEAF), value);
	}
	return pb_parse(pb_write(fields));
}

pb_value pb_form(pb_request *r) { return pairs(pb_body(r)); }
pb_value pb_query_fields(pb_request *r) { return pairs(pb_query(r)); }

pb_text pb_method(pb_request *r) { return (void)r, pb_fact("method"); }
pb_text pb_request_path(pb_request *r) { return (void)r, pb_fact("path"); }
pb_text pb_query(pb_request *r) { return (void)r, pb_fact("query"); }
pb_text pb_received_at(pb_request *r) { return (void)r, pb_fact("received_at"); }
pb_text pb_remote_addr(pb_request *r) { return (void)r, pb_fact("remote_addr"); }
pb_text pb_source(pb_request *r) { return (void)r, pb_fact("source"); }

pb_text pb_header(pb_request *r, const char *name) {
	(void)r;
	return pb_fact(pb_cat(PB("header."), pb_text_of(name), PB("\0")).at);
}

pb_event pb_add(pb_events *out, const char *type) {
	pb_event e = {pb_append_object(out->root, "events")};
	pb_type(e, type);
	return e;
}

pb_event pb_copy(pb_events *out, pb_incoming *in) {
	pb_event e = {pb_append_object(out->root, "events")};
	pb_merge(e.obj, in->root);
	return e;
}

pb_replied pb_reply(pb_events *out, int status, pb_text body) {
	pb_replied r = {pb_object(out->root, "reply")};
	pb_set_int(r.obj, "status", status);
	pb_set_str(r.obj, "body", body);
	return r;
}

void pb_reply_header(pb_replied r, const char *name, pb_text value) {
	if (value.len > 0) pb_put_str(pb_child(pb_object(r.obj, "headers"), pb_text_of(name), PB_PART_LEAF), value);
}

void pb_id(pb_event e, pb_text id) { pb_set_str(e.obj, "id", id); }

void pb_id_from_list(pb_event e, const pb_text *parts, size_t n) {
	pb_obj list = pb_place(e.obj, "id_from", PB_PART_ARRAY);
	for (size_t i = 0; i < n; i++) pb_add_str(list, parts[i]);
}

void pb_origin(pb_event e, const char *vendor, pb_text account) {
	pb_set_str(e.obj, "ccvendor", pb_text_of(vendor));
	pb_set_str(e.obj, "ccaccount", account);
	if (account.len > 0) pb_event_source(e, pb_cat(PB("/"), pb_text_of(vendor), PB("/"), account));
}

void pb_event_source(pb_event e, pb_text source) { pb_set_str(e.obj, "source", source); }
void pb_type(pb_event e, const char *type) { pb_set_str(e.obj, "type", pb_text_of(type)); }
void pb_vendor_type(pb_event e, pb_text type) { pb_set_str(e.obj, "cctype", type); }

void pb_subject(pb_event e, const char *kind, pb_text id) {
	if (id.len == 0) return;
	pb_text subject = pb_cat(pb_text_of(kind), PB("/"), id);
	pb_set_str(e.obj, "subject", subject);
	pb_set_str(e.obj, "partitionkey", subject);
}

bool pb_time(pb_event e, pb_text time) { return pb_set_time(e.obj, "time", time); }
bool pb_time_of(pb_event e, pb_value v) { return pb_time_from(e.obj, "time", v); }

void pb_received(pb_event e, pb_text time) {
	pb_set_time(e.obj, "ccreceived", time);
	if (!pb_has(e.obj, "time") && pb_set_time(e.obj, "time", time)) pb_derived(e, "time");
}

void pb_derived(pb_event e, const char *path) { pb_append(e.obj, "data.derived", pb_text_of(path)); }

void pb_echo(pb_event e, pb_text key, pb_text value) {
	pb_set_str(e.obj, "echo.key", key);
	pb_set_str(e.obj, "echo.value", value);
}

void pb_attribute(pb_event e, const char *name, pb_text value) {
	if (value.len > 0) pb_put_str(pb_child(e.obj, pb_text_of(name), PB_PART_LEAF), value);
}

pb_obj pb_data(pb_event e) { return pb_object(e.obj, "data"); }
