/* Plugin telegram-message writes a line about an event to a Telegram chat. The destination's url is the whole address,
 * https://api.telegram.org/bot{{secret.telegram.token}}/sendMessage, so that the plugin has nothing to do with the token. */
#include "plugboard.h"

static struct config {
	pb_value chat_id; /* a number or a text, sent as it is written */
	bool silent;
} config;

static const pb_field fields[] = {
	PB_FIELD(struct config, chat_id, PB_VALUE),
	PB_FIELD(struct config, silent, PB_FLAG),
};

/* configure refuses a configuration that does not say where to write. */
static pb_end configure(void) {
	if (!pb_decode_config(&config, fields)) return pb_fail(pb_cat(PB("config."), pb_config_error()));
	if (pb_empty(config.chat_id)) return pb_fail(PB("config.chat_id is missing: a chat's number, or @channel"));
	return pb_done();
}
PB_INIT(configure)

/* html writes a value as text: Telegram refuses a message of broken HTML. A message may have 4096 characters, so each value
 * is cut to 200. */
static pb_text html(pb_text s) {
	char *out = pb_room(6 * 200 + 3), *to = out;
	size_t characters = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		if ((c & 0xc0) != 0x80 && characters++ == 200) {
			to = __builtin_memcpy(to, "…", 3), to += 3;
			break;
		}
		const char *entity = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : NULL;
		if (!entity) *to++ = c;
		else while (*entity) *to++ = *entity++;
	}
	return (pb_text){out, (size_t)(to - out)};
}

static pb_text bold(pb_text s) { return pb_cat(PB("<b>"), html(s), PB("</b>")); }

static pb_text at(pb_incoming *in, const char *path) { return pb_str(pb_in(in, path)); }

/* first_of is the first of two texts that is not empty. */
static pb_text first_of(pb_text a, pb_text b) { return a.len > 0 ? a : b; }

static pb_text who(pb_incoming *in) {
	pb_text number = first_of(at(in, "data.agent.phone"), PB("somebody"));
	return bold(first_of(at(in, "data.agent.name"), first_of(at(in, "data.agent.id"), number)));
}

/* line is the message, in Telegram's HTML. */
static pb_text line(pb_incoming *in) {
	pb_text type = at(in, "type"), subject = at(in, "subject");
	if (pb_is(type, "agent.state.changed")) {
		pb_text before = at(in, "data.previous_state.name");
		pb_text state = first_of(at(in, "data.state.name"), first_of(at(in, "data.state.base"), PB("unknown")));
		return pb_cat(who(in), PB(": "), html(before), before.len > 0 ? PB(" → ") : PB(""), html(state));
	}
	if (pb_starts_with(type, PB("agent."))) return pb_cat(who(in), PB(": "), html(type));
	if (pb_starts_with(type, PB("call."))) {
		pb_text from = first_of(at(in, "data.call.from"), first_of(at(in, "data.call.customer_number"), PB("unknown")));
		pb_text to = first_of(at(in, "data.call.to"), first_of(at(in, "data.call.contact_center_number"), PB("unknown")));
		return pb_cat(bold(type), PB(" "), html(from), PB(" → "), html(to));
	}
	if (subject.len > 0) return pb_cat(bold(type), PB(" "), html(subject));
	return bold(type);
}

static pb_end write(pb_incoming *in, pb_outgoing *out) {
	pb_text state = at(in, "data.state.name");
	if (pb_is(at(in, "type"), "agent.state.changed") && state.len > 0 && pb_same(state, at(in, "data.previous_state.name")))
		return pb_drop(PB("the state is the same as before"));
	pb_set_method(out, "POST");
	pb_obj message = pb_json_body(out);
	pb_value moved = pb_get(pb_memo_of(in), "chat_id"); /* Telegram gave it a new number (see decide) */
	if (moved) pb_copy_from(pb_memo(out), "chat_id", moved);
	pb_copy_from(message, "chat_id", moved ? moved : config.chat_id);
	pb_set_str(message, "parse_mode", PB("HTML"));
	pb_set_str(message, "text", line(in));
	if (config.silent) pb_set_bool(message, "disable_notification", true);
	return pb_done();
}
PB_FORMAT(write)

/* decide reads what the status code does not say. Everything else is left to it. */
static pb_end decide(pb_answer *a, pb_verdict *v) {
	pb_value answer = pb_answer_json(a); /* NULL: not Telegram, but something on the way to it */
	pb_value moved = pb_get(answer, "parameters.migrate_to_chat_id");
	pb_text description = pb_str(pb_get(answer, "description"));
	int status = answer ? pb_status(a) : 0;
	int64_t seconds;
	if (status == 429 && pb_int(pb_get(answer, "parameters.retry_after"), &seconds)) {
		pb_again_after(v, seconds, description);
	} else if (status == 400 && !pb_empty(moved)) {
		pb_again(v, description);
		pb_copy_from(pb_keep(v), "chat_id", moved);
	} else if (status == 400 || status == 403) {
		pb_dead(v, pb_cat(PB("Telegram: "), description));
	} else if (status == 401 || status == 404) {
		pb_dead(v, PB("Telegram does not know the bot: check the token in the destination's url"));
	}
	return pb_done();
}
PB_JUDGE(decide)
