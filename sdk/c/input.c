/* input.c: a call's input as a document. The gateway reads JSON faster than a guest can, and hands over what it found. */
#include "internal.h"

#ifdef __wasm__
enum { TAPE_FORMAT = 1 };

/* adopt makes nodes of the gateway's tape, in place: its offsets become addresses. */
static pb_value adopt(const char *src, char *tape, size_t size) {
	struct pb_node *nodes = (struct pb_node *)tape, *end = (struct pb_node *)(tape + size);
	for (struct pb_node *n = nodes; n < end; n++) {
		n->cursor = 0;
		n->start += (uintptr_t)src, n->end += (uintptr_t)src;
		n->name = n->name == (const char *)-1 ? NULL : n->name + (uintptr_t)src;
		n->name_end += (uintptr_t)src;
		n->next = nodes + (uintptr_t)n->next;
	}
	return nodes;
}

pb_value pb_read_input(pb_text src) {
	enum { FEW = 48 * sizeof(struct pb_node) };
	pb_ensure(FEW + 8);
	char *tape = pb_align(0);
	int32_t cap = (int32_t)(pb_limit - tape), size = pb_host_input_tape(TAPE_FORMAT, tape, cap);
	if (size > cap) {
		pb_ensure((size_t)size);
		size = pb_host_input_tape(TAPE_FORMAT, tape, size);
	}
	if (size <= 0) return pb_parse(src);
	pb_at = tape + size;
	return adopt(src.at, tape, (size_t)size);
}
#else
pb_value pb_read_input(pb_text src) { return pb_parse(src); }
#endif
