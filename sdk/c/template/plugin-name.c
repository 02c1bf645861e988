/* Plugin plugin-name reads what a vendor posts when the state of an agent changes. */
#include "plugboard.h"

static pb_end read(pb_request *r, pb_events *out) {
	pb_value doc = pb_json(r);
	if (!doc) return pb_reject(PB("the body is not JSON"));
	pb_event e = pb_add(out, "agent.state.changed");
	pb_subject(e, "agent", pb_str(pb_get(doc, "agent_id")));
	pb_str_from(pb_data(e), "agent.id", pb_get(doc, "agent_id"));
	pb_str_from(pb_data(e), "agent.name", pb_get(doc, "agent_name"));
	pb_str_from(pb_data(e), "state.name", pb_get(doc, "status"));
	pb_set_rest(pb_data(e), "extensions.plugin-name", doc); /* what no field carries: nothing is lost */
	return pb_done();
}
PB_RECEIVE(read)
