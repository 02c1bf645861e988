/* extism.h: the part of Extism's interface that this plugin uses, declared as Extism's kit for C declares it (that one is a
 * header too, https://github.com/extism/c-pdk; put it here in place of this one for the rest). Texts lie in the host's memory
 * and are named by their place there; they are fetched and left eight bytes at a time. */
#include <stdint.h>

#define EXTISM_IMPORT(name) __attribute__((import_module("extism:host/env"), import_name(#name)))

EXTISM_IMPORT(input_length) uint64_t extism_input_length(void);
EXTISM_IMPORT(input_load_u8) uint32_t extism_input_load_u8(uint64_t at);
EXTISM_IMPORT(input_load_u64) uint64_t extism_input_load_u64(uint64_t at);
EXTISM_IMPORT(length) uint64_t extism_length(uint64_t place);
EXTISM_IMPORT(alloc) uint64_t extism_alloc(uint64_t length);
EXTISM_IMPORT(load_u8) uint32_t extism_load_u8(uint64_t place);
EXTISM_IMPORT(store_u8) void extism_store_u8(uint64_t place, uint32_t byte);
EXTISM_IMPORT(store_u64) void extism_store_u64(uint64_t place, uint64_t eight);
EXTISM_IMPORT(output_set) void extism_output_set(uint64_t place, uint64_t length);
EXTISM_IMPORT(error_set) void extism_error_set(uint64_t place);
EXTISM_IMPORT(config_get) uint64_t extism_config_get(uint64_t name);
