/* delivery.c: an event on its way, the request that it becomes, and what its response means. */
#include "calls.h"

pb_value pb_event_of(pb_incoming *in) { return in->root; }
pb_value pb_extensions(pb_incoming *in, const char *vendor) { return pb_member(pb_get(in->root, "data.extensions"), pb_text_of(vendor)); }
pb_text pb_destination(pb_incoming *in) { return (void)in, pb_fact("destination"); }
pb_text pb_route(pb_incoming *in) { return (void)in, pb_fact("route"); }

int pb_attempt(pb_incoming *in) {
	(void)in;
	int64_t n = 0;
	pb_parse_int(pb_fact("attempt"), &n);
	return (int)n;
}

pb_value pb_memo_of(pb_incoming *in) {
	(void)in;
	pb_text memo = pb_fact("memo");
	return memo.at ? pb_parse(memo) : NULL;
}

static void set_pair(pb_outgoing *q, const char *where, const char *name, pb_text value) {
	if (value.len > 0) pb_put_str(pb_child(pb_object(q->obj, where), pb_text_of(name), PB_PART_LEAF), value);
}

void pb_set_method(pb_outgoing *q, const char *method) { pb_set_str(q->obj, "method", pb_text_of(method)); }
void pb_url(pb_outgoing *q, pb_text url) { pb_set_str(q->obj, "url", url); }

/* The segments . and .. mean directories even when encoded, so their dots cannot stand; they get the encoding that a strict
 * server refuses rather than one that climbs. */
void pb_path_list(pb_outgoing *q, const pb_text *parts, size_t n) {
	char *from = pb_at;
	for (size_t i = 0; i < n; i++) {
		pb_put(PB("/"));
		pb_put_percent(parts[i], false, pb_is(parts[i], ".") || pb_is(parts[i], ".."));
	}
	pb_url(q, (pb_text){from, (size_t)(pb_at - from)});
}

void pb_set_query(pb_outgoing *q, const char *name, pb_text value) { set_pair(q, "query", name, value); }
void pb_set_form(pb_outgoing *q, const char *name, pb_text value) { set_pair(q, "form", name, value); }
void pb_set_header(pb_outgoing *q, const char *name, pb_text value) { set_pair(q, "headers", name, value); }

pb_obj pb_json_body(pb_outgoing *q) { return pb_object(q->obj, "json"); }
bool pb_raw_json_body(pb_outgoing *q, pb_text json) { return pb_set_raw(q->obj, "json", json); }
void pb_text_body(pb_outgoing *q, pb_text body) { pb_set_str(q->obj, "body", body); }
void pb_bytes_body(pb_outgoing *q, pb_text body) { pb_set_str(q->obj, "body_base64", pb_to_base64(body)); }

void pb_effect(pb_outgoing *q, pb_text key, pb_text value) {
	pb_set_str(q->outer, "effect.key", key);
	pb_set_str(q->outer, "effect.value", value);
}

pb_obj pb_memo(pb_outgoing *q) { return pb_object(q->outer, "memo"); }

pb_incoming *pb_answer_event(pb_answer *a) { return &a->event; }

static int number(pb_answer *a, const char *path) {
	int64_t n = 0;
	pb_int(pb_get(a->root, path), &n);
	return (int)n;
}

int pb_step(pb_answer *a) { return number(a, "step"); }
int pb_status(pb_answer *a) { return number(a, "response.status"); }
pb_value pb_sent(pb_answer *a) { return pb_get(a->root, "request"); }
pb_value pb_answer_memo(pb_answer *a) { return pb_get(a->root, "memo"); }

static bool same_letters(pb_text a, pb_text b) {
	if (a.len != b.len) return false;
	for (size_t i = 0; i < a.len; i++) {
		uint8_t x = (uint8_t)a.at[i], y = (uint8_t)b.at[i];
		if (x != y && ((x | 0x20) != (y | 0x20) || (x | 0x20) < 'a' || (x | 0x20) > 'z')) return false;
	}
	return true;
}

pb_text pb_answer_header(pb_answer *a, const char *name) {
	pb_value headers = pb_get(a->root, "response.headers");
	for (pb_value h = pb_first(headers); h; h = pb_next(headers, h)) {
		if (!same_letters(pb_name(h), pb_text_of(name))) continue;
		return pb_str(h->kind == PB_ARRAY ? pb_index(h, 0) : h);
	}
	return (pb_text){0};
}

pb_text pb_answer_body(pb_answer *a) {
	pb_text bytes = pb_str(pb_get(a->root, "response.body_base64"));
	return bytes.len > 0 ? pb_from_base64(bytes) : pb_str(pb_get(a->root, "response.body"));
}

pb_value pb_answer_json(pb_answer *a) {
	pb_value body = pb_get(a->root, "response.body");
	return body && body->kind != PB_STRING ? body : pb_parse(pb_answer_body(a));
}

static pb_text or_else(pb_text s, pb_text otherwise) { return s.len > 0 ? s : otherwise; }

static pb_text in_seconds(int64_t n) { return pb_cat(pb_decimal(n < 0 ? 0 : n), PB("s")); }

void pb_delivered(pb_verdict *v) { pb_set_bool(v->root, "delivered", true); }

pb_outgoing *pb_next_request(pb_verdict *v) {
	v->next = (pb_outgoing){v->root, pb_object(v->root, "next.request")};
	return &v->next;
}

void pb_again(pb_verdict *v, pb_text reason) { pb_set_str(v->root, "retry.reason", or_else(reason, PB("the plugin asked to try again"))); }

void pb_again_after(pb_verdict *v, int64_t seconds, pb_text reason) {
	pb_again(v, reason);
	pb_set_str(v->root, "retry.after", in_seconds(seconds));
}

void pb_again_at(pb_verdict *v, pb_text time, pb_text reason) {
	pb_again(v, reason);
	pb_set_time(v->root, "retry.at", time);
}

void pb_refresh_auth(pb_verdict *v) { pb_set_bool(v->root, "retry.refresh_auth", true); }

void pb_dead(pb_verdict *v, pb_text why) { pb_set_str(v->root, "dead", or_else(why, PB("the plugin did not say why"))); }
void pb_disable(pb_verdict *v, pb_text why) { pb_set_str(v->root, "disable", or_else(why, PB("the plugin did not say why"))); }
void pb_slow_down(pb_verdict *v, int64_t seconds) { pb_set_str(v->root, "slow_down", in_seconds(seconds)); }
void pb_no_effect(pb_verdict *v) { pb_set_raw(v->root, "effect", PB("null")); }
pb_obj pb_keep(pb_verdict *v) { return pb_object(v->root, "memo"); }
