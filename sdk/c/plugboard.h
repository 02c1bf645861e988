/* plugboard.h: what a Plugboard plugin in C includes. A plugin is one or more files that hand functions of the author's
 * to the gateway, each in one line:
 *
 *	#include "plugboard.h"
 *
 *	static pb_end read(pb_request *r, pb_events *out) {
 *		pb_value doc = pb_json(r);
 *		if (!doc) return pb_reject(pb_cat(PB("body is not JSON: "), pb_parse_error()));
 *		pb_event e = pb_add(out, "agent.state.changed");
 *		pb_subject(e, "agent", pb_str(pb_take(doc, "agent_id")));
 *		pb_str_from(pb_data(e), "state.name", pb_get(doc, "status"));
 *		return pb_done();
 *	}
 *	PB_RECEIVE(read)
 *
 * An instance serves one call at a time and is used for many. Requests, events, values and texts belong to the call and
 * are void after it. Static variables live on until the gateway throws the instance away, as it may at any time. A trap
 * ends the call and the instance, and the gateway treats the call as failed. */
#ifndef PLUGBOARD_H
#define PLUGBOARD_H

#include "plugboard_json.h"
#include "plugboard_template.h"

/* ---- how a call ends ---- */

/* pb_end is what the author's functions return. */
typedef struct {
	int kind;
} pb_end;

static inline pb_end pb_done(void) { return (pb_end){0}; }
/* pb_reject: the input is bad; the sender of a webhook gets 400 and the reason. */
pb_end pb_reject(pb_text reason);
/* pb_drop: there is nothing to do, and why; the event or delivery ends here and counts as dropped. */
pb_end pb_drop(pb_text reason);
/* pb_retry: it may work later; the delivery is tried again when the destination's policy says so. */
pb_end pb_retry(pb_text reason);
/* pb_fail: trying again cannot help; a webhook is put aside, a delivery becomes a dead letter. */
pb_end pb_fail(pb_text reason);

/* ---- receive: a vendor's request becomes events ---- */

typedef struct pb_request pb_request;
typedef struct pb_events pb_events;
typedef struct {
	pb_obj obj;
} pb_event;

/* The body as it came, and as JSON (NULL when it is none, see pb_parse_error). */
pb_text pb_body(pb_request *r);
pb_value pb_json(pb_request *r);
/* pb_form reads a body of the type application/x-www-form-urlencoded as an object of strings, to be used like JSON; of a
 * name that comes twice the last one counts. pb_query_fields reads the query string the same way. */
pb_value pb_form(pb_request *r);
pb_value pb_query_fields(pb_request *r);
pb_text pb_method(pb_request *r);
pb_text pb_request_path(pb_request *r);
pb_text pb_query(pb_request *r);
/* pb_header is a header line's value, its name in lower case; empty when there is none or it is kept from plugins. */
pb_text pb_header(pb_request *r, const char *name);
/* pb_received_at is the time of receipt in canonical form. */
pb_text pb_received_at(pb_request *r);
pb_text pb_remote_addr(pb_request *r);
/* pb_source is the name of the source in the configuration. */
pb_text pb_source(pb_request *r);

/* pb_add adds an event of that type. pb_reply answers the sender with that status and body, as handshakes ask for. */
pb_event pb_add(pb_events *out, const char *type);
typedef struct {
	pb_obj obj;
} pb_replied;
pb_replied pb_reply(pb_events *out, int status, pb_text body);
void pb_reply_header(pb_replied r, const char *name, pb_text value);

/* An event's attributes. What is empty is left out; the gateway adds specversion, and id, time and source where they are
 * missing. */
void pb_id(pb_event e, pb_text id);
/* pb_id_from(e, a, b, …) asks the gateway to make the id by hashing those parts. */
#define pb_id_from(e, ...) pb_id_from_list(e, PB_TEXTS(__VA_ARGS__))
void pb_id_from_list(pb_event e, const pb_text *parts, size_t n);
/* pb_origin sets source to /vendor/account, and ccvendor and ccaccount. */
void pb_origin(pb_event e, const char *vendor, pb_text account);
void pb_event_source(pb_event e, pb_text source);
void pb_type(pb_event e, const char *type);
/* pb_vendor_type sets cctype: the vendor's own name for the type. */
void pb_vendor_type(pb_event e, pb_text type);
/* pb_subject sets the subject to kind/id and the ordering key to the same; nothing when id is empty. */
void pb_subject(pb_event e, const char *kind, pb_text id);
/* pb_time sets when it happened, from an RFC 3339 time; false when it is none. pb_time_of does so from a value, which it
 * marks as carried. */
