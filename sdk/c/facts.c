/* facts.c: what the gateway knows and does, and the configuration. */
#include "internal.h"

/* A host function gives a size, and copies only if all of it fits; most fit at the first try. */
#define ASK(call)                                                     \
	do {                                                              \
		char *dst = pb_ensure(1024);                                  \
		int32_t cap = (int32_t)(pb_limit - dst), n = (call);          \
		while (n > cap) {                                             \
			pb_ensure((size_t)n);                                     \
			cap = (int32_t)(pb_limit - dst);                          \
			n = (call);                                               \
		}                                                             \
		if (n < 0) return (pb_text){0};                               \
		pb_at = dst + n;                                              \
		return (pb_text){dst, (size_t)n};                             \
	} while (0)

pb_text pb_fact(const char *name) {
	int32_t name_n = (int32_t)__builtin_strlen(name);
	ASK(pb_host_fact(name, name_n, dst, cap));
}

pb_text pb_lookup(pb_text table, pb_text key) {
	ASK(pb_host_lookup(table.at, (int32_t)table.len, key.at, (int32_t)key.len, dst, cap));
}

pb_text pb_state(pb_text key) { ASK(pb_host_state_get(key.at, (int32_t)key.len, dst, cap)); }

void pb_set_state(pb_text key, pb_text value, int64_t ttl_seconds) {
	pb_host_state_set(key.at, (int32_t)key.len, value.at, (int32_t)value.len, ttl_seconds);
}

pb_text pb_sign(pb_text secret, pb_algorithm algorithm, pb_text data) {
	ASK(pb_host_sign(secret.at, (int32_t)secret.len, (int32_t)algorithm, data.at, (int32_t)data.len, dst, cap));
}

static void log_line(int32_t level, pb_text message) { pb_host_log(level, message.at, (int32_t)message.len); }

void pb_debug(pb_text message) { log_line(0, message); }
void pb_info(pb_text message) { log_line(1, message); }
void pb_warn(pb_text message) { log_line(2, message); }
void pb_error(pb_text message) { log_line(3, message); }

static struct {
	bool read;
	pb_value root;
	pb_text fault;
} config;

pb_value pb_config(void) {
	if (!config.read) {
		config.read = true;
		pb_text text = pb_fact("config");
		if (text.len > 0) config.root = pb_parse(text); /* written by the gateway: JSON, if there is any */
	}
	return config.root;
}

pb_text pb_config_error(void) { return config.fault; }

static bool fault(pb_text path, const char *reason) {
	config.fault = path.len > 0 ? pb_cat(path, PB(": "), pb_text_of(reason)) : pb_text_of(reason);
	return false;
}

/* fill sets one member of the struct; what it gives is what was wanted instead. */
static const char *fill(pb_value v, void *dst, pb_field_type type) {
	switch (type) {
	case PB_TEXT:
		if (v->kind < PB_BOOL || v->kind > PB_STRING) return "want a text";
		*(pb_text *)dst = pb_str(v);
		return NULL;
	case PB_INT: return pb_int(v, dst) ? NULL : "want a whole number that fits";
	case PB_FLAG: return pb_bool(v, dst) ? NULL : "want true or false";
	case PB_REAL: return pb_float(v, dst) ? NULL : "want a number";
	case PB_VALUE: *(pb_value *)dst = v; return NULL;
	}
	return "want nothing: the field has no type";
}

bool pb_decode_value(pb_value v, void *dst, const pb_field *fields, size_t n) {
	if (pb_kind_of(v) <= PB_NULL) return true;
	if (v->kind != PB_OBJECT) return fault((pb_text){0}, "want an object");
	for (pb_value m = pb_first(v); m; m = pb_next(v, m)) {
		pb_text name = pb_name(m);
		const pb_field *field = fields, *end = fields + n;
		while (field < end && !pb_is(name, field->name)) field++;
		if (field == end) return fault(pb_key(name), "unknown key");
		if (m->kind == PB_NULL) continue;
		const char *wanted = fill(m, (char *)dst + field->offset, field->type);
		if (wanted) return fault(pb_key(name), wanted);
	}
	return true;
}
