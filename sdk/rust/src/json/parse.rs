//! The reader. It does not recurse: containers that are open form a list through their next fields, which get their real
//! content when the container closes.

use super::doc::{Doc, Node, SyntaxError, ESCAPED, NAME_ESCAPED};
use super::text::{escape_len, unescape};
use super::value::Kind;
use super::word::{load8, sign, special, PLAIN};
use std::cell::Cell;

const MAX_DEPTH: usize = 512;
const NONE: u32 = u32::MAX;

fn fault<T>(reason: &'static str, offset: usize) -> Result<T, SyntaxError> {
    Err(SyntaxError { reason, offset })
}

fn early<T>(src: &[u8]) -> Result<T, SyntaxError> {
    fault("text ends too early", src.len())
}

#[inline(always)]
fn skip_space(src: &[u8], mut i: usize) -> usize {
    while i < src.len() && matches!(src[i], b' ' | b'\n' | b'\r' | b'\t') {
        i += 1;
    }
    i
}

/// string gives the closing quote of the string whose content starts at i, and ESCAPED if it holds escapes.
#[inline(always)]
fn string(src: &[u8], from: usize) -> Result<(usize, u8), SyntaxError> {
    let mut i = from;
    while i + 8 <= src.len() {
        let m = special(load8(src, i));
        if m != 0 {
            i += (m.trailing_zeros() >> 3) as usize;
            if src[i] == b'"' {
                return Ok((i, 0));
            }
            break;
        }
        i += 8;
    }
    mixed_string(src, from, i)
}

fn mixed_string(src: &[u8], from: usize, mut i: usize) -> Result<(usize, u8), SyntaxError> {
    let (mut wide, mut flags) = (false, 0);
    while i < src.len() {
        let c = src[i];
        if PLAIN[c as usize] {
            i += 1;
        } else if c == b'"' {
            if wide && std::str::from_utf8(&src[from..i]).is_err() {
                return fault("string is not valid UTF-8", from);
            }
            return Ok((i, flags));
        } else if c == b'\\' {
            match escape_len(&src[i + 1..]) {
                0 if i + 1 == src.len() || src[i + 1] == b'u' && i + 6 > src.len() => return early(src),
                0 => return fault("malformed escape in a string", i),
                n => i += 1 + n,
            }
            flags = ESCAPED;
        } else if c < 0x20 {
            return fault("control character in a string", i);
        } else {
            wide = true;
            i += 1;
        }
    }
    early(src)
}

fn digits(src: &[u8], mut i: usize) -> usize {
    while i < src.len() && src[i].is_ascii_digit() {
        i += 1;
    }
    i
}

/// number gives the end of the number at i.
fn number(src: &[u8], at: usize) -> Option<usize> {
    let first = at + (src[at] == b'-') as usize;
    let mut i = digits(src, first);
    if i == first || src[first] == b'0' && i > first + 1 {
        return None;
    }
    if i < src.len() && src[i] == b'.' {
        let first = i + 1;
        i = digits(src, first);
        if i == first {
            return None;
        }
    }
    if i < src.len() && src[i] | 0x20 == b'e' {
        let first = i + 1 + (i + 1 < src.len() && matches!(src[i + 1], b'+' | b'-')) as usize;
        i = digits(src, first);
        if i == first {
            return None;
        }
    }
    Some(i)
}

fn bare(src: &[u8], i: usize) -> Option<(Kind, usize)> {
    let rest = &src[i..];
    match rest[0] {
        b'-' | b'0'..=b'9' => number(src, i).map(|end| (Kind::Number, end)),
        b't' if rest.starts_with(b"true") => Some((Kind::Bool, i + 4)),
        b'f' if rest.starts_with(b"false") => Some((Kind::Bool, i + 5)),
        b'n' if rest.starts_with(b"null") => Some((Kind::Null, i + 4)),
        _ => None,
    }
}

