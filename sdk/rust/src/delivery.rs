//! An event on its way, and the request that it becomes.

use crate::base64;
use crate::escape::append_segment;
use crate::facts::fact;
use crate::json::{Doc, Obj, Value};
use std::borrow::Cow;

/// An event on its way to a destination.
#[derive(Clone, Copy)]
pub struct Incoming<'d> {
    pub(crate) root: Value<'d>,
}

impl<'d> Incoming<'d> {
    /// The event's id.
    pub fn id(&self) -> Cow<'d, str> {
        self.get("id").str()
    }

    /// The event's type. (A type is a keyword here, hence the name.)
    pub fn event_type(&self) -> Cow<'d, str> {
        self.get("type").str()
    }

    /// The event's CloudEvents source: /zendesk/22129848.
    pub fn source(&self) -> Cow<'d, str> {
        self.get("source").str()
    }

    /// Whom the event is about: agent/8447388090494; `""` when unknown.
    pub fn subject(&self) -> Cow<'d, str> {
        self.get("subject").str()
    }

    /// When it happened.
    pub fn time(&self) -> Cow<'d, str> {
        self.get("time").str()
    }

    /// Where it came from: zendesk.
    pub fn vendor(&self) -> Cow<'d, str> {
        self.get("ccvendor").str()
    }

    /// The account at the vendor.
    pub fn account(&self) -> Cow<'d, str> {
        self.get("ccaccount").str()
    }

    /// What of the vendor's message no field carries: data.extensions.<vendor>.
    pub fn extensions(&self, vendor: &str) -> Value<'d> {
        self.get("data.extensions").member(vendor)
    }

    /// Follows a path from the event's attributes on: data.agent.id.
    #[inline]
    pub fn get(&self, path: &str) -> Value<'d> {
        self.root.get(path)
    }

    /// The event as a whole.
    pub fn value(&self) -> Value<'d> {
        self.root
    }

    /// The name of the destination in the configuration.
    pub fn destination(&self) -> String {
        fact("destination").unwrap_or_default()
    }

    /// The name of the route that led here.
    pub fn route(&self) -> String {
        fact("route").unwrap_or_default()
    }

    /// Counts this delivery's attempts, from 1.
    pub fn attempt(&self) -> u32 {
        fact("attempt").and_then(|s| s.parse().ok()).unwrap_or(0)
    }

    /// What judge kept with its last retry; None at the first attempt.
    pub fn memo(&self) -> Option<Memo> {
        fact("memo").map(|text| Memo { text })
    }
}

/// What an earlier attempt has kept.
pub struct Memo {
    text: String,
}

impl Memo {
    /// The memo as a document.
    pub fn doc(&self) -> Doc<'_> {
        Doc::parse(self.text.as_bytes()).or_else(|_| Doc::parse(b"null")).expect("null is JSON")
    }
}

/// A request in the making. What is not set comes from the destination's configuration.
#[derive(Clone, Copy)]
pub struct Outgoing<'b> {
    pub(crate) outer: Obj<'b>,
    pub(crate) o: Obj<'b>,
}

impl<'b> Outgoing<'b> {
    /// Sets the method.
    pub fn method(&self, method: &str) {
        self.o.str("method", method);
    }

    /// Sets the link. One without a host is relative to the destination's; [`Outgoing::path`] makes such a one out of parts.
    pub fn url(&self, url: &str) {
        self.o.str("url", url);
    }

    /// Sets the link to the parts joined by slashes, each escaped so that it stays one part: path(&["api", "agents", id]).
    pub fn path(&self, parts: &[&str]) {
        let mut text = Vec::new();
        for part in parts {
            text.push(b'/');
            append_segment(&mut text, part);
        }
        self.o.str("url", &String::from_utf8_lossy(&text));
    }

    /// Sets a parameter of the link; the gateway escapes it.
    pub fn query(&self, name: &str, value: &str) {
        self.o.object("query").named(name, value);
    }

    /// Sets a header line. A value of more than one line is refused by the gateway.
    pub fn header(&self, name: &str, value: &str) {
        self.o.object("headers").named(name, value);
    }

    /// The body, as an object to fill.
    pub fn json(&self) -> Obj<'b> {
        self.o.object("json")
    }

    /// Sets the body to JSON text; false when it is none.
    pub fn raw_json(&self, json: &[u8]) -> bool {
        self.o.raw("json", json)
    }

    /// Sets the body to a text; its type is a header.
    pub fn text(&self, body: &str) {
        self.o.str("body", body);
    }

    /// Sets the body to bytes that need not be text.
    pub fn bytes(&self, body: &[u8]) {
        self.o.str("body_base64", &base64::encode(body));
    }

    /// Sets a field of a body of the type application/x-www-form-urlencoded; the gateway escapes it.
    pub fn form(&self, name: &str, value: &str) {
        self.o.object("form").named(name, value);
    }

    /// Says what the delivery will cause, so that a source that soon reports just that is recognised as its echo. It counts
    /// from the next request on; judge takes it back with [`Verdict::no_effect`](crate::Verdict::no_effect).
    pub fn effect(&self, key: &str, value: &str) {
        self.outer.str("effect.key", key);
        self.outer.str("effect.value", value);
    }

    /// Is carried to judge, to further steps and, with a retry, to the next attempt.
    pub fn memo(&self) -> Obj<'b> {
        self.outer.object("memo")
    }
}
