//! Plugin ziwo-calls reads the messages that Ziwo posts about calls: created, ringing, answered, ended. Whatever else Ziwo
//! posts becomes a vendor.unmapped event, and what no field carries stays under extensions, so that nothing is lost.

use plugboard::{decode_config, fail, reject, Event, Events, Held, Incoming, Kind, Obj, Outgoing, Request, Result, Value};

plugboard::init!(configure);
plugboard::receive!(read);
plugboard::encode!(rebuild);

plugboard::config! {
    struct Config {
        account: String,
    }
}

static CONFIG: Held<Config> = Held::new();

/// configure refuses a configuration without an account: events of two accounts could not be told apart.
fn configure() -> Result {
    let config: Config = decode_config().map_err(|e| fail(format!("config.{e}")))?;
    if config.account.is_empty() {
        return Err(fail("config.account is missing: name the Ziwo account"));
    }
    CONFIG.set(config);
    Ok(())
}

fn read(r: &Request, out: &Events) -> Result {
    let account = &CONFIG.get().account;
    let doc = match r.json() {
        Ok(doc) if doc.root().kind() == Kind::Object => doc,
        _ => return Err(reject("the body is not a JSON object")),
    };
    let (vendor_type, call) = (doc.get("type").str(), doc.get("callID").str());
    let (kind, happened) = meaning(&vendor_type);
    let e = out.add(kind);
    e.origin("ziwo", account);
    if !vendor_type.is_empty() {
        e.vendor_type(&doc.take("type").str());
    }
    let mut started = doc.get("startedAtEpoch").str();
    if started.is_empty() {
        started = doc.get("startedAt").str();
    }
    // One call rings at several agents, each with a leg of its own, so the call's id alone names no occurrence.
    e.id_from(&[account, call.as_ref(), &doc.get("otherLegCallID").str(), &vendor_type, &started]);
    e.subject("call", &call);
    e.time_from(doc.get(happened));
    e.received(&r.received_at()); // without a time so far: the time too, named as derived
    if !call.is_empty() || kind != UNMAPPED {
        read_call(doc.root(), e);
    }
    e.data().rest("extensions.ziwo", doc.root());
    Ok(())
}

/// UNMAPPED is the type of what is not known. It may be about a call all the same.
const UNMAPPED: &str = "vendor.unmapped";

/// meaning gives the canonical type, and the field that says when it happened. Without that field it is the time of receipt:
/// a call that is answered now has started before.
fn meaning(vendor_type: &str) -> (&'static str, &'static str) {
    match vendor_type.strip_prefix("call-").unwrap_or(vendor_type) {
        "created" => ("call.created", "startedAt"),
        "ringing" => ("call.ringing", "startedAt"),
        "answered" | "active" => ("call.answered", "answeredAt"),
        "ended" | "hangup" => ("call.ended", "endedAt"),
        _ => (UNMAPPED, "startedAt"),
    }
}

fn read_call(doc: Value, e: Event) {
    let call = e.data().object("call");
    call.str_from("id", doc.get("callID"));
    call.str_from("other_leg_id", doc.get("otherLegCallID"));
    call.str_from("from", doc.get("callerIdNumber"));
    call.str_from("from_name", doc.get("callerIdName"));
    call.str_from("to", doc.get("calleeIdNumber"));
    call.str_from("to_name", doc.get("calleeIdName"));
    call.str_from("queue.name", doc.get("queueName"));
    call.str_from("recording_file", doc.get("recordingFile"));
    call.time_from("started_at", doc.get("startedAt"));
    call.time_from("answered_at", doc.get("answeredAt"));
    call.time_from("ended_at", doc.get("endedAt"));
    call.int_from("timings.total_seconds", doc.get("duration"));
    call.int_from("timings.talk_seconds", doc.get("talkTime"));
    call.int_from("timings.ring_seconds", doc.get("ringTime"));
    let (result, direction) = (doc.get("result"), doc.get("direction"));
    if call.str_from("outcome_raw", result) {
        call.str("outcome", outcome(&result.str()));
    }
    match direction.str().as_ref() {
        "inbound" | "outbound" | "internal" => {
            call.str_from("direction", direction);
        }
        _ => derive_direction(call, e, &doc.get("callerIdNumber").str(), &doc.get("calleeIdNumber").str()),
    }
}

fn outcome(result: &str) -> &'static str {
    match result {
        "answered" => "answered",
        "no-answer" => "missed",
        _ => "unknown",
    }
}

/// derive_direction tells the direction from which end has an internal number. Both or neither: nobody knows.
fn derive_direction(call: Obj, e: Event, from: &str, to: &str) {
    if internal(from) == internal(to) {
        return;
    }
    call.str("direction", if internal(to) { "inbound" } else { "outbound" });
    e.derived(&["data.call.direction"]);
}

/// internal says whether a number is of 2 to 6 digits.
fn internal(number: &str) -> bool {
    (2..=6).contains(&number.len()) && number.bytes().all(|c| c.is_ascii_digit())
}

/// FIELDS are where Ziwo has what stands in data.call.
const FIELDS: [(&str, &str); 15] = [
    ("id", "callID"),
    ("other_leg_id", "otherLegCallID"),
    ("from", "callerIdNumber"),
    ("from_name", "callerIdName"),
    ("to", "calleeIdNumber"),
    ("to_name", "calleeIdName"),
    ("queue.name", "queueName"),
    ("recording_file", "recordingFile"),
    ("started_at", "startedAt"),
    ("answered_at", "answeredAt"),
    ("ended_at", "endedAt"),
    ("outcome_raw", "result"),
    ("timings.total_seconds", "duration"),
    ("timings.talk_seconds", "talkTime"),
    ("timings.ring_seconds", "ringTime"),
];

/// rebuild makes the message again that read has made an event of: what was kept under extensions, and over it the fields,
/// where Ziwo has them. Ziwo writes numbers as texts.
fn rebuild(event: &Incoming, out: &Outgoing) -> Result {
    let call = event.get("data.call");
    if event.vendor() != "ziwo" || !call.exists() && event.event_type() != UNMAPPED {
        return Err(reject(format!("Ziwo has no message for {}", event.event_type())));
    }
    let body = out.json();
    body.merge(event.extensions("ziwo"));
    body.str("type", &event.get("cctype").str());
    let derived = |path: &str| event.get("data.derived").members().any(|(_, d)| d.str() == path); // Ziwo did not say it
    if !call.exists() && !derived("time") {
        body.str("startedAt", &event.time());
    }
    for (path, name) in FIELDS {
        body.str(name, &call.get(path).str());
    }
    if !derived("data.call.direction") {
        body.str("direction", &call.get("direction").str());
    }
    Ok(())
}
