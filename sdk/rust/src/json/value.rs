//! A place in a document.

use super::doc::{Doc, CARRIED, ESCAPED, NAME_ESCAPED};
use super::text::unescaped;
use super::word::same;
use std::borrow::Cow;

/// The kind of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
#[repr(u8)]
pub enum Kind {
    Absent,
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    #[inline(always)]
    pub(crate) fn of(b: u8) -> Kind {
        // Each number up to that of the last kind is a kind.
        unsafe { std::mem::transmute(b.min(Kind::Object as u8)) }
    }
}

/// A place in a [`Doc`], or the absence of one: what [`Value::get`] gives for a path that leads nowhere. All methods work
/// on absent values.
#[derive(Clone, Copy, Debug)]
pub struct Value<'d> {
    pub(crate) doc: Option<&'d Doc<'d>>,
    pub(crate) at: u32,
}

impl<'d> Value<'d> {
    /// The value that is not there.
    pub const ABSENT: Value<'static> = Value { doc: None, at: 0 };

    #[inline(always)]
    pub(crate) fn place(self, at: Option<u32>) -> Value<'d> {
        match at {
            Some(at) => Value { doc: self.doc, at },
            None => Value { doc: None, at: 0 },
        }
    }

    #[inline]
    pub fn kind(self) -> Kind {
        self.doc.map_or(Kind::Absent, |d| d.kind(self.at))
    }

    /// Whether the value is in the document; null is.
    #[inline]
    pub fn exists(self) -> bool {
        self.doc.is_some()
    }

    /// Whether the value counts as absent in a canonical event: not there, null, `""`, `[]` or `{}`.
    pub fn is_empty(self) -> bool {
        let doc = match self.doc {
            None => return true,
            Some(doc) => doc,
        };
        let n = doc.node(self.at);
        match self.kind() {
            Kind::Absent | Kind::Null => true,
            Kind::String => n.start == n.end,
            Kind::Array | Kind::Object => n.next == self.at + 1,
            _ => false,
        }
    }

    /// A scalar as text: a string's content, a number as it is written, true or false; `""` for everything else. It is
    /// borrowed from the source unless the string holds escapes.
    #[inline]
    pub fn str(self) -> Cow<'d, str> {
        match self.doc {
            Some(doc) => {
                let n = doc.node(self.at);
                let text = &doc.src[n.start as usize..n.end as usize];
                match self.kind() {
                    Kind::String if n.flags.get() & ESCAPED != 0 => Cow::Owned(unescaped(text)),
                    Kind::String | Kind::Number | Kind::Bool => Cow::Borrowed(utf8(text)),
                    _ => Cow::Borrowed(""),
                }
            }
            None => Cow::Borrowed(""),
        }
    }

    /// A whole number, also one written as a string, as vendors do; None for everything else, and for what does not fit.
    pub fn int(self) -> Option<i64> {
        match self.kind() {
            Kind::Number | Kind::String => parse_int(self.str().as_bytes()),
            _ => None,
        }
    }

    /// true and false, also written as `"true"`, `"false"`, 1, 0, `"1"` and `"0"`.
    pub fn bool(self) -> Option<bool> {
        match self.str().as_bytes() {
            b"true" | b"1" => Some(true),
            b"false" | b"0" => Some(false),
            _ => None,
        }
    }

    /// A number, also one written as a string.
    pub fn float(self) -> Option<f64> {
        if !matches!(self.kind(), Kind::Number | Kind::String) {
            return None;
        }
        let text = self.str();
        let doc = Doc::parse(text.as_bytes()).ok()?; // Rust's own reader takes more than JSON has: inf
        if doc.root().kind() != Kind::Number {
            return None;
        }
        doc.root().str().parse().ok().filter(|f: &f64| f.is_finite())
    }

    /// The value as it stands in the source, a string with its quotes; `""` when absent.
    pub fn raw(self) -> &'d str {
        let doc = match self.doc {
            None => return "",
            Some(doc) => doc,
        };
        let n = doc.node(self.at);
        let quote = (self.kind() == Kind::String) as usize;
        utf8(&doc.src[n.start as usize - quote..n.end as usize + quote])
    }

    /// The number of elements of an array or members of an object; 0 for everything else. It walks them.
    pub fn len(self) -> usize {
        self.members().count()
    }

    /// The members of an object with their names, or the elements of an array with `""`.
    pub fn members(self) -> Members<'d> {
        let (at, end) = match self.doc {
            Some(doc) if self.kind() >= Kind::Array => (self.at + 1, doc.node(self.at).next),
            _ => (0, 0),
        };
        Members { of: self, at, end }
    }

    /// Follows a path.
    #[inline]
    pub fn get(self, path: &str) -> Value<'d> {
        self.place(self.doc.and_then(|d| d.follow(self.at, path, false)))
    }

    /// Follows a path like [`Value::get`] and marks what it leads to, with all that is in it, as carried by a field of the
    /// result: [`Obj::rest`](super::Obj::rest) leaves it out.
    #[inline]
    pub fn take(self, path: &str) -> Value<'d> {
        self.place(self.doc.and_then(|d| d.follow(self.at, path, true))).carry()
    }

    /// Marks a value as [`Value::take`] does, for one that was looked at first, and gives it back.
    #[inline]
    pub fn carry(self) -> Value<'d> {
        if let Some(doc) = self.doc {
            let flags = &doc.node(self.at).flags;
            flags.set(flags.get() | CARRIED);
        }
        self
    }

    /// The member of an object by its exact name, dots and all.
    pub fn member(self, name: &str) -> Value<'d> {
        let last = self.members().filter(|(n, _)| same(n.as_bytes(), name.as_bytes())).last();
        match last {
            Some((_, v)) if self.kind() == Kind::Object => v,
            _ => Value { doc: None, at: 0 },
        }
    }

    /// The element of an array by its place, from 0.
    pub fn index(self, i: usize) -> Value<'d> {
        match self.members().nth(i) {
            Some((_, v)) if self.kind() == Kind::Array => v,
            _ => Value { doc: None, at: 0 },
        }
    }
}

/// Goes over members or elements.
pub struct Members<'d> {
    of: Value<'d>,
    at: u32,
    end: u32,
}

impl<'d> Iterator for Members<'d> {
    type Item = (Cow<'d, str>, Value<'d>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let doc = self.of.doc?;
        let (at, n) = (self.at, doc.node(self.at));
        self.at = n.next;
        let name = match n.name_at {
            -1 => Cow::Borrowed(""),
            from => {
                let text = &doc.src[from as usize..n.name_end as usize];
                match n.flags.get() & NAME_ESCAPED {
                    0 => Cow::Borrowed(utf8(text)),
                    _ => Cow::Owned(unescaped(text)),
                }
            }
        };
        Some((name, Value { doc: Some(doc), at }))
    }
}

/// utf8 is a piece of a document that was read, and so is known to be UTF-8.
pub(crate) fn utf8(b: &[u8]) -> &str {
    unsafe { std::str::from_utf8_unchecked(b) }
}

/// parse_int reads an optional minus and digits.
pub(crate) fn parse_int(s: &[u8]) -> Option<i64> {
    let (negative, s) = match s.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, s),
    };
    if s.is_empty() || s.len() > 19 {
        return None;
    }
    let mut n = 0u64; // 19 digits fit
    for &c in s {
        let digit = c.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        n = n * 10 + digit as u64;
    }
    if n > i64::MAX as u64 + negative as u64 {
        return None;
    }
    Some(if negative { (n as i64).wrapping_neg() } else { n as i64 })
}
