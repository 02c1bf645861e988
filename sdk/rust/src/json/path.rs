//! Following paths.

use super::doc::{Doc, Node, CARRIED, LOOKED, NAME_ESCAPED, UNIQUE};
use super::text::unescape;
use super::value::{parse_int, Kind};
use super::word::{same, sign, spread, stop};
use std::borrow::Cow;

/// A name as one step of a path, whatever it holds.
pub fn key(name: &str) -> Cow<'_, str> {
    if !name.contains(['.', '\\']) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c == '.' || c == '\\' {
            out.push('\\');
        }
        out.push(c);
    }
    Cow::Owned(out)
}

/// step cuts the first name off a path: the name, what follows the dot behind it, if there is one.
#[inline]
pub(crate) fn step(path: &[u8]) -> (Cow<'_, [u8]>, Option<&[u8]>) {
    let i = stop(path);
    match path.get(i) {
        None => (Cow::Borrowed(path), None),
        Some(b'.') => (Cow::Borrowed(&path[..i]), Some(&path[i + 1..])),
        Some(_) => escaped_step(path),
    }
}

fn escaped_step(path: &[u8]) -> (Cow<'_, [u8]>, Option<&[u8]>) {
    let (mut name, mut i) = (Vec::with_capacity(path.len()), 0);
    while i < path.len() {
        match path[i] {
            b'.' => return (Cow::Owned(name), Some(&path[i + 1..])),
            b'\\' if i + 1 < path.len() => i += 1,
            _ => {}
        }
        name.push(path[i]);
        i += 1;
    }
    (Cow::Owned(name), None)
}

/// Follow finds what paths lead to, and may mark it on the way: of members with the same name the last one counts, and
/// the ones that it hides are carried with it.
pub(super) struct Follow<'f> {
    pub doc: &'f Doc<'f>,
    pub take: bool,
}

impl Follow<'_> {
    #[inline]
    pub fn path(&self, mut at: u32, path: &[u8]) -> Option<u32> {
        if path.is_empty() {
            return Some(at);
        }
        let mut left = Some(path);
        while let Some(path) = left {
            let (name, rest) = step(path);
            at = match self.doc.kind(at) {
                Kind::Object => self.child(at, &name, self.take && rest.is_none())?,
                Kind::Array => self.element(at, parse_int(&name)?)?,
                _ => return None,
            };
            left = rest;
        }
        Some(at)
    }

    /// child finds a member. Fields are mostly asked for in their order, so the search goes on where the last one ended.
    #[inline]
    fn child(&self, at: u32, name: &[u8], take: bool) -> Option<u32> {
        let tape = &self.doc.tape[..];
        let object = &tape[at as usize];
        if object.flags.get() & LOOKED == 0 {
            self.look(at);
        }
        let (want, end) = (sign(name), object.next);
        if object.flags.get() & UNIQUE == 0 {
            return self.last_child(at, name, take);
        }
        let first = at + 1;
        if first == end {
            return None;
        }
        let start = at + object.cursor.get().max(1) as u32;
        let mut c = start;
        loop {
            let n = &tape[c as usize];
            if n.sign == want && self.named(n, name) {
                if let Ok(cursor) = u16::try_from(c - at) {
                    object.cursor.set(cursor);
                }
                return Some(c);
            }
            c = if n.next == end { first } else { n.next };
            if c == start {
                return None;
            }
        }
    }

    /// look finds out whether an object's members have different names, as nearly all have. Names may be taken for the same
    /// that are not.
    fn look(&self, at: u32) {
        let tape = &self.doc.tape[..];
        let object = &tape[at as usize];
        object.flags.set(object.flags.get() | LOOKED);
        let (mut seen, mut c) = ([0u64; 32], at + 1);
        while c < object.next {
            let n = &tape[c as usize];
            let place = spread(n.sign) >> 53;
            let (word, bit) = (&mut seen[place as usize >> 6 & 31], 1 << (place & 63));
            if *word & bit != 0 {
                return;
            }
            *word |= bit;
            c = n.next;
        }
        object.flags.set(object.flags.get() | UNIQUE);
    }

    fn last_child(&self, at: u32, name: &[u8], take: bool) -> Option<u32> {
        let tape = &self.doc.tape[..];
        let (want, end) = (sign(name), tape[at as usize].next);
        let (mut c, mut found) = (at + 1, None);
        while c < end {
            let n = &tape[c as usize];
            if n.sign == want && self.named(n, name) {
                found = Some(c);
                if take {
                    n.flags.set(n.flags.get() | CARRIED);
                }
            }
            c = n.next;
        }
        found
    }

    #[inline]
    fn named(&self, n: &Node, name: &[u8]) -> bool {
        let text = self.doc.slice(n.name_at as u32, n.name_end);
        if n.flags.get() & NAME_ESCAPED != 0 {
            return same(&unescape(Vec::new(), text), name);
        }
        same(text, name)
    }

    fn element(&self, at: u32, i: i64) -> Option<u32> {
        let (mut c, end) = (at + 1, self.doc.node(at).next);
        let mut i = i;
        while c < end && i >= 0 {
            if i == 0 {
                return Some(c);
            }
            i -= 1;
            c = self.doc.node(c).next;
        }
        None
    }
}
