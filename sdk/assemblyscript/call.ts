// What a plugin's exports hand over to, and what its functions are handed.

import { decode, fact, inputRead, inputSize, outputWrite, room, stop } from "./host";
import { Doc, Kind, Value } from "./json";
import { escapeName, Obj, resetObjects } from "./object";
import { base64, fromBase64, pairs, segment } from "./escape";

/** How a call is to end. A function gives it back where it cannot go on, and null otherwise. */
export class Stop {
  constructor(public kind: i32, public reason: string) {}
}

/** Bad input: the sender of a webhook gets 400 and the reason. */
export function reject(reason: string): Stop { return new Stop(1, reason); }
/** There is nothing to do, and why: the event or delivery ends here, and counts as dropped. */
export function drop(reason: string): Stop { return new Stop(2, reason); }
/** It may work later: the delivery is tried again when the destination's policy says so. */
export function retry(reason: string): Stop { return new Stop(3, reason); }
/** Trying again cannot help: a webhook is put aside, a delivery becomes a dead letter. */
export function fail(reason: string): Stop { return new Stop(4, reason); }

// Garbage is collected between calls, when nothing of the plugin's is on the stack: so the compiler need not keep a second
// stack of what is in use, which would slow everything down.
let calls = 0;

function begin(): void {
  if (++calls % 64 == 0) __collect();
  resetObjects();
}

function finish(end: Stop | null, out: Obj | null): i32 {
  if (end) {
    stop(end.kind, end.reason);
    return end.kind;
  }
  if (out && !out.isEmpty()) {
    const at = room(out.bound());
    outputWrite(at, <i32>(out.write(at) - at));
  }
  return 0;
}

// The input's document serves one call after the other.
const input = new Doc();
const other = new Doc();

function readInput(): bool {
  const n = inputSize();
  const at = input.space(n);
  return input.read(inputRead(at, 0, n));
}

/** Reads a text as JSON into a document that lasts until the next one is read. Its fault is "" when it is JSON. */
export function parse(text: string): Doc {
  const n = String.UTF8.byteLength(text);
  const at = other.space(n);
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, at);
  other.read(n);
  return other;
}

let configuration: Doc | null = null;

/** The plugin's configuration, as written in the source's, destination's or route's config. */
export function config(): Value {
  const there = configuration;
  if (there) return there.root();
  const c = new Doc();
  configuration = c;
  const text = fact("config");
  if (text) {
    const n = String.UTF8.byteLength(text);
    const at = c.space(n);
    String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, at);
    c.read(n);
  }
  return c.root();
}

function factText(name: string): string {
  const s = fact(name);
  return s ? s : "";
}

/** The body of the export receive: read turns a vendor's request into events. */
export function Receive(read: (r: Request, out: Events) => Stop | null): i32 {
  begin();
  const out = new Events();
  return finish(read(new Request(), out), out.o);
}

/** The body of the export transform: change turns one event into any number of events. */
export function Transform(change: (event: Incoming, out: Events) => Stop | null): i32 {
  begin();
  if (!readInput()) return finish(fail("event is not JSON: " + input.fault), null);
  const out = new Events();
  return finish(change(new Incoming(input.root()), out), out.o);
}

/** The body of the export format: write turns one event into the request to send. */
export function Format(write: (event: Incoming, out: Outgoing) => Stop | null): i32 {
  begin();
  if (!readInput()) return finish(fail("event is not JSON: " + input.fault), null);
  const whole = new Obj();
  const end = write(new Incoming(input.root()), new Outgoing(whole, whole.object("request")));
  if (!whole.has("request")) whole.raw("request", "{}"); // all of it is the destination's
  return finish(end, whole);
}

/** The body of the export encode: rebuild turns an event into the request that its vendor would have sent. */
export function Encode(rebuild: (event: Incoming, out: Outgoing) => Stop | null): i32 { return Format(rebuild); }

/** The body of the export judge: decide says what a response means. Nothing set leaves it to the status code. */
export function Judge(decide: (answer: Answer, verdict: Verdict) => Stop | null): i32 {
  begin();
  if (!readInput()) return finish(fail("answer is not JSON: " + input.fault), null);
  const o = new Obj();
  return finish(decide(new Answer(input.root()), new Verdict(o)), o);
}

/** The body of the export init: called once for each instance, before anything else; its Stop refuses the configuration. */
export function Init(configure: () => Stop | null): i32 {
  begin();
  return finish(configure(), null);
}

/** What a vendor sent. Its parts are fetched when they are asked for. */
export class Request {
  private read: bool = false;
  private isJSON: bool = false;

  /** The body as a text. */
  body(): string {
    const n = inputSize();
    const at = room(n);
    return decode(at, inputRead(at, 0, n));
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(inputSize());
    inputRead(all.dataStart, 0, all.length);
    return all;
  }

  /** The body read as JSON. Where it is none, the document's fault says why, and its values are absent. */
  json(): Doc {
    if (!this.read) {
      this.read = true;
      this.isJSON = readInput();
    }
    return input;
  }

