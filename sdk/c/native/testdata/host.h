/* host.h: the gateway's part, played by a test. */
#ifndef TEST_HOST_H
#define TEST_HOST_H

#include "internal.h"

/* What the plugin is given: set before a call. */
extern pb_text host_input;
void host_fact(const char *name, const char *value); /* NULL takes it away */

/* What it did: read after a call. */
extern pb_text host_output, host_logged, host_stopped;
extern int host_stop_kind;

void host_reset(void); /* forgets what a call did, and all facts */

#endif
