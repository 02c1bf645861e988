/* Plugin ziwo-calls reads the messages that Ziwo posts about calls: created, ringing, answered, ended. Whatever else Ziwo
 * posts becomes a vendor.unmapped event, and what no field carries stays under extensions, so that nothing is lost. */
#include "plugboard.h"

static struct config {
	pb_text account;
} config;

static const pb_field fields[] = {PB_FIELD(struct config, account, PB_TEXT)};

/* configure refuses a configuration without an account: events of two accounts could not be told apart. */
static pb_end configure(void) {
	if (!pb_decode_config(&config, fields)) return pb_fail(pb_cat(PB("config."), pb_config_error()));
	if (config.account.len == 0) return pb_fail(PB("config.account is missing: name the Ziwo account"));
	return pb_done();
}
PB_INIT(configure)

/* unmapped is the type of what is not known. It may be about a call all the same. */
static const char unmapped[] = "vendor.unmapped";

/* meaning gives the canonical type, and the field that says when it happened. Without that field it is the time of receipt:
 * a call that is answered now has started before. */
static const char *meaning(pb_text vendor_type, const char **happened) {
	if (pb_starts_with(vendor_type, PB("call-"))) vendor_type = pb_cut(vendor_type, 5, vendor_type.len);
	*happened = "startedAt";
	if (pb_is(vendor_type, "created")) return "call.created";
	if (pb_is(vendor_type, "ringing")) return "call.ringing";
	*happened = "answeredAt";
	if (pb_is(vendor_type, "answered") || pb_is(vendor_type, "active")) return "call.answered";
	*happened = "endedAt";
	if (pb_is(vendor_type, "ended") || pb_is(vendor_type, "hangup")) return "call.ended";
	*happened = "startedAt";
	return unmapped;
}

static pb_text outcome(pb_text result) {
	if (pb_is(result, "answered")) return PB("answered");
	if (pb_is(result, "no-answer")) return PB("missed");
	return PB("unknown");
}

/* internal says whether a number is of 2 to 6 digits. */
static bool internal(pb_text number) {
	for (size_t i = 0; i < number.len; i++)
		if (number.at[i] < '0' || number.at[i] > '9') return false;
	return number.len >= 2 && number.len <= 6;
}

/* derive_direction tells the direction from which end has an internal number. Both or neither: nobody knows. */
static void derive_direction(pb_obj call, pb_event e, pb_text from, pb_text to) {
	if (internal(from) == internal(to)) return;
	pb_set_str(call, "direction", internal(to) ? PB("inbound") : PB("outbound"));
	pb_derived(e, "data.call.direction");
}

static void read_call(pb_value doc, pb_event e) {
	pb_obj call = pb_object(pb_data(e), "call");
	pb_str_from(call, "id", pb_get(doc, "callID"));
	pb_str_from(call, "other_leg_id", pb_get(doc, "otherLegCallID"));
	pb_str_from(call, "from", pb_get(doc, "callerIdNumber"));
	pb_str_from(call, "from_name", pb_get(doc, "callerIdName"));
	pb_str_from(call, "to", pb_get(doc, "calleeIdNumber"));
	pb_str_from(call, "to_name", pb_get(doc, "calleeIdName"));
	pb_str_from(call, "queue.name", pb_get(doc, "queueName"));
	pb_str_from(call, "recording_file", pb_get(doc, "recordingFile"));
	pb_time_from(call, "started_at", pb_get(doc, "startedAt"));
	pb_time_from(call, "answered_at", pb_get(doc, "answeredAt"));
	pb_time_from(call, "ended_at", pb_get(doc, "endedAt"));
	pb_int_from(call, "timings.total_seconds", pb_get(doc, "duration"));
	pb_int_from(call, "timings.talk_seconds", pb_get(doc, "talkTime"));
	pb_int_from(call, "timings.ring_seconds", pb_get(doc, "ringTime"));
	pb_value result = pb_get(doc, "result"), direction = pb_get(doc, "direction");
	if (pb_str_from(call, "outcome_raw", result)) pb_set_str(call, "outcome", outcome(pb_str(result)));
	pb_text way = pb_str(direction);
	if (pb_is(way, "inbound") || pb_is(way, "outbound") || pb_is(way, "internal"))
		pb_str_from(call, "direction", direction);
	else
		derive_direction(call, e, pb_str(pb_get(doc, "callerIdNumber")), pb_str(pb_get(doc, "calleeIdNumber")));
}

