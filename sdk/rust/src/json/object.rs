//! An object inside a builder.

use super::builder::{Builder, PartKind};
use super::doc::Doc;
use super::text::{append_int, append_string};
use super::value::Value;
use super::word::append;
use crate::time::Time;

/// An object inside a [`Builder`]. It is a place, not a copy: two of the same path write to the same object.
#[derive(Clone, Copy, Debug)]
pub struct Obj<'b> {
    pub(super) b: &'b Builder,
    pub(super) at: u32,
}

impl<'b> Obj<'b> {
    /// set makes a leaf and has its value appended.
    #[inline]
    pub(super) fn set(self, path: &str, value: impl FnOnce(&mut Vec<u8>)) {
        let mut parts = self.b.0.borrow_mut();
        let at = parts.place(self.at, path, PartKind::Leaf);
        let start = parts.buf.len();
        value(&mut parts.buf);
        parts.seal(at, start);
    }

    /// Sets a string; `""` is absent and sets nothing.
    #[inline]
    pub fn str(self, path: &str, s: &str) {
        if !s.is_empty() {
            self.set(path, |buf| append_string(buf, s));
        }
    }

    /// Sets a string by the exact name of the member, dots and all.
    pub fn named(self, name: &str, s: &str) {
        if !s.is_empty() {
            self.field(name, s);
        }
    }

    /// field is named for a text that may be empty.
    pub(crate) fn field(self, name: &str, s: &str) {
        let mut parts = self.b.0.borrow_mut();
        let at = parts.child(self.at, name.as_bytes(), PartKind::Leaf);
        let start = parts.buf.len();
        append_string(&mut parts.buf, s);
        parts.seal(at, start);
    }

    /// Sets a whole number.
    pub fn int(self, path: &str, n: i64) {
        self.set(path, |buf| append_int(buf, n));
    }

    /// Sets true or false.
    pub fn bool(self, path: &str, b: bool) {
        self.set(path, |buf| append(buf, if b { b"true" } else { b"false" }));
    }

    /// Sets an RFC 3339 time in canonical form: UTC, ending in Z, no trailing zeros in the fraction. False, and nothing
    /// set, when it is none.
    pub fn time(self, path: &str, s: &str) -> bool {
        match Time::parse(s) {
            Some(_) if canonical(s.as_bytes()) => self.str(path, s),
            Some(t) => self.instant(path, t),
            None => return false,
        }
        true
    }

    /// Sets a time.
    pub fn instant(self, path: &str, t: Time) {
        self.set(path, |buf| {
            buf.push(b'"');
            t.append(buf);
            buf.push(b'"');
        });
    }

    /// Sets a value that is JSON already. False, and nothing set, when it is not: the result is always valid.
    pub fn raw(self, path: &str, json: &[u8]) -> bool {
        let ok = Doc::parse(json).is_ok();
        if ok {
            self.set(path, |buf| append(buf, json));
        }
        ok
    }

    /// Sets what nobody took of a document, as the extensions of a canonical event want it: without the values that were
    /// marked as carried, and without members that are null, `""`, `[]` or `{}`, or become so. Nothing when nothing is left.
    pub fn rest(self, path: &str, v: Value) {
        let mut parts = self.b.0.borrow_mut();
        let start = parts.buf.len();
        v.append_rest(&mut parts.buf);
        if parts.buf.len() > start {
            let end = parts.buf.len();
            let at = parts.place(self.at, path, PartKind::Leaf);
            parts.seal(at, start);
            parts.end_at(at, end);
        }
    }

    /// Takes away what was set at path.
    pub fn remove(self, path: &str) {
        let mut parts = self.b.0.borrow_mut();
        if let Some(at) = parts.find(self.at, path).filter(|&at| at != self.at) {
            parts.remove(at);
        }
    }

    /// Whether something was set at path.
    pub fn has(self, path: &str) -> bool {
        let parts = self.b.0.borrow();
        parts.find(self.at, path).map_or(false, |at| !parts.blank(at))
    }

    /// The object at path; what is set in it is set here. It is not written as long as nothing is in it.
    #[inline]
    pub fn object(self, path: &str) -> Obj<'b> {
        Obj { b: self.b, at: self.b.0.borrow_mut().place(self.at, path, PartKind::Object) }
    }

    /// The object of that exact name, dots and all.
    pub(super) fn object_named(self, name: &str) -> Obj<'b> {
        Obj { b: self.b, at: self.b.0.borrow_mut().child(self.at, name.as_bytes(), PartKind::Object) }
    }

    /// Adds strings to the list at path. `""` is added too: in a list the place counts.
    pub fn append<S: AsRef<str>>(self, path: &str, list: &[S]) {
        if list.is_empty() {
            return;
        }
        let mut parts = self.b.0.borrow_mut();
        let at = parts.place(self.at, path, PartKind::Array);
        for s in list {
            let e = parts.add(at, PartKind::Leaf);
            let start = parts.buf.len();
            append_string(&mut parts.buf, s.as_ref());
            parts.seal(e, start);
        }
    }

    /// Adds an object to the list at path.
    pub fn append_object(self, path: &str) -> Obj<'b> {
        let mut parts = self.b.0.borrow_mut();
        let at = parts.place(self.at, path, PartKind::Array);
        Obj { b: self.b, at: parts.add(at, PartKind::Object) }
    }
}

/// canonical says whether a time that was read is written as it should be: then it can be copied.
fn canonical(s: &[u8]) -> bool {
    let n = s.len();
    s[10] == b'T' && s[n - 1] == b'Z' && (n == 20 || n <= 30 && s[n - 2] != b'0')
}
