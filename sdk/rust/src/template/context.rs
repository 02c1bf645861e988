//! Where in a template's text a value stands.

use super::Format;

/// Where a value stands, which decides how it is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Text,
    JsonString,
    JsonValue,
    Xml,
    Html,
    HtmlAttribute,
    Form,
    Url,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Outside, // of a JSON string; text between XML's tags
    InString,
    AfterBackslash,
    InTag,
    InDouble,
    InSingle,
    InComment,
    InCdata,
    InInstruction,
    InDeclaration,
    InHost,
    InScheme,
    InPath,
    InQuery,
}

use State::*;

/// Context follows a template's text and knows what is open. Two that are equal go on equally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    format: Format,
    state: State,
    hex: u8, // digits of \u that are to come
}

impl Context {
    pub fn new(format: Format) -> Context {
        Context { format, state: if format == Format::Url { InScheme } else { Outside }, hex: 0 }
    }

    /// place says where a value would stand now, or why none can.
    pub fn place(&self) -> Result<Place, &'static str> {
        match (self.format, self.state) {
            (Format::Json, Outside) => Ok(Place::JsonValue),
            (Format::Json, InString) if self.hex == 0 => Ok(Place::JsonString),
            (Format::Json, _) => Err("a value cannot stand in the middle of an escape"),
            (Format::Xml, Outside | InDouble | InSingle) => Ok(Place::Xml),
            (Format::Html, Outside) | (Format::Mrkdwn, _) => Ok(Place::Html),
            (Format::Html, InDouble | InSingle) => Ok(Place::HtmlAttribute),
            (Format::Xml | Format::Html, InTag) => Err("inside a tag a value can only stand in an attribute's quotes"),
            (Format::Xml | Format::Html, InComment) => Err("a value cannot stand in a comment"),
            (Format::Xml | Format::Html, InCdata) => {
                Err("a value cannot stand in a CDATA section; leave CDATA out, values are escaped")
            }
            (Format::Xml | Format::Html, _) => Err("a value cannot stand in a declaration or processing instruction"),
            (Format::Form, _) => Ok(Place::Form),
            (Format::Url, InPath | InQuery) => Ok(Place::Url),
            (Format::Url, _) => Err("a value cannot choose the link's scheme or host: write them out, or begin with a slash"),
            (Format::Text | Format::Header, _) => Ok(Place::Text),
        }
    }

    /// feed goes past a piece of the template's own text.
    pub fn feed(&mut self, text: &str) {
        match self.format {
            Format::Json => text.bytes().for_each(|c| self.feed_json(c)),
            Format::Xml | Format::Html => self.feed_xml(text),
            Format::Url => self.feed_url(text.as_bytes()),
            _ => {}
        }
    }

    fn feed_json(&mut self, c: u8) {
        if self.state == AfterBackslash {
            self.state = InString;
            if c == b'u' {
                self.hex = 4;
            }
        } else if self.hex > 0 && c != b'"' {
            self.hex -= 1;
        } else if c == b'"' {
            self.hex = 0;
            self.state = if self.state == InString { Outside } else { InString };
        } else if c == b'\\' && self.state == InString {
            self.state = AfterBackslash;
        }
    }

    /// feed_xml looks for what opens and closes. A construct that a value cuts in two is taken for the one that allows no
    /// value.
    fn feed_xml(&mut self, mut text: &str) {
        loop {
            let closer = match self.state {
                Outside => match text.find('<') {
                    None => return,
                    Some(i) => {
                        text = self.open_xml(&text[i..]);
                        continue;
                    }
                },
                InTag => match text.find(['>', '"', '\'']) {
                    None => return,
                    Some(i) => {
                        self.state = match text.as_bytes()[i] {
                            b'>' => Outside,
                            b'"' => InDouble,
                            _ => InSingle,
                        };
                        text = &text[i + 1..];
                        continue;
                    }
                },
                InDouble => "\"",
                InSingle => "'",
                InComment => "-->",
                InCdata => "]]>",
                InInstruction => "?>",
                _ => ">",
            };
            match text.find(closer) {
                None => return,
                Some(i) => text = &text[i + closer.len()..],
            }
            self.state = if matches!(self.state, InDouble | InSingle) { InTag } else { Outside };
        }
    }

    /// open_xml goes past what begins with the < at the text's start.
    fn open_xml<'t>(&mut self, text: &'t str) -> &'t str {
        for (opener, state) in [("<!--", InComment), ("<![CDATA[", InCdata), ("<?", InInstruction), ("<!", InDeclaration)] {
            if let Some(rest) = text.strip_prefix(opener) {
                self.state = state;
                return rest;
            }
        }
        self.state = InTag;
        &text[1..]
    }

    /// feed_url finds out where the host ends. A link that begins with one slash, a question mark or a number sign has none.
    fn feed_url(&mut self, text: &[u8]) {
        let mut i = 0;
        while i < text.len() && self.state != InQuery {
            match text[i] {
                b'?' | b'#' => self.state = InQuery,
                b'/' if self.state == InScheme && text.get(i + 1) == Some(&b'/') => {
                    self.state = InHost;
                    i += 1;
                }
                b'/' => self.state = InPath,
                _ => {}
            }
            i += 1;
        }
    }
}