static pb_end read(pb_request *r, pb_events *out) {
	pb_value doc = pb_json(r);
	if (pb_kind_of(doc) != PB_OBJECT) return pb_reject(PB("the body is not a JSON object"));
	pb_text vendor_type = pb_str(pb_get(doc, "type")), call = pb_str(pb_get(doc, "callID"));
	const char *happened, *type = meaning(vendor_type, &happened);
	pb_event e = pb_add(out, type);
	pb_origin(e, "ziwo", config.account);
	if (vendor_type.len > 0) pb_vendor_type(e, pb_str(pb_take(doc, "type")));
	pb_text started = pb_str(pb_get(doc, "startedAtEpoch"));
	if (started.len == 0) started = pb_str(pb_get(doc, "startedAt"));
	/* One call rings at several agents, each with a leg of its own, so the call's id alone names no occurrence. */
	pb_id_from(e, config.account, call, pb_str(pb_get(doc, "otherLegCallID")), vendor_type, started);
	pb_subject(e, "call", call);
	pb_time_of(e, pb_get(doc, happened));
	pb_received(e, pb_received_at(r)); /* without a time so far: the time too, named as derived */
	if (call.len > 0 || type != unmapped) read_call(doc, e);
	pb_set_rest(pb_data(e), "extensions.ziwo", doc);
	return pb_done();
}
PB_RECEIVE(read)

/* places are where Ziwo has what stands in data.call. */
static const struct {
	const char *path, *name;
} places[] = {
	{"id", "callID"}, {"other_leg_id", "otherLegCallID"}, {"from", "callerIdNumber"}, {"from_name", "callerIdName"},
	{"to", "calleeIdNumber"}, {"to_name", "calleeIdName"}, {"queue.name", "queueName"}, {"recording_file", "recordingFile"},
	{"started_at", "startedAt"}, {"answered_at", "answeredAt"}, {"ended_at", "endedAt"}, {"outcome_raw", "result"},
	{"timings.total_seconds", "duration"}, {"timings.talk_seconds", "talkTime"}, {"timings.ring_seconds", "ringTime"},
};

/* derived says whether it is not Ziwo who said what stands at a path. */
static bool derived(pb_incoming *in, const char *path) {
	pb_value list = pb_in(in, "data.derived");
	for (pb_value d = pb_first(list); d; d = pb_next(list, d))
		if (pb_is(pb_str(d), path)) return true;
	return false;
}

/* rebuild makes the message again that read has made an event of: what was kept under extensions, and over it the fields, where
 * Ziwo has them. Ziwo writes numbers as texts. */
static pb_end rebuild(pb_incoming *in, pb_outgoing *out) {
	pb_value call = pb_in(in, "data.call");
	pb_text type = pb_str(pb_in(in, "type"));
	if (!pb_is(pb_str(pb_in(in, "ccvendor")), "ziwo") || (!call && !pb_is(type, "vendor.unmapped")))
		return pb_reject(pb_cat(PB("Ziwo has no message for "), type));
	pb_obj body = pb_json_body(out);
	pb_merge(body, pb_extensions(in, "ziwo"));
	pb_set_str(body, "type", pb_str(pb_in(in, "cctype")));
	if (!call && !derived(in, "time")) pb_set_str(body, "startedAt", pb_str(pb_in(in, "time")));
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) pb_set_str(body, places[i].name, pb_str(pb_get(call, places[i].path)));
	if (!derived(in, "data.call.direction")) pb_set_str(body, "direction", pb_str(pb_get(call, "direction")));
	return pb_done();
}
PB_ENCODE(rebuild)
