//! Objects in the making.

use super::object::Obj;
use super::path::step;
use super::text::append_escaped;
use super::word::{append, is_plain, same, sign, spread};
use std::cell::RefCell;

/// Makes a JSON object from values set by path. Members stand in the order in which their names first came up; a path
/// that is set again keeps its place and changes its value. What is absent leaves no trace.
#[derive(Debug, Default)]
pub struct Builder(pub(super) RefCell<Parts>);

/// Parts are the values of a builder. A name is kept in buf as it will be written, with quotes and colon, and a leaf's value
/// right behind it as a rule, so that writing the whole is mostly copying.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub buf: Vec<u8>,
    list: Vec<Part>, // the root is the first
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    Leaf,
    Array,
    Object,
}

#[derive(Debug)]
struct Part {
    sign: u64, // of the name as it is written
    seen: u64, // a bit for each member's sign: most new names are known to be new
    name: u32, // where it starts in buf
    name_end: u32,
    value: u32, // of a leaf; the same as value_end as long as it has none
    value_end: u32,
    first: u32, // children; 0: none, as the root is nobody's child
    last: u32,
    next: u32, // sibling; 0: the last one
    kind: PartKind,
}

impl Part {
    fn new(kind: PartKind) -> Part {
        Part { sign: 0, seen: 0, name: 0, name_end: 0, value: 0, value_end: 0, first: 0, last: 0, next: 0, kind }
    }

    fn become_(&mut self, kind: PartKind) {
        (self.kind, self.value, self.value_end, self.first, self.last, self.seen) = (kind, 0, 0, 0, 0, 0);
    }
}

fn seen_bit(mark: u64) -> u64 {
    1 << (spread(mark) >> 58)
}

impl Builder {
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Empties it, and keeps its memory.
    pub fn reset(&self) {
        let mut parts = self.0.borrow_mut();
        parts.buf.clear();
        parts.list.clear();
    }

    /// The outermost object.
    pub fn root(&self) -> Obj<'_> {
        let mut parts = self.0.borrow_mut();
        if parts.list.is_empty() {
            parts.list.push(Part::new(PartKind::Object));
        }
        Obj { b: self, at: 0 }
    }

    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        let parts = self.0.borrow();
        parts.list.is_empty() || parts.blank(0)
    }

    /// Appends the object to dst; `{}` when nothing was set.
    pub fn append_json(&self, dst: &mut Vec<u8>) {
        let begin = dst.len();
        let parts = self.0.borrow();
        dst.reserve(parts.buf.len() + 4 * parts.list.len() + 2);
        if !parts.list.is_empty() {
            parts.write(dst, 0);
        }
        if dst.len() == begin {
            dst.extend_from_slice(b"{}");
        }
    }
}

impl Parts {
    /// write puts a container, and nothing for an empty one: the caller takes its name back then.
    fn write(&self, dst: &mut Vec<u8>, at: u32) {
        let begin = dst.len();
        let object = self.list[at as usize].kind == PartKind::Object;
        dst.push(if object { b'{' } else { b'[' });
        let mut c = self.list[at as usize].first;
        while c != 0 {
            let m = &self.list[c as usize];
            let before = dst.len();
            if before > begin + 1 {
                dst.push(b',');
            }
            if m.kind == PartKind::Leaf && m.name_end == m.value {
                append(dst, &self.buf[m.name as usize..m.value_end as usize]);
            } else {
                append(dst, &self.buf[m.name as usize..m.name_end as usize]);
                let value = dst.len();
                match m.kind {
                    PartKind::Leaf => append(dst, &self.buf[m.value as usize..m.value_end as usize]),
                    _ => self.write(dst, c),
                }
                if dst.len() == value {
                    dst.truncate(before);
                }
            }
            c = m.next;
        }
        if dst.len() == begin + 1 {
            return dst.truncate(begin);
        }
        dst.push(if object { b'}' } else { b']' });
    }

    pub fn blank(&self, at: u32) -> bool {
        let part = &self.list[at as usize];
        if part.kind == PartKind::Leaf {
            return part.value == part.value_end;
        }
        let mut c = part.first;
        while c != 0 {
            if !self.blank(c) {
                return false;
            }
            c = self.list[c as usize].next;
        }
        true
    }

