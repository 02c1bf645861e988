// Plugin ziwo-calls reads the messages that Ziwo posts about calls: created, ringing, answered, ended. Whatever else
// Ziwo posts becomes a vendor.unmapped event, and what no field carries stays under extensions, so that nothing is lost.
import { config, Doc, fail, get, reject, set } from "plugboard";

// Without an account events of two accounts could not be told apart.
export function init() {
  if (!config.account) throw fail("config.account is missing: name the Ziwo account");
}

export function receive(request, events) {
  const doc = read(request);
  const vendorType = doc.text("type") ?? "";
  const call = doc.text("callID") ?? "";
  const [kind, happened] = meaning(vendorType);

  const e = events.add(kind);
  e.origin("ziwo", config.account);
  if (vendorType) e.vendorType(doc.takeText("type"));
  // One call rings at several agents, each with a leg of its own, so the call's id alone names no occurrence.
  e.idFrom(config.account, call, doc.text("otherLegCallID"), vendorType, doc.text("startedAtEpoch") || doc.text("startedAt"));
  e.subject("call", call);
  e.time(doc.takeTime(happened));
  e.received(request.receivedAt); // without a time so far: the time too, named as derived
  if (call || kind !== unmapped) readCall(doc, e);
  e.set("extensions.ziwo", doc.rest());
}

function read(request) {
  let body;
  try {
    body = request.json();
  } catch {
    // what it is not is said below
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw reject("the body is not a JSON object");
  return new Doc(body);
}

// What is not known may be about a call all the same.
const unmapped = "vendor.unmapped";

// The canonical type, and the field that says when it happened. Without that field it is the time of receipt: a call that
// is answered now has started before.
function meaning(vendorType) {
  switch (vendorType.startsWith("call-") ? vendorType.slice(5) : vendorType) {
    case "created":
      return ["call.created", "startedAt"];
    case "ringing":
      return ["call.ringing", "startedAt"];
    case "answered":
    case "active":
      return ["call.answered", "answeredAt"];
    case "ended":
    case "hangup":
      return ["call.ended", "endedAt"];
  }
  return [unmapped, "startedAt"];
}

function readCall(doc, e) {
  e.set("call.id", doc.takeText("callID"));
  e.set("call.other_leg_id", doc.takeText("otherLegCallID"));
  e.set("call.from", doc.takeText("callerIdNumber"));
  e.set("call.from_name", doc.takeText("callerIdName"));
  e.set("call.to", doc.takeText("calleeIdNumber"));
  e.set("call.to_name", doc.takeText("calleeIdName"));
  e.set("call.queue.name", doc.takeText("queueName"));
  e.set("call.recording_file", doc.takeText("recordingFile"));
  e.set("call.started_at", doc.takeTime("startedAt"));
  e.set("call.answered_at", doc.takeTime("answeredAt"));
  e.set("call.ended_at", doc.takeTime("endedAt"));
  e.set("call.timings.total_seconds", doc.takeInt("duration"));
  e.set("call.timings.talk_seconds", doc.takeInt("talkTime"));
  e.set("call.timings.ring_seconds", doc.takeInt("ringTime"));
  const result = doc.takeText("result");
  if (result) {
    e.set("call.outcome_raw", result);
    e.set("call.outcome", { answered: "answered", "no-answer": "missed" }[result] ?? "unknown");
  }
  if (["inbound", "outbound", "internal"].includes(doc.get("direction"))) {
    e.set("call.direction", doc.take("direction"));
  } else {
    deriveDirection(e, doc.text("callerIdNumber"), doc.text("calleeIdNumber"));
  }
}

// Which end has an internal number tells the direction. Both or neither: nobody knows.
function deriveDirection(e, from, to) {
  const internal = (number) => /^[0-9]{2,6}$/.test(number);
  if (internal(from) === internal(to)) return;
  e.set("call.direction", internal(to) ? "inbound" : "outbound");
  e.derived("data.call.direction");
}

// Where Ziwo has what stands in data.call.
const fields = {
  id: "callID", other_leg_id: "otherLegCallID", from: "callerIdNumber", from_name: "callerIdName", to: "calleeIdNumber", to_name: "calleeIdName",
  "queue.name": "queueName", recording_file: "recordingFile", started_at: "startedAt", answered_at: "answeredAt", ended_at: "endedAt",
  outcome_raw: "result", "timings.total_seconds": "duration", "timings.talk_seconds": "talkTime", "timings.ring_seconds": "ringTime",
};

// Makes the message again that receive has made an event of: what was kept under extensions, and over it the fields, where Ziwo
// has them. Ziwo writes numbers as texts.
export function encode(event, message) {
  const { call, derived = [], extensions } = event.data;
  if (event.ccvendor !== "ziwo" || (!call && event.type !== unmapped)) throw reject(`Ziwo has no message for ${event.type}`);
  const body = { ...extensions?.ziwo };
  set(body, "type", event.cctype);
  if (!call && !derived.includes("time")) set(body, "startedAt", event.time);
  for (const [path, name] of Object.entries(fields)) set(body, name, asText(get(call, path)));
  if (!derived.includes("data.call.direction")) set(body, "direction", call?.direction); // else it is not Ziwo who said it
  message.json(body);
}

const asText = (value) => (value === undefined ? undefined : String(value));
