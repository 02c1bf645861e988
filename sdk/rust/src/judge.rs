//! What was sent, what came back, and what that means.

use crate::base64;
use crate::delivery::{Incoming, Outgoing};
use crate::json::{Doc, Kind, Obj, SyntaxError, Value};
use std::borrow::Cow;

/// What was sent and what came back.
pub struct Answer<'d> {
    root: Value<'d>,
    event: Incoming<'d>,
    body: Vec<u8>, // as text or bytes, escapes undone; empty when it is JSON in its place
}

impl<'d> Answer<'d> {
    pub(crate) fn new(root: Value<'d>) -> Answer<'d> {
        let bytes = root.get("response.body_base64").str();
        let body = match bytes.as_ref() {
            "" => root.get("response.body").str().into_owned().into_bytes(),
            bytes => base64::decode(bytes), // it was no UTF-8
        };
        Answer { root, event: Incoming { root: root.get("event") }, body }
    }

    /// The event that is being delivered.
    pub fn event(&self) -> &Incoming<'d> {
        &self.event
    }

    /// Counts the requests of this attempt, from 1.
    pub fn step(&self) -> u32 {
        self.root.get("step").int().unwrap_or(0) as u32
    }

    /// The request that was sent, as format or judge wrote it: method, url, headers, query and so on.
    pub fn request(&self) -> Value<'d> {
        self.root.get("request")
    }

    /// The response's status code.
    pub fn status(&self) -> u16 {
        self.root.get("response.status").int().unwrap_or(0) as u16
    }

    /// A header line of the response, by its name in any case; `""` when there is none.
    pub fn header(&self, name: &str) -> Cow<'d, str> {
        for (n, v) in self.root.get("response.headers").members() {
            if n.eq_ignore_ascii_case(name) {
                return if v.kind() == Kind::Array { v.index(0).str() } else { v.str() };
            }
        }
        Cow::Borrowed("")
    }

    /// The response's body, as far as the gateway reads it.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The response's body as JSON.
    pub fn json(&self) -> Result<Doc<'_>, SyntaxError> {
        let v = self.root.get("response.body");
        if v.exists() && v.kind() != Kind::String {
            return Doc::parse(v.raw().as_bytes());
        }
        Doc::parse(&self.body)
    }

    /// What the step before this one kept.
    pub fn memo(&self) -> Value<'d> {
        self.root.get("memo")
    }
}

/// Says what a response means. One of delivered, next, retry, dead and disable is set; none leaves it to the status code.
/// slow_down and memo may be set beside each.
#[derive(Clone, Copy)]
pub struct Verdict<'b> {
    pub(crate) o: Obj<'b>,
}

impl<'b> Verdict<'b> {
    /// Ends the delivery: done.
    pub fn delivered(&self) {
        self.o.bool("delivered", true);
    }

    /// Sends a further request in the same attempt; judge is called with its response.
    pub fn next(&self) -> Outgoing<'b> {
        Outgoing { outer: self.o, o: self.o.object("next.request") }
    }

    /// Ends the attempt: another one follows when the destination's policy says so, or later (see [`Retry`]).
    pub fn retry(&self, reason: &str) -> Retry<'b> {
        let o = self.o.object("retry");
        o.str("reason", if reason.is_empty() { "the plugin asked to try again" } else { reason });
        Retry { o }
    }

    /// Ends the delivery as a dead letter: trying again cannot help.
    pub fn dead(&self, why: &str) {
        self.o.str("dead", or_unsaid(why));
    }

    /// Ends the delivery as a dead letter and stops sending to this destination.
    pub fn disable(&self, why: &str) {
        self.o.str("disable", or_unsaid(why));
    }

    /// Asks for a pause of that many seconds before the destination gets anything more.
    pub fn slow_down(&self, seconds: u64) {
        self.o.str("slow_down", &format!("{seconds}s"));
    }

    /// Takes back what [`Outgoing::effect`] stated: nothing was caused, so there will be no echo.
    pub fn no_effect(&self) {
        self.o.raw("effect", b"null");
    }

    /// Is carried to the next step and, with a retry, to the next attempt.
    pub fn memo(&self) -> Obj<'b> {
        self.o.object("memo")
    }
}

/// Says more about a retry.
#[derive(Clone, Copy)]
pub struct Retry<'b> {
    o: Obj<'b>,
}

impl Retry<'_> {
    /// Asks for that much time at least.
    pub fn after_seconds(self, seconds: u64) -> Self {
        self.o.str("after", &format!("{seconds}s"));
        self
    }

    /// Asks for a time, an RFC 3339 one; anything else is ignored.
    pub fn at(self, time: &str) -> Self {
        self.o.time("at", time);
        self
    }

    /// Asks for new credentials first.
    pub fn refresh_auth(self) -> Self {
        self.o.bool("refresh_auth", true);
        self
    }
}

fn or_unsaid(why: &str) -> &str {
    if why.is_empty() {
        return "the plugin did not say why";
    }
    why
}
