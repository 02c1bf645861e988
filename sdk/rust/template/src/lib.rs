//! Plugin plugin-name reads what a vendor posts when the state of an agent changes.

use plugboard::{reject, Events, Request, Result};

plugboard::receive!(read);

fn read(r: &Request, out: &Events) -> Result {
    let doc = r.json().map_err(|_| reject("the body is not JSON"))?;
    let e = out.add("agent.state.changed");
    e.subject("agent", &doc.get("agent_id").str());
    e.data().str_from("agent.id", doc.get("agent_id"));
    e.data().str_from("agent.name", doc.get("agent_name"));
    e.data().str_from("state.name", doc.get("status"));
    e.data().rest("extensions.plugin-name", doc.root()); // what no field carries: nothing is lost
    Ok(())
}

#[cfg(test)]
mod tests {
    use plugboard::testing::Host;

    #[test]
    fn an_agent_went_away() {
        let done = Host::new().input(r#"{"agent_id": 7, "status": "away"}"#).receive(super::read);
        assert!(done.output.contains(r#""state":{"name":"away"}"#), "{}", done.output);
    }
}
