// Plugin calls reads calls in the form of a query string, as switches send them that know no JSON:
//
//     GET /hooks/pbx?call=7&state=ringing&from=043960123
//
// It is a command without any SDK, as a CGI program is one: the request is in the environment, the answer goes to standard
// output, the exit status says how it went (0 done, 64 not my function, 65 reject) and standard error why.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { room = 256 };

static int hex(char c) {
	if (c >= '0' && c <= '9') return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// field copies one field of the query, decoded. 0: it is not there, or longer than room.
static int field(const char *query, const char *name, char *value) {
	size_t n = strlen(name);
	for (const char *p = query; *p; p += strcspn(p, "&"), p += *p == '&') {
		if (strncmp(p, name, n) != 0 || p[n] != '=') continue;
		size_t len = 0;
		for (p += n + 1; *p && *p != '&'; p++) {
			char c = *p == '+' ? ' ' : *p;
			if (c == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
				c = (char)(hex(p[1]) << 4 | hex(p[2]));
				p += 2;
			}
			if (len == room - 1) return 0;
			value[len++] = c;
		}
		value[len] = 0;
		return len > 0;
	}
	return 0;
}

// text writes a JSON string.
static void text(const char *s) {
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\') printf("\\%c", *s);
		else if ((unsigned char)*s < 0x20) printf("\\u%04x", *s);
		else putchar(*s);
	}
	putchar('"');
}

static void member(const char *query, const char *name) {
	char value[room];
	if (!field(query, name, value)) return;
	printf(",\"%s\":", name);
	text(value);
}

int main(int argc, char **argv) {
	if (argc < 2 || strcmp(argv[1], "receive") != 0) return 64;
	const char *query = getenv("QUERY_STRING");
	char id[room], state[room];
	if (!query || !field(query, "call", id)) {
		fputs("the query names no call\n", stderr);
		return 65;
	}
	const char *type = "vendor.unmapped";
	if (field(query, "state", state)) {
		if (strcmp(state, "ringing") == 0) type = "call.ringing";
		if (strcmp(state, "answered") == 0) type = "call.answered";
		if (strcmp(state, "ended") == 0) type = "call.ended";
	}
	char subject[room + 5];
	snprintf(subject, sizeof subject, "call/%s", id);
	printf("{\"events\":[{\"type\":\"%s\",\"subject\":", type);
	text(subject);
	printf(",\"data\":{\"call\":{\"id\":");
	text(id);
	member(query, "from");
	member(query, "to");
	puts("}}}]}");
	return 0;
}
