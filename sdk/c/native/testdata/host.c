#include "host.h"

#include <stdlib.h>
#include <string.h>

pb_text host_input, host_output, host_logged, host_stopped;
int host_stop_kind;

enum { MOST = 32 };
static struct pair {
	char name[64];
	char *value;
} facts[MOST], kept[MOST];

static pb_text copy(const char *p, int32_t n) {
	char *to = malloc((size_t)n + 1);
	if (n > 0) memcpy(to, p, (size_t)n);
	to[n] = 0;
	return (pb_text){to, (size_t)n};
}

static struct pair *find(struct pair *list, const char *name, size_t n) {
	for (int i = 0; i < MOST; i++)
		if (strlen(list[i].name) == n && memcmp(list[i].name, name, n) == 0) return &list[i];
	return NULL;
}

static void put(struct pair *list, const char *name, const char *value) {
	struct pair *p = find(list, name, strlen(name));
	if (!p) p = find(list, "", 0);
	strcpy(p->name, value ? name : "");
	p->value = value ? strdup(value) : NULL;
}

/* fill answers as the interface does: the whole size, and a copy only if all of it fits. */
static int32_t fill(struct pair *p, char *dst, int32_t cap) {
	if (!p || !p->value) return -1;
	int32_t n = (int32_t)strlen(p->value);
	if (n <= cap) memcpy(dst, p->value, (size_t)n);
	return n;
}

void host_fact(const char *name, const char *value) { put(facts, name, value); }

void host_reset(void) {
	host_input = host_output = host_logged = host_stopped = (pb_text){0};
	host_stop_kind = 0;
	memset(facts, 0, sizeof facts);
}

int32_t pb_host_input_size(void) { return (int32_t)host_input.len; }

int32_t pb_host_input_read(char *dst, int32_t offset, int32_t n) {
	int32_t left = (int32_t)host_input.len - offset;
	if (n > left) n = left;
	if (n > 0) memcpy(dst, host_input.at + offset, (size_t)n);
	return n;
}

int32_t pb_host_input_tape(int32_t format, char *dst, int32_t cap) { return (void)format, (void)dst, (void)cap, -1; }

void pb_host_output_write(const char *src, int32_t n) {
	host_output = copy(pb_cat(host_output, (pb_text){src, (size_t)n}).at, (int32_t)host_output.len + n);
}

int32_t pb_host_fact(const char *name, int32_t name_n, char *dst, int32_t cap) { return fill(find(facts, name, (size_t)name_n), dst, cap); }

int32_t pb_host_lookup(const char *table, int32_t table_n, const char *key, int32_t key_n, char *dst, int32_t cap) {
	if (table_n != 6 || memcmp(table, "agents", 6) != 0 || key_n != 1 || *key != '7') return -1;
	if (cap >= 3) memcpy(dst, "Ada", 3);
	return 3;
}

int32_t pb_host_state_get(const char *key, int32_t key_n, char *dst, int32_t cap) { return fill(find(kept, key, (size_t)key_n), dst, cap); }

void pb_host_state_set(const char *key, int32_t key_n, const char *src, int32_t n, int64_t ttl_seconds) {
	(void)ttl_seconds;
	put(kept, copy(key, key_n).at, n > 0 ? copy(src, n).at : NULL);
}

int32_t pb_host_sign(const char *secret, int32_t secret_n, int32_t algorithm, const char *src, int32_t n, char *dst, int32_t cap) {
	(void)secret, (void)src, (void)n, (void)algorithm;
	if (secret_n != 5) return -1;
	if (cap >= 4) memcpy(dst, "\0mac", 4);
	return 4;
}

void pb_host_log(int32_t level, const char *src, int32_t n) {
	(void)level;
	host_logged = copy(src, n);
}

void pb_host_stop(int32_t kind, const char *src, int32_t n) {
	if (host_stop_kind == 0) host_stop_kind = kind, host_stopped = copy(src, n);
}
