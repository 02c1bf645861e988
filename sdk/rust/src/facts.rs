//! What the gateway knows and does.

use crate::host;
use std::cell::RefCell;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; 256]);
}

/// ask gets bytes of unknown size: most fit at the first try.
fn ask(get: impl Fn(&mut [u8]) -> i32) -> Option<Vec<u8>> {
    SCRATCH.with(|s| {
        let mut room = s.borrow_mut();
        loop {
            let n = get(&mut room);
            if n < 0 {
                return None;
            }
            if n as usize <= room.len() {
                return Some(room[..n as usize].to_vec());
            }
            room.resize(n as usize, 0);
        }
    })
}

/// text is bytes as text; what is no UTF-8 becomes U+FFFD.
fn text(b: Vec<u8>) -> String {
    String::from_utf8(b).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// Something the gateway knows about the call: config, function, source, destination, route, attempt, memo, received_at,
/// method, path, query, remote_addr, header.NAME. None when there is no such fact.
pub fn fact(name: &str) -> Option<String> {
    ask(|dst| host::fact(name, dst)).map(text)
}

/// What a table of the configuration (`[tables.NAME]`) has for key.
pub fn lookup(table: &str, key: &str) -> Option<String> {
    ask(|dst| host::lookup(table, key, dst)).map(text)
}

/// What [`set_state`] kept for key, for this source or destination.
pub fn state(key: &str) -> Option<String> {
    ask(|dst| host::state_get(key, dst)).map(text)
}

/// Keeps value for key until ttl_seconds have passed. It is written together with the call's result, or not at all.
pub fn set_state(key: &str, value: &str, ttl_seconds: i64) {
    host::state_set(key, value.as_bytes(), ttl_seconds);
}

/// A way to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    HmacSha256,
    HmacSha1,
    HmacSha512,
}

/// The MAC, in bytes, of data under a secret that the configuration grants by name; the plugin never sees the key. None
/// when it was not granted.
pub fn sign(secret: &str, algorithm: Algorithm, data: &[u8]) -> Option<Vec<u8>> {
    ask(|dst| host::sign(secret, algorithm as i32, data, dst))
}

/// Writes a line to the gateway's log, for who looks for a fault.
pub fn debug(message: &str) {
    host::log(0, message);
}

/// Writes a line to the gateway's log.
pub fn info(message: &str) {
    host::log(1, message);
}

/// Writes a line to the gateway's log: something is odd, and was coped with.
pub fn warn(message: &str) {
    host::log(2, message);
}

/// Writes a line to the gateway's log: something went wrong. It does not end the call.
pub fn error(message: &str) {
    host::log(3, message);
}