  /** A body of the type application/x-www-form-urlencoded as a document of strings; and the query string. */
  form(): Doc { return parse(pairs(this.body())); }
  queryFields(): Doc { return parse(pairs(this.query())); }

  method(): string { return factText("method"); }
  path(): string { return factText("path"); }
  query(): string { return factText("query"); }
  /** A header line's value, its name in lower case; "" when there is none, or it is kept from plugins. */
  header(name: string): string { return factText("header." + name); }
  receivedAt(): string { return factText("received_at"); }
  remoteAddr(): string { return factText("remote_addr"); }
  source(): string { return factText("source"); }
}

/** What receive and transform make: any number of events and, from receive, an answer of its own to the sender. */
export class Events {
  o: Obj = new Obj();

  /** Adds an event of that type (agent.state.changed). */
  add(type: string): Event {
    const e = new Event(this.o.appendObject("events"));
    e.type(type);
    return e;
  }

  /** Adds an event equal to that one, to be changed from there. */
  copy(event: Incoming): Event {
    const e = new Event(this.o.appendObject("events"));
    e.o.merge(event.value());
    return e;
  }

  /** Answers the sender with that status and body in place of the gateway's 202, as handshakes ask for. */
  reply(status: i32, body: string): Reply {
    const r = this.o.object("reply");
    r.int("status", status);
    r.str("body", body);
    return new Reply(r);
  }
}

/** An answer to the sender of a webhook. */
export class Reply {
  constructor(private o: Obj) {}
  header(name: string, value: string): Reply {
    this.o.object("headers").str(escapeName(name), value);
    return this;
  }
}

/** A CloudEvent in the making. Attributes that are "" are left out. */
export class Event {
  constructor(public o: Obj) {}

  /** Sets the id: stable for one occurrence at the vendor, equal on every repeat. */
  id(id: string): void { this.o.str("id", id); }
  /** Asks the gateway to make the id by hashing those parts. */
  idFrom(parts: string[]): void {
    for (let i = 0; i < parts.length; i++) this.o.append("id_from", parts[i]);
  }
  /** Sets source to /vendor/account, and ccvendor and ccaccount. */
  origin(vendor: string, account: string): void {
    this.o.str("ccvendor", vendor);
    this.o.str("ccaccount", account);
    if (account != "") this.o.str("source", "/" + vendor + "/" + account);
  }
  source(source: string): void { this.o.str("source", source); }
  type(type: string): void { this.o.str("type", type); }
  /** Sets cctype: the vendor's own name for the type, unchanged. */
  vendorType(type: string): void { this.o.str("cctype", type); }
  /** Sets the subject to kind/id, and the ordering key to the same; nothing when id is "". */
  subject(kind: string, id: string): void {
    if (id == "") return;
    const s = kind + "/" + id;
    this.o.str("subject", s);
    this.o.str("partitionkey", s);
  }
  /** Sets when it happened, from an RFC 3339 time in any zone. It is false, and sets nothing, when it is none. */
  time(t: string): bool { return this.o.time("time", t); }
  timeFrom(v: Value): bool { return this.o.timeFrom("time", v); }
  /** Sets ccreceived. Where the vendor did not say when it happened, that is the time too, and data.derived says so. */
  received(t: string): void {
    this.o.time("ccreceived", t);
    if (!this.o.has("time") && this.o.time("time", t)) this.derived("time");
  }
  /** Adds to data.derived: the path of what was computed rather than read. */
  derived(path: string): void { this.o.append("data.derived", path); }
  /** Of which effect (Outgoing.effect) the event would be the echo: what it reports, in the words that the plugin has for
   * deliveries to the same system. It is no part of the event. */
  echo(key: string, value: string): void {
    this.o.str("echo.key", key);
    this.o.str("echo.value", value);
  }
  attribute(name: string, value: string): void { this.o.str(escapeName(name), value); }
  /** Takes away an attribute or what stands at a path: data.agent.email. */
  remove(path: string): void { this.o.remove(path); }
  /** The event's content. */
  data(): Obj { return this.o.object("data"); }
}

/** An event on its way to a destination. */
export class Incoming {
  constructor(private root: Value) {}
  id(): string { return this.root.get("id").str(); }
  type(): string { return this.root.get("type").str(); }
  source(): string { return this.root.get("source").str(); }
  subject(): string { return this.root.get("subject").str(); }
  time(): string { return this.root.get("time").str(); }
  vendor(): string { return this.root.get("ccvendor").str(); }
  account(): string { return this.root.get("ccaccount").str(); }
  /** What of the vendor's message no field carries: data.extensions.<vendor>. */
  extensions(vendor: string): Value { return this.root.get("data.extensions").member(vendor); }
  /** Follows a path from the event's attributes on: data.agent.id. */
  get(path: string): Value { return this.root.get(path); }
  value(): Value { return this.root; }
  destination(): string { return factText("destination"); }
  route(): string { return factText("route"); }
  /** Counts this delivery's attempts, from 1. */
  attempt(): i32 { return <i32>I32.parseInt(factText("attempt")); }
  /** What judge kept with its last retry; absent at the first attempt. */
  memo(): Value { return parse(factText("memo")).root(); }
}

