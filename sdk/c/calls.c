/* calls.c: what an export does around the author's function. */
#include "internal.h"
#include "calls.h"

static bool begun; /* an instance's first call is over init */
static struct {
	int kind;
	pb_text reason;
} ending;

/* begin forgets what the last call left. The configuration is read before the first, so that it stays. */
static void begin(void) {
	if (!begun) {
		begun = true;
		pb_config();
		pb_hold();
	}
	pb_forget();
	ending.kind = 0;
}

static pb_end end(int kind, pb_text reason) {
	ending.kind = kind, ending.reason = reason;
	return (pb_end){kind};
}

pb_end pb_reject(pb_text reason) { return end(1, reason); }
pb_end pb_drop(pb_text reason) { return end(2, reason); }
pb_end pb_retry(pb_text reason) { return end(3, reason); }
pb_end pb_fail(pb_text reason) { return end(4, reason); }

/* finish ends a call: with its output, which is not written at all when it is empty, or with what was said. */
static int32_t finish(pb_end how, pb_obj out) {
	if (how.kind != 0) {
		pb_text reason = ending.kind ? ending.reason : (pb_text){0};
		pb_host_stop(how.kind, reason.at, (int32_t)reason.len);
		return how.kind;
	}
	if (out) {
		pb_text json = pb_write(out);
		if (json.len > 2) pb_host_output_write(json.at, (int32_t)json.len); /* more than {} */
	}
	return 0;
}

pb_text pb_input(void) {
	pb_ensure(4096);
	char *from = pb_at;
	int32_t room = (int32_t)(pb_limit - pb_at), n = pb_host_input_read(from, 0, room);
	if (n == room) { /* there may be more */
		n = pb_host_input_size();
		pb_ensure((size_t)n);
		n = pb_host_input_read(from, 0, n);
	}
	pb_at += n;
	return (pb_text){from, (size_t)n};
}

static pb_value load(const char *what, pb_end *fault) {
	pb_value root = pb_read_input(pb_input());
	if (!root) *fault = pb_fail(pb_cat(pb_text_of(what), PB(" is not JSON: "), pb_parse_error()));
	return root;
}

int32_t pb_run_receive(pb_end (*read)(pb_request *, pb_events *)) {
	begin();
	pb_request request = {0};
	pb_events out = {pb_new_object()};
	return finish(read(&request, &out), out.root);
}

int32_t pb_run_transform(pb_end (*change)(pb_incoming *, pb_events *)) {
	begin();
	pb_end fault;
	pb_incoming in = {load("event", &fault)};
	if (!in.root) return finish(fault, NULL);
	pb_events out = {pb_new_object()};
	return finish(change(&in, &out), out.root);
}

int32_t pb_run_format(pb_end (*write)(pb_incoming *, pb_outgoing *)) {
	begin();
	pb_end fault;
	pb_incoming in = {load("event", &fault)};
	if (!in.root) return finish(fault, NULL);
	pb_obj root = pb_new_object();
	pb_outgoing out = {root, pb_object(root, "request")};
	pb_end how = write(&in, &out);
	if (pb_blank(out.obj)) pb_put_raw(pb_place(root, "request", PB_PART_LEAF), PB("{}")); /* all of it is the destination's */
	return finish(how, root);
}

int32_t pb_run_judge(pb_end (*decide)(pb_answer *, pb_verdict *)) {
	begin();
	pb_end fault;
	pb_value root = load("answer", &fault);
	if (!root) return finish(fault, NULL);
	pb_answer answer = {root, {pb_get(root, "event")}};
	pb_verdict verdict = {.root = pb_new_object()};
	return finish(decide(&answer, &verdict), verdict.root);
}

int32_t pb_run_init(pb_end (*configure)(void)) {
	begin();
	pb_end how = configure();
	pb_hold();
	return finish(how, NULL);
}
