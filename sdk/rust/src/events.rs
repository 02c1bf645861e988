//! Events in the making.

use crate::delivery::Incoming;
use crate::json::{Builder, Obj, Value};

/// What receive and transform make: any number of events and, from receive, an answer of its own to the sender.
#[derive(Default)]
pub struct Events {
    pub(crate) b: Builder,
}

impl Events {
    /// Adds an event of that type (agent.state.changed).
    pub fn add(&self, event_type: &str) -> Event<'_> {
        let e = Event { o: self.b.root().append_object("events") };
        e.o.str("type", event_type);
        e
    }

    /// Adds an event equal to the one that came, to be changed from there.
    pub fn copy(&self, event: &Incoming) -> Event<'_> {
        let e = Event { o: self.b.root().append_object("events") };
        e.o.merge(event.value());
        e
    }

    /// Answers the sender with that status and body in place of the gateway's 202, as handshakes ask for.
    pub fn reply(&self, status: u16, body: &str) -> Reply<'_> {
        let r = Reply { o: self.b.root().object("reply") };
        r.o.int("status", status as i64);
        r.o.str("body", body);
        r
    }
}

/// An answer to the sender of a webhook.
#[derive(Clone, Copy)]
pub struct Reply<'b> {
    o: Obj<'b>,
}

impl Reply<'_> {
    /// Sets a header line of the answer.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.o.object("headers").named(name, value);
        self
    }
}

/// A CloudEvent in the making. Attributes that are `""` are left out; the gateway adds specversion, and id, time and source
/// where they are missing.
#[derive(Clone, Copy)]
pub struct Event<'b> {
    o: Obj<'b>,
}

impl<'b> Event<'b> {
    /// Sets the id: stable for one occurrence at the vendor, equal on every repeat.
    pub fn id(self, id: &str) {
        self.o.str("id", id);
    }

    /// Asks the gateway to make the id by hashing those parts.
    pub fn id_from(self, parts: &[&str]) {
        self.o.append("id_from", parts);
    }

    /// Sets source to /vendor/account, and ccvendor and ccaccount.
    pub fn origin(self, vendor: &str, account: &str) {
        self.o.str("ccvendor", vendor);
        self.o.str("ccaccount", account);
        if !account.is_empty() {
            self.o.str("source", &["/", vendor, "/", account].concat());
        }
    }

    /// Sets the source to something else than [`Event::origin`] does.
    pub fn source(self, source: &str) {
        self.o.str("source", source);
    }

    /// Changes the type.
    pub fn set_type(self, event_type: &str) {
        self.o.str("type", event_type);
    }

    /// Sets cctype: the vendor's own name for the type, unchanged.
    pub fn vendor_type(self, t: &str) {
        self.o.str("cctype", t);
    }

    /// Sets the subject to kind/id, agent/8447388090494, and the ordering key to the same; nothing when id is `""`.
    pub fn subject(self, kind: &str, id: &str) {
        if !id.is_empty() {
            let subject = [kind, "/", id].concat();
            self.o.str("subject", &subject);
            self.o.str("partitionkey", &subject);
        }
    }

    /// Sets when it happened, from an RFC 3339 time in any zone. False, and nothing set, when it is none.
    pub fn time(self, t: &str) -> bool {
        self.o.time("time", t)
    }

    /// [`Event::time`] for a value of a document, which it marks as carried if it is a time.
    pub fn time_from(self, v: Value) -> bool {
        self.o.time_from("time", v)
    }

    /// Sets ccreceived, the time of receipt. Where the vendor did not say when it happened, that is the time too, and
    /// data.derived says so.
    pub fn received(self, t: &str) {
        self.o.time("ccreceived", t);
        if !self.o.has("time") && self.o.time("time", t) {
            self.derived(&["time"]);
        }
    }

    /// Adds to data.derived: the paths of what was computed rather than read (time, data.call.ended_at).
    pub fn derived(self, paths: &[&str]) {
        self.o.append("data.derived", paths);
    }

    /// Says of which effect ([`Outgoing::effect`](crate::Outgoing::effect)) the event would be the echo: what it reports, in the
    /// words that the plugin has for deliveries to the same system. It is no part of the event.
    pub fn echo(self, key: &str, value: &str) {
        self.o.str("echo.key", key);
        self.o.str("echo.value", value);
    }

    /// Sets an extension attribute; CloudEvents allows lower-case letters and digits in its name.
    pub fn attribute(self, name: &str, value: &str) {
        self.o.named(name, value);
    }

    /// Takes away an attribute or what stands at a path: data.agent.email.
    pub fn remove(self, path: &str) {
        self.o.remove(path);
    }

    /// The event's content.
    pub fn data(self) -> Obj<'b> {
        self.o.object("data")
    }
}
