//! Running a plugin's functions as ordinary code, with the gateway's part played by the test.
//!
//! ```
//! use plugboard::{testing::Host, Events, Request, Result};
//!
//! fn read(r: &Request, out: &Events) -> Result {
//!     out.add("call.ended").subject("call", &r.json()?.get("id").str());
//!     Ok(())
//! }
//!
//! let done = Host::new().input(r#"{"id": 7}"#).receive(read);
//! assert_eq!(done.output, r#"{"events":[{"type":"call.ended","subject":"call/7","partitionkey":"call/7"}]}"#);
//! ```
//!
//! What a function does in such a test it does in the gateway. `plugboard plugin test` runs the module itself, against the
//! files in testdata.

use crate::{run, Answer, Events, Incoming, Outgoing, Request, Result, Verdict};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The gateway's part: what it knows, and what a call did. One serves any number of calls, and keeps the state that they set.
#[derive(Clone, Debug, Default)]
pub struct Host {
    input: Vec<u8>,
    facts: BTreeMap<String, String>,
    tables: BTreeMap<(String, String), String>,
    secrets: BTreeMap<String, Vec<u8>>,
    state: BTreeMap<String, Vec<u8>>,
    done: Done,
}

/// What a call did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// What it wrote; `""` when it wrote nothing.
    pub output: String,
    /// How it was stopped, if it was: reject, drop, retry or fail, and the reason.
    pub stopped: Option<(&'static str, String)>,
    /// What it logged: the level, 0 to 3, and the line.
    pub log: Vec<(i32, String)>,
}

thread_local! {
    static CURRENT: RefCell<Host> = RefCell::new(Host::default());
}

impl Host {
    pub fn new() -> Host {
        Host::default()
    }

    /// Sets the call's input.
    pub fn input(mut self, input: impl AsRef<[u8]>) -> Host {
        self.input = input.as_ref().to_vec();
        self
    }

    /// Sets a fact: config, received_at, header.NAME.
    pub fn fact(mut self, name: &str, value: &str) -> Host {
        self.facts.insert(name.into(), value.into());
        self
    }

    /// Gives a table a row.
    pub fn row(mut self, table: &str, key: &str, value: &str) -> Host {
        self.tables.insert((table.into(), key.into()), value.into());
        self
    }

    /// Grants a secret; whatever is signed with it has that MAC.
    pub fn mac(mut self, secret: &str, mac: &[u8]) -> Host {
        self.secrets.insert(secret.into(), mac.to_vec());
        self
    }

    pub fn receive(&mut self, f: impl FnOnce(&Request, &Events) -> Result) -> Done {
        self.call(|| run::run_receive(f))
    }

    pub fn transform(&mut self, f: impl FnOnce(&Incoming, &Events) -> Result) -> Done {
        self.call(|| run::run_transform(f))
    }

    pub fn format(&mut self, f: impl FnOnce(&Incoming, &Outgoing) -> Result) -> Done {
        self.call(|| run::run_format(f))
    }

    pub fn judge(&mut self, f: impl FnOnce(&Answer, &Verdict) -> Result) -> Done {
        self.call(|| run::run_judge(f))
    }

    pub fn encode(&mut self, f: impl FnOnce(&Incoming, &Outgoing) -> Result) -> Done {
        self.call(|| run::run_encode(f))
    }

    pub fn init(&mut self, f: impl FnOnce() -> Result) -> Done {
        self.call(|| run::run_init(f))
    }

    fn call(&mut self, f: impl FnOnce() -> i32) -> Done {
        self.done = Done::default();
        CURRENT.with(|c| c.replace(std::mem::take(self)));
        let code = f();
        *self = CURRENT.with(|c| c.take());
        assert_eq!(code != 0, self.done.stopped.is_some(), "an export answers 0 unless the call was stopped");
        self.done.clone()
    }
}

/// The imports, answered by the host of the test.
pub(crate) mod imports {
    use super::{Host, CURRENT};

    fn current<T>(f: impl FnOnce(&mut Host) -> T) -> T {
        CURRENT.with(|c| f(&mut c.borrow_mut()))
    }

    /// fill answers as the interface does: the whole size, and a copy only if all of it fits.
    fn fill(value: Option<&[u8]>, dst: &mut [u8]) -> i32 {
        match value {
            None => -1,
            Some(v) => {
                if let Some(dst) = dst.get_mut(..v.len()) {
                    dst.copy_from_slice(v);
                }
                v.len() as i32
            }
        }
    }

    pub fn input_size() -> i32 {
        current(|h| h.input.len() as i32)
    }

    pub fn input_read(dst: &mut [u8], offset: usize) -> i32 {
        current(|h| {
            let from = &h.input[offset.min(h.input.len())..];
            let n = from.len().min(dst.len());
            dst[..n].copy_from_slice(&from[..n]);
            n as i32
        })
    }

    pub fn input_tape(_format: i32, _dst: &mut [u8]) -> i32 {
        -1
    }

    pub fn output_write(src: &[u8]) {
        current(|h| h.done.output += std::str::from_utf8(src).expect("output is text"));
    }

    pub fn fact(name: &str, dst: &mut [u8]) -> i32 {
        current(|h| fill(h.facts.get(name).map(|s| s.as_bytes()), dst))
    }

    pub fn lookup(table: &str, key: &str, dst: &mut [u8]) -> i32 {
        current(|h| fill(h.tables.get(&(table.into(), key.into())).map(|s| s.as_bytes()), dst))
    }

    pub fn state_get(key: &str, dst: &mut [u8]) -> i32 {
        current(|h| fill(h.state.get(key).map(|v| v.as_slice()), dst))
    }

    pub fn state_set(key: &str, value: &[u8], _ttl_seconds: i64) {
        current(|h| match value {
            [] => drop(h.state.remove(key)),
            _ => drop(h.state.insert(key.into(), value.to_vec())),
        });
    }

    pub fn sign(secret: &str, _algorithm: i32, _data: &[u8], dst: &mut [u8]) -> i32 {
        current(|h| fill(h.secrets.get(secret).map(|v| v.as_slice()), dst))
    }

    pub fn log(level: i32, message: &str) {
        current(|h| h.done.log.push((level, message.into())));
    }

    pub fn stop(kind: i32, reason: &str) {
        let kinds = ["", "reject", "drop", "retry", "fail"];
        current(|h| h.done.stopped.get_or_insert((kinds[kind as usize], reason.into())).1.len());
    }
}
