//! Texts filled with values so that no value can change the text's structure.
//!
//! The language is a part of Mustache: `{{data.agent.name}}` for a value, `{{#path}}…{{/path}}` for what stands there if the
//! path leads to something (once, with names looked up in it first; for a list once for each element, `{{.}}` being it),
//! `{{^path}}…{{/path}}` for what stands there if not, and `{{! a remark }}`. A section's tag alone on its line takes the
//! line with it. Absent values and null render empty.
//!
//! A template is for one [`Format`]. From the text around a value it is found out where the value stands, and that decides how
//! it is escaped: in JSON it is a string's content inside of quotes and a value outside of them, in XML character data, in
//! a form and a link percent-encoded. Where a value cannot be made safe, as in the name of an element or the host of a link,
//! the template is refused. What comes out is checked: JSON and XML must parse, a header is one line. There is no way round:
//! triple braces and `{{&name}}` are refused.

mod check;
mod context;
mod parse;
mod render;
mod xml;

use crate::json::Value;
use std::fmt;

/// What a template makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Values stand as they are.
    Text,
    /// One JSON value.
    Json,
    /// One XML document.
    Xml,
    /// application/x-www-form-urlencoded: `name={{value}}&other={{value}}`.
    Form,
    /// A link, absolute or relative.
    Url,
    /// A header line's value.
    Header,
    /// A piece of HTML as chats take it: values are text, or stand in an attribute's quotes.
    Html,
    /// Slack's markup, in which &, < and > alone have a meaning that a value could carry.
    Mrkdwn,
}

/// A template that was read. Make it in init, and keep it in a [`Held`](crate::Held).
#[derive(Debug)]
pub struct Template {
    format: Format,
    nodes: Vec<parse::Node>,
}

impl Template {
    /// Reads a template for what it is to make. Its error has the place of the fault.
    pub fn parse(text: &str, format: Format) -> Result<Template, Error> {
        Ok(Template { format, nodes: parse::nodes(text, format)? })
    }

    /// Fills the template from root. Its error says why the result cannot be used.
    pub fn render(&self, root: Value) -> Result<String, Error> {
        let out = render::render(&self.nodes, root)?;
        match check::fault(self.format, &out) {
            Some(reason) => Err(Error { line: 0, column: 0, reason }),
            None => Ok(out),
        }
    }
}

/// What is wrong with a template, or with what came out of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Error {
    /// Where it stands in the template, from 1; 0 when the fault is in the result.
    pub line: usize,
    pub column: usize,
    pub reason: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.reason);
        }
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

impl std::error::Error for Error {}
