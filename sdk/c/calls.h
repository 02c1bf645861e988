/* calls.h: what the functions of a call are handed. */
#ifndef PLUGBOARD_CALLS_H
#define PLUGBOARD_CALLS_H

#include "internal.h"

struct pb_request {
	pb_text body;
	bool read;
};

struct pb_events {
	pb_obj root;
};

struct pb_incoming {
	pb_value root;
};

struct pb_outgoing {
	pb_obj outer, obj; /* the document, and the request in it */
};

struct pb_answer {
	pb_value root;
	pb_incoming event;
};

struct pb_verdict {
	pb_obj root;
	pb_outgoing next;
};

pb_text pb_input(void);

#endif
