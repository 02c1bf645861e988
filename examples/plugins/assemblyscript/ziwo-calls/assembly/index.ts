// Plugin ziwo-calls reads the messages that Ziwo posts about calls: created, ringing, answered, ended. Whatever else
// Ziwo posts becomes a vendor.unmapped event, and what no field carries stays under extensions, so that nothing is lost.
import { config, Doc, Encode, Event, Events, fail, Incoming, Init, Kind, Obj, Outgoing, Receive, reject, Request, Stop } from "plugboard";

export function init(): i32 { return Init(checkConfig); }
export function receive(): i32 { return Receive(read); }
export function encode(): i32 { return Encode(rebuild); }

function account(): string { return config().get("account").str(); }

// Without an account events of two accounts could not be told apart.
function checkConfig(): Stop | null {
  return account() == "" ? fail("config.account is missing: name the Ziwo account") : null;
}

function read(r: Request, out: Events): Stop | null {
  const doc = r.json();
  if (doc.root().kind() != Kind.Object) return reject("the body is not a JSON object");
  const vendorType = doc.get("type").str();
  const call = doc.get("callID").str();
  const kind = meaning(vendorType);
  const e = out.add(kind);
  e.origin("ziwo", account());
  if (vendorType != "") e.vendorType(doc.take("type").str());
  let started = doc.get("startedAtEpoch").str();
  if (started == "") started = doc.get("startedAt").str();
  // One call rings at several agents, each with a leg of its own, so the call's id alone names no occurrence.
  e.idFrom([account(), call, doc.get("otherLegCallID").str(), vendorType, started]);
  e.subject("call", call);
  // Without the field it is the time of receipt: a call that is answered now has started before.
  e.timeFrom(doc.get(kind == "call.answered" ? "answeredAt" : kind == "call.ended" ? "endedAt" : "startedAt"));
  e.received(r.receivedAt()); // without a time so far: the time too, named as derived
  if (call != "" || kind != unmapped) readCall(doc, e);
  e.data().rest("extensions.ziwo", doc.root());
  return null;
}

// What is not known may be about a call all the same.
const unmapped = "vendor.unmapped";

function meaning(vendorType: string): string {
  const type = vendorType.startsWith("call-") ? vendorType.substring(5) : vendorType;
  if (type == "created") return "call.created";
  if (type == "ringing") return "call.ringing";
  if (type == "answered" || type == "active") return "call.answered";
  if (type == "ended" || type == "hangup") return "call.ended";
  return unmapped;
}

function readCall(doc: Doc, e: Event): void {
  const call = e.data().object("call");
  call.strFrom("id", doc.get("callID"));
  call.strFrom("other_leg_id", doc.get("otherLegCallID"));
  call.strFrom("from", doc.get("callerIdNumber"));
  call.strFrom("from_name", doc.get("callerIdName"));
  call.strFrom("to", doc.get("calleeIdNumber"));
  call.strFrom("to_name", doc.get("calleeIdName"));
  call.strFrom("queue.name", doc.get("queueName"));
  call.strFrom("recording_file", doc.get("recordingFile"));
  call.timeFrom("started_at", doc.get("startedAt"));
  call.timeFrom("answered_at", doc.get("answeredAt"));
  call.timeFrom("ended_at", doc.get("endedAt"));
  call.intFrom("timings.total_seconds", doc.get("duration"));
  call.intFrom("timings.talk_seconds", doc.get("talkTime"));
  call.intFrom("timings.ring_seconds", doc.get("ringTime"));
  const result = doc.get("result");
  if (call.strFrom("outcome_raw", result)) call.str("outcome", outcome(result.str()));
  const direction = doc.get("direction"), said = direction.str();
  if (said == "inbound" || said == "outbound" || said == "internal") call.strFrom("direction", direction);
  else deriveDirection(call, e, doc.get("callerIdNumber").str(), doc.get("calleeIdNumber").str());
}

function outcome(result: string): string {
  return result == "answered" ? "answered" : result == "no-answer" ? "missed" : "unknown";
}

// Which end has an internal number tells the direction. Both or neither: nobody knows.
function deriveDirection(call: Obj, e: Event, from: string, to: string): void {
  if (internal(from) == internal(to)) return;
  call.str("direction", internal(to) ? "inbound" : "outbound");
  e.derived("data.call.direction");
}

// Whether a number is of 2 to 6 digits.
function internal(number: string): bool {
  for (let i = 0; i < number.length; i++) {
    const c = number.charCodeAt(i);
    if (c < 48 || c > 57) return false;
  }
  return number.length >= 2 && number.length <= 6;
}

// Where Ziwo has what stands in data.call.
const fields = [
  ["id", "callID"], ["other_leg_id", "otherLegCallID"], ["from", "callerIdNumber"], ["from_name", "callerIdName"],
  ["to", "calleeIdNumber"], ["to_name", "calleeIdName"], ["queue.name", "queueName"], ["recording_file", "recordingFile"],
  ["started_at", "startedAt"], ["answered_at", "answeredAt"], ["ended_at", "endedAt"], ["outcome_raw", "result"],
  ["timings.total_seconds", "duration"], ["timings.talk_seconds", "talkTime"], ["timings.ring_seconds", "ringTime"],
];

// Makes the message again that read has made an event of: what was kept under extensions, and over it the fields, where Ziwo has
// them. Ziwo writes numbers as texts.
function rebuild(event: Incoming, out: Outgoing): Stop | null {
  const call = event.get("data.call");
  if (event.vendor() != "ziwo" || (!call.exists() && event.type() != unmapped)) return reject("Ziwo has no message for " + event.type());
  const body = out.json();
  body.merge(event.extensions("ziwo"));
  body.str("type", event.get("cctype").str());
  if (!call.exists() && !derived(event, "time")) body.str("startedAt", event.time());
  for (let i = 0; i < fields.length; i++) body.str(fields[i][1], call.get(fields[i][0]).str());
  if (!derived(event, "data.call.direction")) body.str("direction", call.get("direction").str());
  return null;
}

// Whether it is not Ziwo who said what stands at a path.
function derived(event: Incoming, path: string): bool {
  const list = event.get("data.derived");
  for (let i = 0; i < list.len(); i++) if (list.index(i).str() == path) return true;
  return false;
}
