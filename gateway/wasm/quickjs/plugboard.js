// The module "plugboard" that a script imports. Its words are those of the other SDKs (sdk/README.md), in JavaScript's
// customs: documents are plain objects, what is absent is undefined, and undefined, null and "" set nothing.
import * as host from "plugboard:host";

const isNothing = (v) => v === undefined || v === null || v === "";

// Values as vendors write them; undefined for what does not read as one.
const asText = (v) => (v === undefined || v === null || typeof v === "object" ? undefined : String(v));

/** What stands at a path in a document: get(event, "data.agent.id"); undefined where there is nothing. A path is names
 * joined by dots, a number for an element: "items.0.id". A backslash in front of a dot makes it part of the name. */
export const get = host.get;

/** Sets what stands at a path, making objects on the way; undefined, null and "" set nothing. */
export const set = host.set;

/** A document that knows what was taken from it, so that nothing is lost: rest() is what nobody took, without null, "",
 * [] and {}. text, int, number, bool and time read a value as vendors write them, also from texts; where it does not read
 * as one they are undefined, and takeText and its like leave it in the rest. */
export const Doc = host.Doc;

/** An error that says how a call ends. Any other error counts as fail. */
class Stop extends Error {
  constructor(kind, reason) {
    super(reason);
    this.stop = kind;
  }
}

/** Bad input: the sender of a webhook gets 400 and the reason. Write: throw reject("…"). */
export const reject = (reason) => new Stop(1, String(reason));
/** There is nothing to do, and why. */
export const drop = (reason) => new Stop(2, String(reason));
/** It may work later: the delivery is tried again when the destination's policy says so. */
export const retry = (reason) => new Stop(3, String(reason));
/** Trying again cannot help: a webhook is put aside, a delivery becomes a dead letter. */
export const fail = (reason) => new Stop(4, String(reason));

/** Something the gateway knows about the call: source, destination, route, attempt, received_at, header.NAME … */
export const fact = host.fact;

const number = (text) => (text === undefined ? 0 : Number(text));

/** The facts of a call by name. */
export const facts = {
  get function() { return host.fact("function"); },
  get source() { return host.fact("source"); },
  get destination() { return host.fact("destination"); },
  get route() { return host.fact("route"); },
  /** Counts this delivery's attempts, from 1. */
  get attempt() { return number(host.fact("attempt")); },
  get receivedAt() { return host.fact("received_at"); },
  /** What judge kept with its last retry. */
  get memo() {
    const text = host.fact("memo");
    return text ? host.parse(text) : undefined;
  },
};

function freeze(v) {
  if (v && typeof v === "object") Object.values(v).forEach(freeze);
  return Object.freeze(v);
}

const written = host.fact("config");

/** The plugin's configuration, as written in the source's, destination's or route's config. */
export const config = freeze(written ? host.parse(written) : {});

/** The configuration over an object of all keys that there may be, each with the value that stands where the configuration has
 * none: decodeConfig({ account: "", limit: 10, silent: false, presence: {}, tags: [] }). What is of another kind, and a key that
 * is not among them, is refused with its path; numbers and truths are read from texts too. An object with keys is held to
 * them, one without and a list are taken as they are; so is anything for null. */
export const decodeConfig = (defaults) => decoded(config, defaults, "");

function decoded(given, known, path) {
  const out = { ...known };
  for (const [name, value] of Object.entries(given)) {
    const at = path + name.replace(/[.\\]/g, "\\$&");
    if (!Object.hasOwn(known, name)) throw reject(at + ": unknown key");
    if (value !== null) out[name] = fitting(value, known[name], at);
  }
  return out;
}

function fitting(value, like, at) {
  const read = (as, want) => {
    const v = new Doc(value)[as]("");
    if (v === undefined) throw reject(`${at}: want ${want}`);
    return v;
  };
  switch (typeof like) {
    case "string": return read("text", "a text");
    case "number": return read("number", "a number");
    case "bigint": return BigInt(read("int", "a whole number that fits"));
    case "boolean": return read("bool", "true or false");
  }
  if (like === null || like === undefined) return value;
  if (Array.isArray(like) !== Array.isArray(value) || typeof value !== "object") {
    throw reject(`${at}: want ${Array.isArray(like) ? "a list" : "an object"}`);
  }
  return Array.isArray(like) || Object.keys(like).length === 0 ? value : decoded(value, like, at + ".");
}

