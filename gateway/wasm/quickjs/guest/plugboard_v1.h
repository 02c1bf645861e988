/* The imports of the plugin interface (shared words: sdk/README.md). Sizes are answered in full, -1 is absent. */
#ifndef PLUGBOARD_V1_H
#define PLUGBOARD_V1_H

#include <stdint.h>

#define IMPORT(name) __attribute__((import_module("plugboard_v1"), import_name(#name)))

IMPORT(input_size) int32_t pb_input_size(void);
IMPORT(input_read) int32_t pb_input_read(void *dst, int32_t offset, int32_t n);
IMPORT(input_field) int32_t pb_input_field(const char *path, int32_t n, int32_t as_text, void *dst, int32_t cap);
IMPORT(output_write) void pb_output_write(const void *src, int32_t n);
IMPORT(fact) int32_t pb_fact(const char *name, int32_t n, void *dst, int32_t cap);
IMPORT(lookup) int32_t pb_lookup(const char *table, int32_t table_n, const char *key, int32_t key_n, void *dst, int32_t cap);
IMPORT(state_get) int32_t pb_state_get(const char *key, int32_t key_n, void *dst, int32_t cap);
IMPORT(state_set) void pb_state_set(const char *key, int32_t key_n, const void *src, int32_t n, int64_t ttl);
IMPORT(sign) int32_t pb_sign(const char *secret, int32_t secret_n, int32_t algorithm, const void *src, int32_t n, void *dst, int32_t cap);
IMPORT(log) void pb_log(int32_t level, const char *src, int32_t n);
IMPORT(stop) void pb_stop(int32_t kind, const char *src, int32_t n);

enum { STOP_REJECT = 1, STOP_DROP, STOP_RETRY, STOP_FAIL };

#endif
