//! Fields set from values. Where that succeeds the value is marked as carried (see [`Value::take`]). So a leaf is either in
//! its field or in what remains, never lost and never in both: a duration of `"n/a"` is not a whole number, sets nothing,
//! and stays. All are false when the value is absent or does not read as what is wanted.

use super::builder::PartKind;
use super::object::Obj;
use super::value::{Kind, Value};
use super::word::append;

impl Obj<'_> {
    /// Sets a string from a scalar.
    #[inline]
    pub fn str_from(self, path: &str, v: Value) -> bool {
        let s = v.str();
        self.str(path, &s);
        carried(v, !s.is_empty())
    }

    /// Sets a whole number, also from a string.
    pub fn int_from(self, path: &str, v: Value) -> bool {
        carried(v, v.int().map(|n| self.int(path, n)).is_some())
    }

    /// Sets a boolean, also from `"true"`, `"false"`, 1, 0, `"1"` and `"0"`.
    pub fn bool_from(self, path: &str, v: Value) -> bool {
        carried(v, v.bool().map(|b| self.bool(path, b)).is_some())
    }

    /// Sets a time in canonical form from an RFC 3339 one.
    pub fn time_from(self, path: &str, v: Value) -> bool {
        carried(v, self.time(path, &v.str()))
    }

    /// Sets a list of strings from an array of scalars. Elements that are null, `""` or no scalars are left out of it,
    /// and if one of them is an array or object the array is not marked as carried.
    pub fn strs_from(self, path: &str, v: Value) -> bool {
        if v.kind() != Kind::Array {
            return false;
        }
        let (mut any, mut whole) = (false, true);
        for (_, e) in v.members() {
            let s = e.str();
            if !s.is_empty() {
                self.append(path, &[s]);
                any = carried(e, true);
            } else if !e.is_empty() {
                whole = false;
            }
        }
        carried(v, any && whole);
        any
    }

    /// Sets whatever v is, type and spelling kept.
    pub fn copy_from(self, path: &str, v: Value) -> bool {
        let there = !v.is_empty();
        if there {
            self.set(path, |buf| append(buf, v.raw().as_bytes()));
        }
        carried(v, there)
    }

    /// Sets every member of the object v, objects member by member and lists element by element, so that single fields
    /// can be changed, added to or removed afterwards. What is empty is left out, and nothing is marked as carried.
    pub fn merge(self, v: Value) {
        if v.kind() != Kind::Object {
            return;
        }
        for (name, m) in v.members() {
            if m.kind() == Kind::Object {
                self.object_named(&name).merge(m);
                continue;
            }
            if m.is_empty() {
                continue;
            }
            let mut parts = self.b.0.borrow_mut();
            let list = m.kind() == Kind::Array;
            let at = parts.child(self.at, name.as_bytes(), if list { PartKind::Array } else { PartKind::Leaf });
            let copy = |e: Value, at: u32, parts: &mut super::builder::Parts| {
                let start = parts.buf.len();
                append(&mut parts.buf, e.raw().as_bytes());
                parts.seal(at, start);
            };
            if !list {
                copy(m, at, &mut parts);
            }
            for (_, e) in m.members() {
                let element = parts.add(at, PartKind::Leaf);
                copy(e, element, &mut parts);
            }
        }
    }
}

#[inline]
fn carried(v: Value, ok: bool) -> bool {
    if ok {
        v.carry();
    }
    ok
}