// A text whose letters are small, each by itself: in a text a letter's place in its word can matter.
const folded = (text) => Array.from(String(text), (c) => (c === " " ? "_" : String.fromCodePoint(c.toLowerCase().codePointAt(0)))).join("");

/** Whether two names of states are the same, as people write them: in any script, whatever the case, a space as good as an
 * underscore. "Transfers Only" is transfers_only. */
export const sameName = (a, b) => a === b || folded(a) === folded(b);

/** What a table of the configuration ([tables.NAME]) has for key; undefined when it has nothing. */
export const lookup = host.lookup;

export const state = {
  /** What set kept for key, for this source or destination. */
  get: host.stateGet,
  /** Keeps a text for key until ttlSeconds have passed; 0: for good. Written with the call's result, or not at all. */
  set(key, value, ttlSeconds = 0) {
    host.stateSet(key, value, ttlSeconds);
  },
  remove(key) {
    host.stateSet(key, "", 0);
  },
};

const algorithms = { sha256: 0, sha1: 1, sha512: 2 };

/** The HMAC, in bytes, of data under a secret that the configuration grants by name; undefined when it was not granted. */
export function sign(secret, algorithm, data) {
  if (!Object.hasOwn(algorithms, algorithm)) throw new TypeError(`sign: the algorithm is "sha256", "sha1" or "sha512", not "${algorithm}"`);
  return host.sign(secret, algorithms[algorithm], data);
}

/** Bytes as text: hex(sign(…)), base64(sign(…)). */
export const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
export const base64 = host.base64;
export const fromBase64 = host.fromBase64;
/** Bytes that are UTF-8, as a text. */
export const decode = host.decode;

/** A time in canonical form: RFC 3339 in any zone, a Date, or milliseconds since 1970. Undefined when it is none. */
export const time = (t) => host.time(t instanceof Date ? t.getTime() : t);

/** Reads JSON as request.json() does: an integer past 2^53 is a BigInt, which `${id}` and String(id) write unharmed. */
export const parse = host.parse;
/** Writes JSON, BigInts as numbers. */
export const stringify = host.stringify;