    /// seal makes what was appended to buf from start on the value of a part.
    pub fn seal(&mut self, at: u32, start: usize) {
        let end = self.buf.len() as u32;
        let part = &mut self.list[at as usize];
        (part.value, part.value_end) = (start as u32, end);
    }

    /// end_at ends a part's value at that place of buf.
    pub fn end_at(&mut self, at: u32, end: usize) {
        self.list[at as usize].value_end = end as u32;
    }

    /// place finds or makes the part that a path leads to from a container, as that kind.
    #[inline]
    pub fn place(&mut self, mut at: u32, path: &str, kind: PartKind) -> u32 {
        let mut path = path.as_bytes();
        loop {
            let (name, rest) = step(path);
            match rest {
                None => return self.child(at, &name, kind),
                Some(rest) => (at, path) = (self.child(at, &name, PartKind::Object), rest),
            }
        }
    }

    /// child finds or makes the part of that name, whatever it holds, in a container.
    #[inline]
    pub fn child(&mut self, at: u32, name: &[u8], kind: PartKind) -> u32 {
        if is_plain(name) {
            return self.child_as(at, name, kind);
        }
        let mut escaped = Vec::new();
        append_escaped(&mut escaped, std::str::from_utf8(name).unwrap_or(""));
        self.child_as(at, &escaped, kind)
    }

    #[inline]
    fn child_as(&mut self, at: u32, name: &[u8], kind: PartKind) -> u32 {
        if self.list[at as usize].kind != PartKind::Object {
            self.list[at as usize].become_(PartKind::Object);
        }
        let mark = sign(name);
        match self.look(at, name, mark) {
            Some(c) => {
                let part = &mut self.list[c as usize];
                if part.kind != kind {
                    part.become_(kind);
                }
                c
            }
            None => {
                let c = self.add(at, kind);
                self.list[at as usize].seen |= seen_bit(mark);
                let from = self.buf.len();
                self.buf.reserve(name.len() + 3);
                self.buf.push(b'"');
                append(&mut self.buf, name);
                self.buf.extend_from_slice(b"\":");
                let to = self.buf.len() as u32;
                let part = &mut self.list[c as usize];
                (part.sign, part.name, part.name_end) = (mark, from as u32, to);
                // An empty leaf's value has no place of its own: it must not look as if it stood behind the name.
                (part.value, part.value_end) = (0, 0);
                c
            }
        }
    }

    #[inline]
    fn look(&self, at: u32, name: &[u8], mark: u64) -> Option<u32> {
        if self.list[at as usize].seen & seen_bit(mark) == 0 {
            return None;
        }
        let mut c = self.list[at as usize].first;
        while c != 0 {
            let m = &self.list[c as usize];
            let n = (m.name_end - m.name) as usize;
            if m.sign == mark && n == name.len() + 3 {
                let has = &self.buf[m.name as usize + 1..m.name_end as usize - 2];
                if name.len() < 8 || same(has, name) {
                    return Some(c);
                }
            }
            c = m.next;
        }
        None
    }

    /// add makes a further part in a container, without a name.
    #[inline]
    pub fn add(&mut self, at: u32, kind: PartKind) -> u32 {
        let c = self.list.len() as u32;
        self.list.push(Part::new(kind));
        let up = &mut self.list[at as usize];
        let last = std::mem::replace(&mut up.last, c);
        if up.first == 0 {
            up.first = c;
        } else {
            self.list[last as usize].next = c;
        }
        c
    }

    /// find follows a path without making anything.
    pub fn find(&self, mut at: u32, path: &str) -> Option<u32> {
        let mut left = Some(path.as_bytes()).filter(|p| !p.is_empty());
        while let Some(path) = left {
            let (name, rest) = step(path);
            let mut written = Vec::new();
            append_escaped(&mut written, std::str::from_utf8(&name).ok()?);
            at = self.look(at, &written, sign(&written))?;
            left = rest;
        }
        Some(at)
    }

    pub fn remove(&mut self, at: u32) {
        self.list[at as usize].become_(PartKind::Leaf);
    }
}
