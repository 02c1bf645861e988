//! Filling templates.

use super::context::Place;
use super::parse::Node;
use super::Error;
use crate::escape::append_percent;
use crate::json::{append_escaped, append_string, Kind, Value};
use std::borrow::Cow;

/// How long a result may be.
const MAX_OUTPUT: usize = 1 << 20;

pub fn render(nodes: &[Node], root: Value) -> Result<String, Error> {
    let mut out = Vec::new();
    put(&mut out, nodes, &Frame { value: root, up: None });
    if out.len() > MAX_OUTPUT {
        return Err(Error { line: 0, column: 0, reason: "result is longer than 1 MiB".into() });
    }
    String::from_utf8(out).map_err(|e| Error { line: 0, column: 0, reason: e.to_string() })
}

/// A section under way, and the ones around it.
struct Frame<'f, 'd> {
    value: Value<'d>,
    up: Option<&'f Frame<'f, 'd>>,
}

impl<'d> Frame<'_, 'd> {
    /// find looks a path up: its first name in the innermost section that has it.
    fn find(&self, path: &str) -> Value<'d> {
        if path == "." {
            return self.value;
        }
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let mut frame = Some(self);
        while let Some(f) = frame {
            let v = f.value.member(first);
            if v.exists() {
                return v.get(rest);
            }
            frame = f.up;
        }
        Value::ABSENT
    }
}

fn put(out: &mut Vec<u8>, nodes: &[Node], f: &Frame) {
    for n in nodes {
        if out.len() > MAX_OUTPUT {
            return;
        }
        match n {
            Node::Text(text) => out.extend_from_slice(text.as_bytes()),
            Node::Value(path, place) => put_value(out, *place, f.find(path)),
            Node::Section(path, body) => section(out, body, f.find(path), f),
            Node::Inverted(path, body) if !holds(f.find(path)) => put(out, body, f),
            Node::Inverted(..) => {}
        }
    }
}

fn section(out: &mut Vec<u8>, body: &[Node], v: Value, f: &Frame) {
    if !holds(v) {
        return;
    }
    if v.kind() != Kind::Array {
        return put(out, body, &Frame { value: v, up: Some(f) });
    }
    for (_, e) in v.members() {
        if out.len() > MAX_OUTPUT {
            return;
        }
        put(out, body, &Frame { value: e, up: Some(f) });
    }
}

/// holds says whether a section is rendered: for what is there, not empty and not false.
fn holds(v: Value) -> bool {
    !v.is_empty() && (v.kind() != Kind::Bool || v.str() == "true")
}

/// put_value writes a value as its place asks for it: a list or object as JSON, inside of what is no JSON.
fn put_value(out: &mut Vec<u8>, place: Place, v: Value) {
    let s = if v.kind() >= Kind::Array { Cow::Borrowed(v.raw()) } else { v.str() };
    match place {
        Place::JsonValue if v.kind() <= Kind::Null || v.kind() == Kind::String => append_string(out, &s),
        Place::JsonValue => out.extend_from_slice(v.raw().as_bytes()),
        Place::JsonString => append_escaped(out, &s),
        Place::Xml => put_xml(out, &s),
        Place::Html => put_html(out, &s, false),
        Place::HtmlAttribute => put_html(out, &s, true),
        Place::Form => append_percent(out, &s, true, false),
        Place::Url => append_percent(out, &s, false, false),
        Place::Text => out.extend_from_slice(s.as_bytes()),
    }
}

/// put_xml writes character data, safe in quotes too. What XML 1.0 has no way to write stays, for the check of the result to
/// refuse; white space that would not survive a parser is written as numbers.
fn put_xml(out: &mut Vec<u8>, s: &str) {
    for c in s.chars() {
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '"' => out.extend_from_slice(b"&quot;"),
            '\'' => out.extend_from_slice(b"&#39;"),
            '\t' => out.extend_from_slice(b"&#9;"),
            '\n' => out.extend_from_slice(b"&#10;"),
            '\r' => out.extend_from_slice(b"&#13;"),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// put_html writes text as chats read it: they know few entities, so no more is escaped than could be taken for markup. Quotes
/// are only in an attribute. Line ends stay: they are line ends there.
fn put_html(out: &mut Vec<u8>, s: &str, quotes: bool) {
    for &c in s.as_bytes() {
        match c {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' if quotes => out.extend_from_slice(b"&quot;"),
            b'\'' if quotes => out.extend_from_slice(b"&#39;"),
            c => out.push(c),
        }
    }
}
