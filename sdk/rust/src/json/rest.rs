//! What nobody took.

use super::doc::{Doc, CARRIED};
use super::value::{Kind, Value};
use super::word::append;

impl Value<'_> {
    /// Appends what nobody took: the value without what [`Value::take`] and [`Value::carry`] marked, and without members
    /// that are null, `""`, `[]` or `{}`, or become so. Names, nesting and the spelling of values stay; white space goes.
    /// An array's null or empty elements stay, since their place means something; elements that were taken, or of which
    /// nothing is left, go. Where nothing remains at all, nothing is appended.
    pub fn append_rest(self, dst: &mut Vec<u8>) {
        let doc = match self.doc {
            Some(doc) if doc.node(self.at).flags.get() & CARRIED == 0 && !self.is_empty() => doc,
            _ => return,
        };
        if self.kind() >= Kind::Array {
            return rest_of(doc, dst, self.at, false);
        }
        append(dst, self.raw().as_bytes());
    }
}

/// rest_of writes what remains of a container, and nothing if that is nothing: the caller takes its name back then. It
/// recurses, at most as deep as a document nests.
fn rest_of(doc: &Doc, dst: &mut Vec<u8>, at: u32, element: bool) {
    let (begin, end, object) = (dst.len(), doc.node(at).next, doc.kind(at) == Kind::Object);
    dst.push(if object { b'{' } else { b'[' });
    let mut c = at + 1;
    while c < end {
        let m = doc.node(c);
        let (this, kind) = (c, doc.kind(c));
        c = m.next;
        let text = kind == Kind::String;
        if m.flags.get() & CARRIED != 0 || object && (kind == Kind::Null || text && m.start == m.end) {
            continue;
        }
        let before = dst.len();
        if before > begin + 1 {
            dst.push(b',');
        }
        if object {
            append(dst, doc.slice(m.name_at as u32 - 1, m.name_end + 1));
            dst.push(b':');
        }
        if kind < Kind::Array {
            append(dst, doc.slice(m.start - text as u32, m.end + text as u32));
            continue;
        }
        let value = dst.len();
        rest_of(doc, dst, this, !object);
        if dst.len() == value {
            dst.truncate(before);
        }
    }
    if dst.len() == begin + 1 && (!element || end > at + 1) {
        return dst.truncate(begin);
    }
    dst.push(if object { b'}' } else { b']' });
}
