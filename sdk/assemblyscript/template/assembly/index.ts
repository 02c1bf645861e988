// Plugin plugin-name reads what a vendor posts when the state of an agent changes.
import { Events, Receive, reject, Request, Stop } from "plugboard";

export function receive(): i32 { return Receive(read); }

function read(r: Request, out: Events): Stop | null {
  const doc = r.json();
  if (doc.fault != "") return reject("the body is not JSON");
  const e = out.add("agent.state.changed");
  e.subject("agent", doc.get("agent_id").str());
  e.data().strFrom("agent.id", doc.get("agent_id"));
  e.data().strFrom("agent.name", doc.get("agent_name"));
  e.data().strFrom("state.name", doc.get("status"));
  e.data().rest("extensions.plugin-name", doc.root()); // what no field carries: nothing is lost
  return null;
}
