// Plugin telegram-message writes a line about an event to a Telegram chat. The destination's url is the whole address,
// https://api.telegram.org/bot{{secret.telegram.token}}/sendMessage, so that the plugin has nothing to do with the token.
import { Answer, config, drop, fail, Format, Incoming, Init, Judge, Outgoing, Stop, Verdict } from "plugboard";

export function init(): i32 { return Init(checkConfig); }
export function format(): i32 { return Format(write); }
export function judge(): i32 { return Judge(decide); }

// It must be said where to write.
function checkConfig(): Stop | null {
  return config().get("chat_id").empty() ? fail("config.chat_id is missing: a chat's number, or @channel") : null;
}

function write(event: Incoming, out: Outgoing): Stop | null {
  const state = event.get("data.state.name").str();
  if (event.type() == "agent.state.changed" && state != "" && state == event.get("data.previous_state.name").str()) {
    return drop("the state is the same as before");
  }
  out.method("POST");
  const message = out.json();
  let chat = event.memo().get("chat_id"); // Telegram gave it a new number (see decide)
  if (chat.exists()) out.memo().copyFrom("chat_id", chat);
  else chat = config().get("chat_id");
  message.copyFrom("chat_id", chat);
  message.str("parse_mode", "HTML");
  message.str("text", text(event));
  if (config().get("silent").bool()) message.bool("disable_notification", true);
  return null;
}

// The line, in Telegram's HTML.
function text(event: Incoming): string {
  const kind = event.type();
  if (kind == "agent.state.changed") {
    let line = bold(who(event)) + ": ";
    const before = event.get("data.previous_state.name").str();
    if (before != "") line += html(before) + " → ";
    return line + html(firstOf(event, "unknown", ["data.state.name", "data.state.base"]));
  }
  if (kind.startsWith("agent.")) return bold(who(event)) + ": " + html(kind);
  if (kind.startsWith("call.")) {
    const from = firstOf(event, "unknown", ["data.call.from", "data.call.customer_number"]);
    const to = firstOf(event, "unknown", ["data.call.to", "data.call.contact_center_number"]);
    return bold(kind) + " " + html(from) + " → " + html(to);
  }
  return event.subject() != "" ? bold(kind) + " " + html(event.subject()) : bold(kind);
}

function who(event: Incoming): string {
  return firstOf(event, "somebody", ["data.agent.name", "data.agent.id", "data.agent.phone"]);
}

// The first of the paths that has something, else otherwise.
function firstOf(event: Incoming, otherwise: string, paths: string[]): string {
  for (let i = 0; i < paths.length; i++) {
    const s = event.get(paths[i]).str();
    if (s != "") return s;
  }
  return otherwise;
}

function bold(s: string): string { return "<b>" + html(s) + "</b>"; }

// A value as text: Telegram refuses a message of broken HTML. A message may have 4096 characters, so each value is cut to
// 200.
function html(s: string): string {
  let n = 0;
  for (let i = 0; i < s.length; i++) {
    if (n++ == 200) {
      s = s.substring(0, i) + "…";
      break;
    }
    if (s.codePointAt(i) > 0xffff) i++;
  }
  return s.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

// What the status code does not say. Everything else is left to it.
function decide(a: Answer, v: Verdict): Stop | null {
  const answer = a.json();
  if (!answer.exists()) return null; // not Telegram, but something on the way to it
  const description = answer.get("description").str();
  const status = a.status();
  if (status == 429) {
    const wait = answer.get("parameters.retry_after");
    if (wait.isInt()) v.retry(description).afterSeconds(wait.int());
  } else if (status == 400) {
    const moved = answer.get("parameters.migrate_to_chat_id");
    if (moved.empty()) {
      v.dead("Telegram: " + description);
    } else {
      v.retry(description);
      v.memo().copyFrom("chat_id", moved);
    }
  } else if (status == 403) {
    v.dead("Telegram: " + description);
  } else if (status == 401 || status == 404) {
    v.dead("Telegram does not know the bot: check the token in the destination's url");
  }
  return null;
}