/** A request in the making. What is not set comes from the destination's configuration. */
export class Outgoing {
  constructor(private whole: Obj, private o: Obj) {}
  method(method: string): void { this.o.str("method", method); }
  /** Sets the link. One without a host is relative to the destination's; path makes such a one out of parts. */
  url(url: string): void { this.o.str("url", url); }
  /** Sets the link to the parts joined by slashes, each escaped so that it stays one part. */
  path(parts: string[]): void {
    let url = "";
    for (let i = 0; i < parts.length; i++) url += "/" + segment(parts[i]);
    this.o.str("url", url);
  }
  /** A parameter of the link; the gateway escapes it. */
  query(name: string, value: string): void { this.o.object("query").str(escapeName(name), value); }
  header(name: string, value: string): void { this.o.object("headers").str(escapeName(name), value); }
  /** A field of a form; the gateway escapes it. */
  form(name: string, value: string): void { this.o.object("form").str(escapeName(name), value); }
  /** The body, as an object to fill. */
  json(): Obj { return this.o.object("json"); }
  rawJSON(json: string): void { this.o.raw("json", json); }
  /** Sets the body to a text; its type is a header. */
  text(body: string): void { this.o.str("body", body); }
  bytes(body: Uint8Array): void { this.o.str("body_base64", base64(body)); }
  /** What the delivery will cause, so that a source that soon reports just that is recognised as its echo. It counts from the next
   * request on; judge takes it back with noEffect. */
  effect(key: string, value: string): void {
    this.whole.str("effect.key", key);
    this.whole.str("effect.value", value);
  }
  /** Carried to judge, to further steps and, with a retry, to the next attempt. */
  memo(): Obj { return this.whole.object("memo"); }
}

/** What was sent and what came back. */
export class Answer {
  constructor(private root: Value) {}
  event(): Incoming { return new Incoming(this.root.get("event")); }
  /** Counts the requests of this attempt, from 1. */
  step(): i32 { return <i32>this.root.get("step").int(); }
  /** The request that was sent, as format or judge wrote it. */
  request(): Value { return this.root.get("request"); }
  status(): i32 { return <i32>this.root.get("response.status").int(); }
  /** A header line of the response, by its name in any case; "" when there is none. */
  header(name: string): string {
    const headers = this.root.get("response.headers");
    const wanted = name.toLowerCase();
    for (let i = 0; i < headers.len(); i++) {
      const h = headers.index(i);
      if (h.name().toLowerCase() == wanted) return h.kind() == Kind.Array ? h.index(0).str() : h.str();
    }
    return "";
  }
  /** The response's body, as far as the gateway reads it. */
  body(): string {
    const encoded = this.root.get("response.body_base64").str();
    if (encoded != "") {
      const bytes = fromBase64(encoded);
      return decode(bytes.dataStart, bytes.length);
    }
    const body = this.root.get("response.body");
    return body.kind() >= Kind.Object ? body.raw() : body.str();
  }
  /** The response's body read as JSON; absent when it is none. */
  json(): Value {
    const body = this.root.get("response.body");
    if (body.exists() && body.kind() != Kind.String) return body;
    return parse(this.body()).root();
  }
  /** What the step before this one kept. */
  memo(): Value { return this.root.get("memo"); }
}

function seconds(n: i64): string { return max(n, 0).toString() + "s"; }
function said(why: string): string { return why == "" ? "the plugin did not say why" : why; }

/** Says what a response means: one of delivered, next, retry, dead and disable; none leaves it to the status code. */
export class Verdict {
  constructor(private o: Obj) {}
  delivered(): void { this.o.bool("delivered", true); }
  /** A further request in the same attempt; judge is called with its response. */
  next(): Outgoing {
    const request = this.o.object("next.request");
    return new Outgoing(this.o, request);
  }
  /** Another attempt follows when the destination's policy says so, or later (see Again). */
  retry(reason: string): Again {
    const again = this.o.object("retry");
    again.str("reason", reason == "" ? "the plugin asked to try again" : reason);
    return new Again(again);
  }
  /** A dead letter: trying again cannot help. */
  dead(why: string): void { this.o.str("dead", said(why)); }
  /** A dead letter, and nothing more is sent to this destination. */
  disable(why: string): void { this.o.str("disable", said(why)); }
  /** A pause of that many seconds before the destination gets anything more. */
  slowDown(n: i64): void { this.o.str("slow_down", seconds(n)); }
  /** Takes back what Outgoing.effect stated: nothing was caused, so there will be no echo. */
  noEffect(): void { this.o.raw("effect", "null"); }
  memo(): Obj { return this.o.object("memo"); }
}

/** Says more about a retry. */
export class Again {
  constructor(private o: Obj) {}
  afterSeconds(n: i64): Again {
    this.o.str("after", seconds(n));
    return this;
  }
  /** A time, an RFC 3339 one; anything else is ignored. */
  at(t: string): Again {
    this.o.time("at", t);
    return this;
  }
  /** Asks for new credentials first. */
  refreshAuth(): Again {
    this.o.bool("refresh_auth", true);
    return this;
  }
}
