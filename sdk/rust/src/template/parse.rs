//! Reading templates.

use super::context::{Context, Place};
use super::{Error, Format};

/// How deep sections may stand in each other.
const MAX_NESTING: usize = 32;

/// A piece of text, a value, or a section.
#[derive(Debug)]
pub enum Node {
    Text(String),
    Value(String, Place),
    Section(String, Vec<Node>),
    Inverted(String, Vec<Node>),
}

pub fn nodes(text: &str, format: Format) -> Result<Vec<Node>, Error> {
    Parser { text, at: 0, context: Context::new(format) }.nodes("", 0)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    context: Context,
}

/// What stands between two braces and two braces.
struct Tag<'t> {
    from: usize, // in the text, braces included
    to: usize,
    sigil: u8,
    name: &'t str,
}

impl<'t> Parser<'t> {
    fn fault<T>(&self, at: usize, reason: impl Into<String>) -> Result<T, Error> {
        let before = &self.text[..at];
        let line = before.rfind('\n').map_or(0, |i| i + 1);
        Err(Error { line: before.matches('\n').count() + 1, column: before[line..].chars().count() + 1, reason: reason.into() })
    }

    /// nodes reads up to the end of the section called open, or to the end of the text when open is "".
    fn nodes(&mut self, open: &str, depth: usize) -> Result<Vec<Node>, Error> {
        let mut list = Vec::new();
        loop {
            let tag = match self.next()? {
                Some(tag) => tag,
                None if open.is_empty() => {
                    self.literal(&mut list, self.text.len());
                    return Ok(list);
                }
                None => return self.fault(self.text.len(), format!("section {open} is not closed: {{{{/{open}}}}} is missing")),
            };
            let (from, to) = if tag.sigil == 0 { (tag.from, tag.to) } else { self.line(&tag) };
            self.literal(&mut list, from);
            self.at = to;
            match tag.sigil {
                b'!' => {}
                b'/' if !open.is_empty() && tag.name == open => return Ok(list),
                b'/' => return self.fault(tag.from, format!("{{{{/{}}}}} closes no section that is open here", tag.name)),
                0 => match self.context.place() {
                    Ok(place) => list.push(Node::Value(tag.name.into(), place)),
                    Err(reason) => return self.fault(tag.from, reason),
                },
                _ => list.push(self.section(&tag, depth)?),
            }
        }
    }

    /// section reads a section whose opening tag was just read. It must leave off where it began, in a string or out of
    /// it, or whether it is rendered would change what follows.
    fn section(&mut self, tag: &Tag, depth: usize) -> Result<Node, Error> {
        if depth == MAX_NESTING {
            return self.fault(tag.from, "sections stand more than 32 deep");
        }
        let before = self.context;
        let body = self.nodes(tag.name, depth + 1)?;
        if self.context != before {
            let reason = "begins and ends in different places of the text, such as inside and outside of quotes";
            return self.fault(tag.from, format!("section {} {reason}", tag.name));
        }
        let name = tag.name.into();
        Ok(if tag.sigil == b'#' { Node::Section(name, body) } else { Node::Inverted(name, body) })
    }

    /// literal adds the text up to the place to, if there is any.
    fn literal(&mut self, list: &mut Vec<Node>, to: usize) {
        if to > self.at {
            let text = &self.text[self.at..to];
            self.context.feed(text);
            list.push(Node::Text(text.into()));
        }
    }

    /// next finds the next tag.
    fn next(&self) -> Result<Option<Tag<'t>>, Error> {
        let text = self.text;
        let from = match text[self.at..].find("{{") {
            None => return Ok(None),
            Some(i) => self.at + i,
        };
        if text[from..].starts_with("{{{") {
            return self
                .fault(from, "three braces: values are always escaped; write two, with a space after a brace that is meant");
        }
        let to = match text[from..].find("}}") {
            None => return self.fault(from, "{{ is not closed"),
            Some(n) => from + n + 2,
        };
        let mut tag = Tag { from, to, sigil: 0, name: text[from + 2..to - 2].trim() };
        if let Some(sigil @ (b'!' | b'/' | b'#' | b'^' | b'&' | b'>' | b'=' | b'$' | b'<')) = tag.name.bytes().next() {
            tag.sigil = sigil;
            tag.name = tag.name[1..].trim();
        }
        self.check(&tag)?;
        Ok(Some(tag))
    }

    /// check refuses what is not in the language.
    fn check(&self, tag: &Tag) -> Result<(), Error> {
        let name = tag.name;
        match tag.sigil {
            b'!' => return Ok(()),
            b'&' => return self.fault(tag.from, "{{&…}}: values are always escaped"),
            c @ (b'>' | b'=' | b'$' | b'<') => {
                return self.fault(tag.from, format!("{{{{{}…}}}} is not in this language", c as char))
            }
            _ => {}
        }
        if name.is_empty() {
            return self.fault(tag.from, "{{}} has no name in it");
        }
        if name.contains([' ', '\t', '\r', '\n', '{', '}', '"']) {
            let reason = "holds a space, quote or brace; a name is a path such as data.agent.name";
            return self.fault(tag.from, format!("the name {name} {reason}"));
        }
        if name != "." && name.split('.').any(str::is_empty) {
            return self.fault(tag.from, format!("the path {name} has a step without a name"));
        }
        Ok(())
    }

    /// line is the tag with its whole line, when nothing else stands there; otherwise the tag.
    fn line(&self, tag: &Tag) -> (usize, usize) {
        let before = self.text[self.at..tag.from].trim_end_matches([' ', '\t']);
        let after = self.text[tag.to..].trim_start_matches([' ', '\t']);
        let from = self.at + before.len();
        let begins = from == 0 || self.text[..from].ends_with('\n');
        let to = self.text.len() - after.len();
        let end = match after {
            "" if from > 0 => Some(to),
            _ if after.starts_with("\r\n") => Some(to + 2),
            _ if after.starts_with('\n') => Some(to + 1),
            _ => None,
        };
        match end {
            Some(end) if begins => (from, end),
            _ => (tag.from, tag.to),
        }
    }
}
