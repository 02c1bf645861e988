// A plugin that shows what the SDK makes of its input: each leaf as a text, a number, a truth and a time.
import { base64, config, decodeConfig, Encode, Events, fact, fromBase64, hex, Incoming, Init, Judge, Kind, lookup, Obj, Outgoing, Format,
  parse, Receive, reject, Request, sameName, segment, setState, Settings, sign, HMACSHA256, state, Stop, Template, TemplateFormat, time,
  timeFromUnix, Transform, Value, warn, xml } from "plugboard";

export function init(): i32 { return Init(() => config().get("strict").exists() ? decodeConfig(settle) : null); }
export function receive(): i32 { return Receive(read); }
export function transform(): i32 { return Transform(change); }
export function format(): i32 { return Format(write); }
export function judge(): i32 {
  return Judge((a, v) => {
    v.delivered();
    v.noEffect();
    return null;
  });
}
export function encode(): i32 { return Encode(rebuild); }

let account = "none", limit: i64 = 10, share = 0.5, silent = false, tags: string[] = [], away = "";

function settle(c: Settings): void {
  account = c.str("account", account);
  limit = c.int("limit", limit);
  share = c.float("share", share);
  silent = c.bool("strict", silent);
  tags = c.strs("tags");
  away = c.object("presence").str("a.way", "gone");
  c.value("any");
}

function settled(e: Obj): void {
  e.str("account", account);
  e.int("limit", limit);
  e.float("share", share);
  e.bool("silent", silent);
  for (let i = 0; i < tags.length; i++) e.append("tags", tags[i]);
  e.str("away", away);
}

function read(r: Request, out: Events): Stop | null {
  const doc = r.json();
  if (doc.fault != "") return reject(doc.fault);
  const what = doc.get("do").str();
  if (what == "templates") return templates(doc.get("cases"), out);
  if (what == "settings") settled(out.add("x").data());
  if (what == "names") out.add("x").data().bool("same", sameName(doc.get("a").str(), doc.get("b").str()));
  if (what == "settings" || what == "names") return null;
  if (r.header("compare") != "") return compare(doc.root(), out);
  if (what == "throw") throw new Error("on purpose");
  if (what == "bounds") [1][doc.root().len() + 5];
  if (what == "garbage") {
    const list: string[] = [];
    for (let i = 0; i < 200; i++) list.push("garbage " + i.toString());
    const e = out.add("x");
    e.data().int("pages", memory.size());
    e.data().int("made", list.length);
    return null;
  }
  const e = out.add("x");
  leaves(e.data(), doc.root());
  e.data().copyFrom("v", doc.root());
  return null;
}

// What each case comes to, for Go to compare: the result, or the fault.
function templates(cases: Value, out: Events): Stop | null {
  const made = out.add("x").data();
  const sections = ["renders", "refuses"], formats = ["text", "json", "xml", "form", "url", "header", "html", "mrkdwn"];
  for (let i = 0; i < sections.length; i++) {
    const list = cases.get(sections[i]);
    for (let k = 0; k < list.len(); k++) {
      const t = new Template(list.index(k).get("template").str(), formats.indexOf(list.index(k).get("format").str()));
      const text = t.render(cases.get("event"));
      const one = made.appendObject(sections[i]);
      one.bool("made", text !== null);
      one.str("text", text !== null ? text : t.fault);
    }
  }
  return null;
}

// The object that package likeness wants of a document.
function compare(doc: Value, out: Events): Stop | null {
  const o = out.add("x").data();
  o.object("all").merge(doc);
  o.strFrom("s", doc.get("a.b"));
  o.intFrom("i", doc.get("x"));
  o.boolFrom("b", doc.get("long name"));
  o.timeFrom("t.t", doc.get("t"));
  o.strsFrom("l", doc.get("l"));
  o.copyFrom("c", doc.get("c.0.d"));
  o.copyFrom("dot", doc.get("c.0."));
  o.copyFrom("noughts", doc.get("l.001"));
  o.copyFrom("minus", doc.get("l.-0"));
  o.copyFrom("before", doc.get("l.-1"));
  o.copyFrom("long", doc.get("l.00000000000000000000"));
  o.rest("rest", doc);
  return null;
}

function leaves(o: Obj, v: Value): void {
  if (v.kind() >= Kind.Object) {
    for (let i = 0; i < v.len(); i++) leaves(o, v.index(i));
    return;
  }
  const leaf = o.appendObject("leaves");
  leaf.bool("there", true);
  leaf.str("str", v.str());
  leaf.str("name", v.name());
  if (v.isInt()) leaf.int("int", v.int());
  if (v.isBool()) leaf.bool("bool", v.bool());
  leaf.timeFrom("time", v);
}

function change(event: Incoming, out: Events): Stop | null {
  const e = out.copy(event);
  e.remove("data.secret");
  e.attribute("ccextra", "1");
  e.echo("agent/7", "away");
  e.data().str("a\\.b", "dot");
  e.data().str("deep.er.est", "down");
  e.data().append("list", "a\n\u0001\"\\");
  e.data().append("list", "é😀");
  e.data().object("nothing");
  warn("changed");
  return null;
}

function write(event: Incoming, out: Outgoing): Stop | null {
  const table = lookup("agents", "7"), kept = state("k"), mac = sign("s", HMACSHA256, Uint8Array.wrap(String.UTF8.encode("data")));
  setState("n", "v", 60);
  out.path(["a b", "..", "é"]);
  out.query("table", table ? table : "none");
  out.query("kept", kept ? kept : "none");
  out.query("mac", mac ? hex(mac) : "none");
  out.query("gone", lookup("agents", "8") ? "there" : "gone");
  out.header("x.y", xml("<a b='c'>&"));
  out.form("time", time("2025-03-04T10:00:00.500+02:00"));
  out.form("unix", timeFromUnix(1741073755, 122000000));
  out.form("no-time", time("tomorrow"));
  out.form("base64", base64(fromBase64("w6kA")));
  out.form("big", parse('{"a":[1,{"b":18446744073709551617}]}').get("a.1.b").str());
  out.form("config", config().get("a.b").str());
  out.form("fact", (fact("destination") ? "there" : "none") + event.attempt().toString());
  return null;
}

function rebuild(event: Incoming, out: Outgoing): Stop | null {
  out.path([event.get("ccaccount").str()]);
  out.json().str("kind", event.get("cctype").str());
  return null;
}
