// Plugin telegram-message writes a line about an event to a Telegram chat. The destination's url is the whole address,
// https://api.telegram.org/bot{{secret.telegram.token}}/sendMessage, so that the plugin has nothing to do with the token.
import { config, drop, fail, facts, get } from "plugboard";

// It must be said where to write.
export function init() {
  if (!config.chat_id) throw fail("config.chat_id is missing: a chat's number, or @channel");
}

export function format(event, request) {
  const state = get(event, "data.state.name");
  if (event.type === "agent.state.changed" && state && state === get(event, "data.previous_state.name")) {
    throw drop("the state is the same as before");
  }
  request.method("POST");
  const moved = facts.memo?.chat_id; // Telegram gave it a new number (see judge)
  if (moved) request.memo({ chat_id: moved });
  request.json({
    chat_id: moved ?? config.chat_id,
    parse_mode: "HTML",
    text: text(event),
    disable_notification: config.silent || undefined,
  });
}

// The line, in Telegram's HTML.
function text(event) {
  const kind = event.type;
  if (kind === "agent.state.changed") {
    const before = get(event, "data.previous_state.name");
    const now = firstOf(event, "unknown", "data.state.name", "data.state.base");
    return `${bold(who(event))}: ${before ? html(before) + " → " : ""}${html(now)}`;
  }
  if (kind.startsWith("agent.")) return `${bold(who(event))}: ${html(kind)}`;
  if (kind.startsWith("call.")) {
    const from = firstOf(event, "unknown", "data.call.from", "data.call.customer_number");
    const to = firstOf(event, "unknown", "data.call.to", "data.call.contact_center_number");
    return `${bold(kind)} ${html(from)} → ${html(to)}`;
  }
  return event.subject ? `${bold(kind)} ${html(event.subject)}` : bold(kind);
}

const who = (event) => firstOf(event, "somebody", "data.agent.name", "data.agent.id", "data.agent.phone");

// The first of the paths that has something, else otherwise.
function firstOf(event, otherwise, ...paths) {
  for (const path of paths) {
    const value = get(event, path);
    if (value !== undefined && value !== null && value !== "") return String(value);
  }
  return otherwise;
}

const bold = (s) => `<b>${html(s)}</b>`;

// A value as text: Telegram refuses a message of broken HTML. A message may have 4096 characters, so each value is cut to
// 200.
function html(s) {
  if (s.length > 200) {
    const characters = [...s];
    if (characters.length > 200) s = characters.slice(0, 200).join("") + "…";
  }
  return s.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

// What the status code does not say. Everything else is left to it.
export function judge(answer, verdict) {
  const said = answer.json();
  if (!said) return; // not Telegram, but something on the way to it
  const { description = "", parameters = {} } = said;
  switch (answer.status) {
    case 429:
      if (parameters.retry_after !== undefined) verdict.retry(description).afterSeconds(parameters.retry_after);
      break;
    case 400:
      if (parameters.migrate_to_chat_id) {
        verdict.retry(description);
        verdict.memo({ chat_id: parameters.migrate_to_chat_id });
      } else {
        verdict.dead(`Telegram: ${description}`);
      }
      break;
    case 403:
      verdict.dead(`Telegram: ${description}`);
      break;
    case 401:
    case 404:
      verdict.dead("Telegram does not know the bot: check the token in the destination's url");
  }
}