fn unclosed<T>(kind: u8, i: usize) -> Result<T, SyntaxError> {
    if kind == Kind::Object as u8 {
        return fault("want a comma or } after an object's member", i);
    }
    fault("want a comma or ] after an array's element", i)
}

/// Name is the name of the value that comes next.
struct Name {
    at: i32,
    end: u32,
    sign: u64,
    flags: u8,
}

const NO_NAME: Name = Name { at: -1, end: 0, sign: 0, flags: 0 };

/// name reads a member's name whose quote stands at i, with its colon.
#[inline(always)]
fn name(src: &[u8], i: usize) -> Result<(Name, usize), SyntaxError> {
    if src[i] != b'"' {
        return fault("want a member's name in quotes", i);
    }
    let (end, escaped) = string(src, i + 1)?;
    let text = &src[i + 1..end];
    let (mark, flags) = match escaped {
        0 => (sign(text), 0),
        _ => (sign(unescape(Vec::new(), text).as_slice()), NAME_ESCAPED),
    };
    let colon = skip_space(src, end + 1);
    if colon == src.len() {
        return early(src);
    }
    if src[colon] != b':' {
        return fault("want a colon after a member's name", colon);
    }
    Ok((Name { at: i as i32 + 1, end: end as u32, sign: mark, flags }, colon + 1))
}

impl Doc<'_> {
    /// read fills the tape.
    pub(super) fn read(&mut self) -> Result<(), SyntaxError> {
        let (src, tape) = (self.src, &mut self.tape);
        tape.clear();
        if src.len() > i32::MAX as usize - 1 {
            return fault("text is longer than 2 GiB", i32::MAX as usize);
        }
        let (mut i, mut open, mut depth) = (0, NONE, 0);
        let mut named = NO_NAME;
        let mut want_name = false;
        loop {
            i = skip_space(src, i);
            if i == src.len() {
                return early(src);
            }
            if want_name {
                (named, i) = name(src, i)?;
                want_name = false;
                continue;
            }
            let here = tape.len() as u32;
            let mut closed = true; // whether the token ends a value
            let (kind, start, end, flags, next) = match src[i] {
                b'"' => {
                    let (end, escaped) = string(src, i + 1)?;
                    let from = i + 1;
                    i = end + 1;
                    (Kind::String, from, end, escaped, here + 1)
                }
                c @ (b'{' | b'[') => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return fault("nested deeper than 512", i);
                    }
                    closed = false;
                    i += 1;
                    (if c == b'{' { Kind::Object } else { Kind::Array }, i - 1, 0, 0, open)
                }
                _ => match bare(src, i) {
                    None => return fault("want a value", i),
                    Some((kind, end)) => {
                        let from = i;
                        i = end;
                        (kind, from, end, 0, here + 1)
                    }
                },
            };
            if !closed {
                open = here;
            }
            tape.push(Node {
                kind: kind as u8,
                flags: Cell::new(flags | named.flags),
                cursor: Cell::new(0),
                start: start as u32,
                end: end as u32,
                name_at: named.at,
                name_end: named.end,
                next,
                sign: named.sign,
            });
            named = NO_NAME;
            // Close what ends here. A comma, or the first member or element, leads on to the next value.
            loop {
                i = skip_space(src, i);
                if open == NONE {
                    return if i < src.len() { fault("text goes on after the value", i) } else { Ok(()) };
                }
                if i == src.len() {
                    return early(src);
                }
                let count = tape.len() as u32;
                let up = &mut tape[open as usize];
                let object = up.kind == Kind::Object as u8;
                let c = src[i];
                if c == b',' && closed {
                    i += 1;
                    want_name = object;
                    break;
                }
                if c == if object { b'}' } else { b']' } {
                    i += 1;
                    open = std::mem::replace(&mut up.next, count);
                    up.end = i as u32;
                    depth -= 1;
                    closed = true;
                    continue;
                }
                if closed {
                    return unclosed(up.kind, i);
                }
                want_name = object;
                break;
            }
        }
    }
}
