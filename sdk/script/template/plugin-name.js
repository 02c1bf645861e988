// Plugin plugin-name reads what a vendor posts when the state of an agent changes.
import { Doc, reject } from "plugboard";

export function receive(request, events) {
  const doc = read(request);
  const e = events.add("agent.state.changed");
  e.subject("agent", doc.text("agent_id"));
  e.set("agent.id", doc.takeText("agent_id"));
  e.set("agent.name", doc.takeText("agent_name"));
  e.set("state.name", doc.takeText("status"));
  e.set("extensions.plugin-name", doc.rest()); // what no field carries: nothing is lost
}

function read(request) {
  try {
    return new Doc(request.json());
  } catch {
    throw reject("the body is not JSON");
  }
}