class Template {
  #read;
  constructor(text, format) {
    this.#read = host.template(text, format);
    if (Array.isArray(this.#read)) throw new Error("template: " + this.#read[0]);
  }
  /** Fills it from an event, or another object. It throws where the result cannot be used. */
  render(value) {
    const made = host.render(this.#read, value);
    if (Array.isArray(made)) throw new Error("template: " + made[0]);
    return made;
  }
}

/** A text with {{data.agent.name}} in it, for values that are escaped for where they stand. The format is what it makes: "text",
 * "json", "xml", "form", "url", "header", "html" (as chats take it) or "mrkdwn" (Slack's). Make it once, outside of the functions. */
export const template = (text, format) => new Template(text, format);

const line = (level) => (...parts) =>
  host.log(level, parts.map((p) => (typeof p === "string" ? p : p instanceof Error ? String(p) : (host.stringify(p) ?? String(p)))).join(" "));

/** The gateway's log. console does the same. */
export const log = { debug: line(0), info: line(1), warn: line(2), error: line(3) };

globalThis.console = { debug: log.debug, info: log.info, log: log.info, warn: log.warn, error: log.error };

// What receive is handed.

class Request {
  get method() { return host.fact("method"); }
  get path() { return host.fact("path"); }
  get query() { return host.fact("query") ?? ""; }
  get source() { return host.fact("source"); }
  get remoteAddr() { return host.fact("remote_addr"); }
  get receivedAt() { return host.fact("received_at"); }
  /** A header line's value, its name in any case; undefined when there is none, or it is kept from plugins. */
  header(name) { return host.fact("header." + name.toLowerCase()); }
  /** The body as a text; bytes() as it came. */
  get body() { return host.text(); }
  bytes() { return host.bytes(); }
  /** The body read as JSON; what is none is rejected: the sender gets 400. */
  json() {
    try {
      return host.input();
    } catch (e) {
      if (e instanceof SyntaxError) throw reject("body is not JSON: " + e.message);
      throw e;
    }
  }
  /** The same as a Doc, which knows what was taken from it. */
  doc() { return new Doc(this.json()); }
  /** One field of a JSON body as it is written, by its path; undefined when there is none. */
  text(path) { return host.field(path); }
  /** The body read as application/x-www-form-urlencoded, an object of texts; and the query string. */
  form() { return host.pairs(host.text()); }
  queryFields() { return host.pairs(this.query); }
}

// What receive and transform make.

class Event {
  constructor(attributes) { this.o = attributes; }
  #put(name, value) {
    if (!isNothing(value)) this.o[name] = value;
  }
  /** The id: stable for one occurrence at the vendor, equal on every repeat. */
  id(id) { this.#put("id", asText(id)); }
  /** Asks the gateway to make the id by hashing those parts. */
  idFrom(...parts) { (this.o.id_from ??= []).push(...parts.map((p) => asText(p) ?? "")); }
  /** Sets source to /vendor/account, and ccvendor and ccaccount. */
  origin(vendor, account) {
    this.#put("ccvendor", vendor);
    this.#put("ccaccount", asText(account));
    if (!isNothing(account)) this.o.source = `/${vendor}/${account}`;
  }
  source(source) { this.#put("source", source); }
  type(type) { this.#put("type", type); }
  /** The vendor's own name for the type, unchanged. */
  vendorType(type) { this.#put("cctype", asText(type)); }
  /** Sets the subject to kind/id, and the ordering key to the same; nothing without an id. */
  subject(kind, id) {
    if (!isNothing(id)) this.o.subject = this.o.partitionkey = `${kind}/${id}`;
  }
  /** When it happened: an RFC 3339 time in any zone, a Date, or milliseconds since 1970. False when it is none. */
  time(t) {
    t = time(t);
    this.#put("time", t);
    return t !== undefined;
  }
  /** The time of receipt; where the vendor did not say when it happened, that is the time too, and data.derived says so. */
  received(t) {
    t = time(t);
    this.#put("ccreceived", t);
    if (t !== undefined && this.o.time === undefined) {
      this.o.time = t;
      this.derived("time");
    }
  }
  /** Adds to data.derived: the paths of what was computed rather than read. */
  derived(...paths) { (this.data.derived ??= []).push(...paths); }
  /** Of which effect (request.effect) the event would be the echo. It is no part of the event. */
  echo(key, value) { this.o.echo = { key: asText(key), value: asText(value) }; }
  attribute(name, value) { this.#put(name, asText(value)); }
  /** Takes away an attribute or what stands at a path: data.agent.email. */
  remove(path) { host.remove(this.o, path); }
  /** The event's content, an object to fill. */
  get data() { return (this.o.data ??= {}); }
  set data(data) { this.o.data = data; }
  /** Sets what stands at a path of the content; undefined, null and "" set nothing. */
  set(path, value) { host.set((this.o.data ??= {}), path, value); } // not this.data: a call less
}

class Events {
  constructor() { this.o = {}; }
  /** Adds an event of that type. */
  add(type) {
    const o = { type };
    (this.o.events ??= []).push(o);
    return new Event(o);
  }
  /** Adds an event equal to that one, to be changed from there. */
  copy(event) {
    const o = host.parse(host.stringify(event));
    (this.o.events ??= []).push(o);
    return new Event(o);
  }
  /** Answers the sender with that status and body in place of the gateway's 202, as handshakes ask for. */
  reply(status, body = "") {
    const reply = (this.o.reply = { status, body });
    const chain = { header(name, value) { (reply.headers ??= {})[name] = String(value); return chain; } };
    return chain;
  }
}

// What format and judge make.

class Outgoing {
  #whole;
  constructor(whole, request) {
    this.#whole = whole;
    this.o = request;
  }
  method(method) { this.o.method = method; }
  /** The link; one without a host is relative to the destination's. */
  url(url) { this.o.url = url; }
  /** The link out of parts, each escaped so that it stays one part: path("api", "agents", id). */
  path(...parts) { this.o.url = parts.map((p) => "/" + host.segment(String(p))).join(""); }
  /** A parameter of the link; the gateway escapes it. Likewise a header line, and a field of a form. */
  query(name, value) { if (!isNothing(value)) (this.o.query ??= {})[name] = asText(value); }
  header(name, value) { if (!isNothing(value)) (this.o.headers ??= {})[name] = asText(value); }
  form(name, value) { if (!isNothing(value)) (this.o.form ??= {})[name] = asText(value); }
  /** The body as JSON. */
  json(value) { this.o.json = value; }
  /** The body as a text; its type is a header. bytes: a body that need not be text. */
  text(body) { this.o.body = String(body); }
  bytes(body) { this.o.body_base64 = host.base64(body); }
  /** What the delivery will cause, so that a source that soon reports just that is recognised as its echo. */
  effect(key, value) { this.#whole.effect = { key: asText(key), value: asText(value) }; }
  /** Carried to judge, to further steps and, with a retry, to the next attempt. */
  memo(value) { this.#whole.memo = value; }
}

/** The request that a vendor would have sent: encode is handed it. */
class Message extends Outgoing {
  /** Behind the path at which the source listens, for a vendor that puts something there. */
  path(...parts) { this.o.path = parts.map((p) => "/" + host.segment(String(p))).join(""); }
}

class Answer {
  constructor(o) { this.o = o; }
  get event() { return this.o.event; }
  /** Counts the requests of this attempt, from 1. */
  get step() { return this.o.step; }
  /** The request that was sent, as format or judge wrote it. */
  get request() { return this.o.request; }
  get status() { return this.o.response.status; }
  get memo() { return this.o.memo; }
  /** A header line of the response, its name in any case; undefined when there is none. */
  header(name) {
    const headers = this.o.response.headers ?? {};
    name = name.toLowerCase();
    for (const key of Object.keys(headers)) {
      if (key.toLowerCase() === name) return Array.isArray(headers[key]) ? headers[key][0] : headers[key];
    }
    return undefined;
  }
  /** The response's body as a text, as far as the gateway reads it. */
  get body() {
    const r = this.o.response;
    if (r.body_base64) return host.decode(host.fromBase64(r.body_base64));
    return typeof r.body === "string" || r.body === undefined ? (r.body ?? "") : host.stringify(r.body);
  }
  /** The response's body read as JSON; undefined when it is none. */
  json() {
    const r = this.o.response;
    if (r.body !== undefined && typeof r.body !== "string") return r.body;
    try {
      return host.parse(this.body);
    } catch (e) {
      if (e instanceof SyntaxError) return undefined;
      throw e;
    }
  }
}

const seconds = (n) => `${Math.max(0, Math.ceil(Number(n) || 0))}s`;
const said = (why) => (isNothing(why) ? "the plugin did not say why" : String(why));

class Verdict {
  constructor() { this.o = {}; }
  /** Done. */
  delivered() { this.o.delivered = true; }
  /** A further request in the same attempt; judge is called with its response. */
  next() {
    const request = {};
    this.o.next = { request };
    return new Outgoing(this.o, request);
  }
  /** Another attempt follows when the destination's policy says so, or later: retry("busy").afterSeconds(30). */
  retry(reason) {
    const retry = (this.o.retry = { reason: isNothing(reason) ? "the plugin asked to try again" : String(reason) });
    const chain = {
      afterSeconds(n) { retry.after = seconds(n); return chain; },
      at(t) { t = time(t); if (t !== undefined) retry.at = t; return chain; },
      refreshAuth() { retry.refresh_auth = true; return chain; },
    };
    return chain;
  }
  /** A dead letter: trying again cannot help. */
  dead(why) { this.o.dead = said(why); }
  /** A dead letter, and nothing more is sent to this destination. */
  disable(why) { this.o.disable = said(why); }
  /** A pause of that many seconds before the destination gets anything more. */
  slowDown(n) { this.o.slow_down = seconds(n); }
  /** Takes back what request.effect stated: nothing was caused, so there will be no echo. */
  noEffect() { this.o.effect = null; }
  /** Carried to the next step and, with a retry, to the next attempt. */
  memo(value) { this.o.memo = value; }
}

const isEmpty = (o) => { for (const _ in o) return false; return true; };

// How each function is called: with what, and what its document is. A function may also return the document itself.
const calls = [
  (f) => { const out = new Events(); return finish(f(new Request(), out), out.o); },
  (f) => { const out = new Events(); return finish(f(host.input(), out), out.o); },
  (f) => {
    const whole = { request: {} };
    return finish(f(host.input(), new Outgoing(whole, whole.request)), whole);
  },
  (f) => { const out = new Verdict(); return finish(f(new Answer(host.input()), out), out.o); },
  (f) => {
    const whole = { request: {} };
    return finish(f(host.input(), new Message(whole, whole.request)), whole);
  },
  (f) => finish(f(), {}),
];

function finish(returned, made) {
  if (returned === undefined) return isEmpty(made) ? undefined : made;
  if (returned instanceof Promise) return returned.then((r) => finish(r, made));
  if (returned instanceof Stop) throw returned;
  if (Array.isArray(returned)) return { events: returned };
  if (returned === null || typeof returned !== "object") throw new TypeError(`it returned ${String(returned)}; return nothing, or the document`);
  return returned;
}

host.register((which, f) => calls[which](f));
