//! Plugin telegram-message writes a line about an event to a Telegram chat. The destination's url is the whole address,
//! https://api.telegram.org/bot{{secret.telegram.token}}/sendMessage, so that the plugin has nothing to do with the token.

use plugboard::{config, drop, fail, Answer, Incoming, Outgoing, Result, Value, Verdict};
use std::borrow::Cow;

plugboard::init!(configure);
plugboard::format_request!(write);
plugboard::judge!(decide);

/// configure refuses a configuration that does not say where to write.
fn configure() -> Result {
    if config().get("chat_id").is_empty() {
        return Err(fail("config.chat_id is missing: a chat's number, or @channel"));
    }
    Ok(())
}

fn write(event: &Incoming, out: &Outgoing) -> Result {
    let (state, before) = (event.get("data.state.name").str(), event.get("data.previous_state.name").str());
    if event.event_type() == "agent.state.changed" && !state.is_empty() && state == before {
        return Err(drop("the state is the same as before"));
    }
    out.method("POST");
    let message = out.json();
    let memo = event.memo();
    let memo = memo.as_ref().map(|m| m.doc());
    // Telegram may have given the chat a new number (see decide).
    let moved = memo.as_ref().map_or(Value::ABSENT, |m| m.get("chat_id"));
    if moved.exists() {
        out.memo().copy_from("chat_id", moved);
        message.copy_from("chat_id", moved);
    } else {
        message.copy_from("chat_id", config().get("chat_id"));
    }
    message.str("parse_mode", "HTML");
    message.str("text", &text(event));
    if config().get("silent").bool() == Some(true) {
        message.bool("disable_notification", true);
    }
    Ok(())
}

/// text is the line, in Telegram's HTML.
fn text(event: &Incoming) -> String {
    let kind = event.event_type();
    let subject = event.subject();
    let mut line = String::with_capacity(256);
    if kind == "agent.state.changed" {
        bold(&mut line, &who(event));
        line.push_str(": ");
        let before = event.get("data.previous_state.name").str();
        if !before.is_empty() {
            html(&mut line, &before);
            line.push_str(" → ");
        }
        html(&mut line, &first_of(event, "unknown", &["data.state.name", "data.state.base"]));
    } else if kind.starts_with("agent.") {
        bold(&mut line, &who(event));
        line.push_str(": ");
        html(&mut line, &kind);
    } else if kind.starts_with("call.") {
        bold(&mut line, &kind);
        line.push(' ');
        html(&mut line, &first_of(event, "unknown", &["data.call.from", "data.call.customer_number"]));
        line.push_str(" → ");
        html(&mut line, &first_of(event, "unknown", &["data.call.to", "data.call.contact_center_number"]));
    } else {
        bold(&mut line, &kind);
        if !subject.is_empty() {
            line.push(' ');
            html(&mut line, &subject);
        }
    }
    line
}

fn who<'d>(event: &Incoming<'d>) -> Cow<'d, str> {
    first_of(event, "somebody", &["data.agent.name", "data.agent.id", "data.agent.phone"])
}

/// first_of is the first of the paths that has something, else otherwise.
fn first_of<'d>(event: &Incoming<'d>, otherwise: &'static str, paths: &[&str]) -> Cow<'d, str> {
    let found = paths.iter().map(|p| event.get(p).str()).find(|s| !s.is_empty());
    found.unwrap_or(Cow::Borrowed(otherwise))
}

fn bold(line: &mut String, s: &str) {
    line.push_str("<b>");
    html(line, s);
    line.push_str("</b>");
}

/// html writes a value as text: Telegram refuses a message of broken HTML. A message may have 4096 characters, so each value
/// is cut to 200.
fn html(line: &mut String, s: &str) {
    for (i, c) in s.chars().enumerate() {
        match c {
            _ if i == 200 => return line.push('…'),
            '&' => line.push_str("&amp;"),
            '<' => line.push_str("&lt;"),
            '>' => line.push_str("&gt;"),
            c => line.push(c),
        }
    }
}

/// decide reads what the status code does not say. Everything else is left to it.
fn decide(a: &Answer, v: &Verdict) -> Result {
    let answer = match a.json() {
        Ok(answer) => answer,
        Err(_) => return Ok(()), // not Telegram, but something on the way to it
    };
    let description = answer.get("description").str();
    let moved = answer.get("parameters.migrate_to_chat_id");
    match a.status() {
        429 => {
            if let Some(seconds) = answer.get("parameters.retry_after").int() {
                v.retry(&description).after_seconds(seconds.max(0) as u64);
            }
        }
        400 if !moved.is_empty() => {
            v.retry(&description);
            v.memo().copy_from("chat_id", moved);
        }
        400 | 403 => v.dead(&format!("Telegram: {description}")),
        401 | 404 => v.dead("Telegram does not know the bot: check the token in the destination's url"),
        _ => {}
    }
    Ok(())
}
