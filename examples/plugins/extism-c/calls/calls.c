// Plugin calls reads calls that come as flat JSON objects, and is a plugin for Extism: nothing in it is this gateway's but the
// documents. Texts are copied from the message to the event as they are written, in their quotes, so none is taken apart.
#include <stdbool.h>
#include <stddef.h>

#include "extism.h"

enum { most = 16 << 10 };

static char in[most + 8], out[most + 1024];
static size_t length, written;

static void fetch(void) {
	length = (size_t)extism_input_length();
	if (length > most) length = 0;
	size_t i = 0;
	for (; i + 8 <= length; i += 8) {
		uint64_t eight = extism_input_load_u64(i);
		__builtin_memcpy(in + i, &eight, 8);
	}
	for (; i < length; i++) in[i] = (char)extism_input_load_u8(i);
	in[length] = 0;
}

// leave puts a text into the host's memory and gives its place.
static uint64_t leave(const char *text, size_t n) {
	uint64_t place = extism_alloc(n);
	size_t i = 0;
	for (; i + 8 <= n; i += 8) {
		uint64_t eight;
		__builtin_memcpy(&eight, text + i, 8);
		extism_store_u64(place + i, eight);
	}
	for (; i < n; i++) extism_store_u8(place + i, (uint8_t)text[i]);
	return place;
}

static size_t size_of(const char *text) {
	size_t n = 0;
	while (text[n]) n++;
	return n;
}

static bool alike(const char *a, const char *b, size_t n) {
	while (n > 0 && a[n - 1] == b[n - 1]) n--;
	return n == 0;
}

// refuse says why: the sender gets 400 and this text.
static int refuse(const char *why) {
	extism_error_set(leave(why, size_of(why)));
	return 1;
}

// past gives the place behind the string that begins at a quote.
static const char *past(const char *p) {
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1]) p++;
	return *p ? p + 1 : p;
}

// member finds a string of the outermost object, in its quotes; n is 0 when there is none of that name.
static const char *member(const char *name, size_t *n) {
	size_t want = size_of(name);
	int depth = 0;
	*n = 0;
	for (const char *p = in; *p;) {
		if (*p != '"') {
			depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
			p++;
			continue;
		}
		const char *key = p + 1, *end = past(p);
		for (p = end; *p == ' '; p++) {}
		if (*p != ':') continue;
		for (p++; *p == ' '; p++) {}
		if (depth != 1 || *p != '"' || (size_t)(end - key) != want + 1 || !alike(key, name, want)) continue;
		*n = (size_t)(past(p) - p);
		return p;
	}
	return in;
}

static void add(const char *text, size_t n) {
	if (n <= sizeof out - written) __builtin_memcpy(out + written, text, n), written += n;
}

static void say(const char *text) { add(text, size_of(text)); }

static void field(const char *before, const char *name) {
	size_t n;
	const char *value = member(name, &n);
	if (n > 2) say(before), add(value, n);
}

static bool is(const char *value, size_t n, const char *text) { return n == size_of(text) + 2 && alike(value + 1, text, n - 2); }

static const char *meaning(void) {
	size_t n;
	const char *type = member("type", &n);
	if (is(type, n, "ringing")) return "call.ringing";
	if (is(type, n, "answered")) return "call.answered";
	if (is(type, n, "ended")) return "call.ended";
	return "vendor.unmapped";
}

__attribute__((export_name("init"))) int init(void) {
	uint64_t account = extism_config_get(leave("account", 7));
	return account && extism_length(account) ? 0 : refuse("config.account is missing: name the account");
}

__attribute__((export_name("receive"))) int receive(void) {
	fetch();
	if (in[0] != '{') return refuse("the body is not a JSON object");
	written = 0;
	say("{\"events\":[{\"type\":\""), say(meaning()), say("\",\"ccvendor\":\"ziwo\"");
	field(",\"cctype\":", "type");
	say(",\"data\":{\"call\":{\"vendor\":\"ziwo\"");
	field(",\"id\":", "callID");
	field(",\"from\":", "callerIdNumber");
	field(",\"to\":", "calleeIdNumber");
	say("}}}]}");
	extism_output_set(leave(out, written), written);
	return 0;
}