bool pb_time(pb_event e, pb_text time);
bool pb_time_of(pb_event e, pb_value v);
/* pb_received sets ccreceived. Where no time was set that is the time too, and data.derived says so. */
void pb_received(pb_event e, pb_text time);
/* pb_derived adds to data.derived: the path of what was computed rather than read. */
void pb_derived(pb_event e, const char *path);
/* pb_echo says of which effect (pb_effect) the event would be the echo: what it reports, in the words that the plugin has for
 * deliveries to the same system. It is no part of the event. */
void pb_echo(pb_event e, pb_text key, pb_text value);
void pb_attribute(pb_event e, const char *name, pb_text value);
/* pb_data is the event's content. */
pb_obj pb_data(pb_event e);

/* ---- transform and format: an event on its way ---- */

typedef struct pb_incoming pb_incoming;
typedef struct pb_outgoing pb_outgoing;

/* pb_event_of is the event as a value: pb_get(pb_event_of(in), "data.agent.id"). pb_in is that in one. */
pb_value pb_event_of(pb_incoming *in);
static inline pb_value pb_in(pb_incoming *in, const char *path) { return pb_get(pb_event_of(in), path); }
/* pb_extensions is what of the vendor's message no field carries: data.extensions.<vendor>. */
pb_value pb_extensions(pb_incoming *in, const char *vendor);
pb_text pb_destination(pb_incoming *in);
pb_text pb_route(pb_incoming *in);
/* pb_attempt counts this delivery's attempts, from 1. */
int pb_attempt(pb_incoming *in);
/* pb_memo_of is what judge kept with its last retry; NULL at the first attempt. */
pb_value pb_memo_of(pb_incoming *in);
/* pb_copy adds an event equal to the one that came, to be changed from there. */
pb_event pb_copy(pb_events *out, pb_incoming *in);

/* The request to send. What is not set comes from the destination's configuration. */
void pb_set_method(pb_outgoing *q, const char *method);
/* pb_url sets the link; one without a host is relative to the destination's. */
void pb_url(pb_outgoing *q, pb_text url);
/* pb_path(q, PB("agents"), id, …) sets the link to the parts joined by slashes, each escaped so that it stays one part. */
#define pb_path(q, ...) pb_path_list(q, PB_TEXTS(__VA_ARGS__))
void pb_path_list(pb_outgoing *q, const pb_text *parts, size_t n);
/* pb_set_query and pb_set_form set a parameter, pb_set_header a line; the gateway escapes them, and refuses a header of
 * more than one line. */
void pb_set_query(pb_outgoing *q, const char *name, pb_text value);
void pb_set_form(pb_outgoing *q, const char *name, pb_text value);
void pb_set_header(pb_outgoing *q, const char *name, pb_text value);
/* The body: an object to fill, JSON text (false when it is none), a text, or bytes. */
pb_obj pb_json_body(pb_outgoing *q);
bool pb_raw_json_body(pb_outgoing *q, pb_text json);
void pb_text_body(pb_outgoing *q, pb_text body);
void pb_bytes_body(pb_outgoing *q, pb_text body);
/* pb_effect says what the delivery will cause, so that a source that soon reports just that is known as its echo. It counts from
 * the next request on; judge takes it back with pb_no_effect. */
void pb_effect(pb_outgoing *q, pb_text key, pb_text value);
/* pb_memo is carried to judge, to further steps and, with a retry, to the next attempt. */
pb_obj pb_memo(pb_outgoing *q);

/* ---- judge: what a response means ---- */

typedef struct pb_answer pb_answer;
typedef struct pb_verdict pb_verdict;

pb_incoming *pb_answer_event(pb_answer *a);
/* pb_step counts the requests of this attempt, from 1. */
int pb_step(pb_answer *a);
/* pb_sent is the request that was sent, as format or judge wrote it. */
pb_value pb_sent(pb_answer *a);
int pb_status(pb_answer *a);
/* pb_answer_header is a header line of the response, by its name in any case. */
pb_text pb_answer_header(pb_answer *a, const char *name);
pb_text pb_answer_body(pb_answer *a);
pb_value pb_answer_json(pb_answer *a);
pb_value pb_answer_memo(pb_answer *a);

/* One of these is set; none leaves it to the status. pb_slow_down and pb_keep may be set beside each. */
void pb_delivered(pb_verdict *v);
/* pb_next_request sends a further request in the same attempt; judge is called with its response. */
pb_outgoing *pb_next_request(pb_verdict *v);
void pb_again(pb_verdict *v, pb_text reason);
void pb_again_after(pb_verdict *v, int64_t seconds, pb_text reason);
/* pb_again_at asks for a time, an RFC 3339 one; anything else is ignored. */
void pb_again_at(pb_verdict *v, pb_text time, pb_text reason);
/* pb_refresh_auth asks for new credentials before the attempt that pb_again asked for. */
void pb_refresh_auth(pb_verdict *v);
void pb_dead(pb_verdict *v, pb_text why);
void pb_disable(pb_verdict *v, pb_text why);
void pb_slow_down(pb_verdict *v, int64_t seconds);
/* pb_no_effect takes back what pb_effect stated: nothing was caused, so there will be no echo. */
void pb_no_effect(pb_verdict *v);
/* pb_keep is carried to the next step and, with a retry, to the next attempt. */
pb_obj pb_keep(pb_verdict *v);

/* ---- what the gateway knows and does ---- */

/* pb_fact is something the gateway knows about the call (source, attempt, received_at, header.NAME, …); .at is NULL when
 * there is no such fact. pb_lookup is what a table of the configuration has for a key, pb_state what pb_set_state kept. */
pb_text pb_fact(const char *name);
pb_text pb_lookup(pb_text table, pb_text key);
pb_text pb_state(pb_text key);
/* pb_set_state keeps a value until so many seconds have passed; it is written together with the call's result, or not at
 * all. */
void pb_set_state(pb_text key, pb_text value, int64_t ttl_seconds);
typedef enum { PB_HMAC_SHA256, PB_HMAC_SHA1, PB_HMAC_SHA512 } pb_algorithm;
/* pb_sign is the MAC, in bytes, of data under a secret that the configuration grants; .at is NULL when it does not. */
pb_text pb_sign(pb_text secret, pb_algorithm algorithm, pb_text data);

void pb_debug(pb_text message);
void pb_info(pb_text message);
void pb_warn(pb_text message);
void pb_error(pb_text message);

/* pb_config is the configuration as a value; it lasts as long as the instance. */
pb_value pb_config(void);

/* A field of a struct that pb_decode_config fills: PB_FIELD(struct config, account, PB_TEXT). */
typedef enum { PB_TEXT, PB_INT, PB_FLAG, PB_REAL, PB_VALUE } pb_field_type; /* pb_text, int64_t, bool, double, pb_value */
typedef struct {
	const char *name;
	size_t offset;
	pb_field_type type;
} pb_field;
#define PB_FIELD(structure, member, type) {#member, offsetof(structure, member), type}
/* pb_decode_config(&config, fields) fills a struct from the configuration. What the configuration does not have stays as
 * it is. False when a type is wrong or a key is not among the fields; pb_config_error then says so. Call it in init. */
#define pb_decode_config(dst, fields) pb_decode_value(pb_config(), dst, fields, sizeof(fields) / sizeof(fields[0]))
bool pb_decode_value(pb_value v, void *dst, const pb_field *fields, size_t n);
pb_text pb_config_error(void);

/* ---- exports ---- */

int32_t pb_run_receive(pb_end (*read)(pb_request *, pb_events *));
int32_t pb_run_transform(pb_end (*change)(pb_incoming *, pb_events *));
int32_t pb_run_format(pb_end (*write)(pb_incoming *, pb_outgoing *));
int32_t pb_run_judge(pb_end (*decide)(pb_answer *, pb_verdict *));
int32_t pb_run_init(pb_end (*configure)(void));

#ifdef __wasm__
#define PB_EXPORT(name) __attribute__((export_name(#name)))
#else
#define PB_EXPORT(name)
#endif

#define PB_RECEIVE(f) PB_EXPORT(receive) int32_t pb_export_receive(void) { return pb_run_receive(f); }
#define PB_TRANSFORM(f) PB_EXPORT(transform) int32_t pb_export_transform(void) { return pb_run_transform(f); }
#define PB_FORMAT(f) PB_EXPORT(format) int32_t pb_export_format(void) { return pb_run_format(f); }
#define PB_JUDGE(f) PB_EXPORT(judge) int32_t pb_export_judge(void) { return pb_run_judge(f); }
/* PB_ENCODE: an event becomes the request that its vendor would have sent. */
#define PB_ENCODE(f) PB_EXPORT(encode) int32_t pb_export_encode(void) { return pb_run_format(f); }
/* PB_INIT: once for each instance, before anything else; what it rejects is a configuration that is refused. */
#define PB_INIT(f) PB_EXPORT(init) int32_t pb_export_init(void) { return pb_run_init(f); }

#endif
