//! Whether a text is a well-formed XML document. It knows no document types, which nobody should send, and does not resolve
//! namespaces.

type Check = Result<(), String>;

pub fn check(s: &str) -> Check {
    if s.chars().any(|c| c < ' ' && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}')) {
        return Err("it holds a character that XML does not have".into());
    }
    let mut c = Checker { rest: s, open: Vec::new(), rooted: false };
    while !c.rest.is_empty() {
        c.next()?;
    }
    match c.open.last() {
        Some(element) => Err(format!("element {element} is not closed")),
        None if !c.rooted => Err("it has no element".into()),
        None => Ok(()),
    }
}

struct Checker<'s> {
    rest: &'s str,
    open: Vec<&'s str>, // elements
    rooted: bool,       // an outermost element has begun
}

const OUTSIDE: &str = "text outside of the outermost element";

impl<'s> Checker<'s> {
    /// next goes past a text, a tag or what else begins with <.
    fn next(&mut self) -> Check {
        if !self.rest.starts_with('<') {
            return self.text();
        }
        if self.skip("<!--") {
            self.through("--", "comment")
                .and_then(|()| if self.skip(">") { Ok(()) } else { Err(String::new()) })
                .map_err(|_| "comment is not closed, or has -- in it".into())
        } else if self.skip("<![CDATA[") {
            if self.open.is_empty() {
                Err(OUTSIDE.into())
            } else {
                self.through("]]>", "CDATA section")
            }
        } else if self.skip("<?") {
            self.through("?>", "processing instruction")
        } else if self.skip("<!") {
            Err("a document type is not allowed".into())
        } else if self.skip("</") {
            self.closing()
        } else {
            self.opening()
        }
    }

    fn skip(&mut self, s: &str) -> bool {
        let rest = self.rest.strip_prefix(s);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn through(&mut self, closer: &str, what: &str) -> Check {
        let i = self.rest.find(closer).ok_or_else(|| format!("{what} is not closed"))?;
        self.rest = &self.rest[i + closer.len()..];
        Ok(())
    }

    fn text(&mut self) -> Check {
        let (text, rest) = self.rest.split_at(self.rest.find('<').unwrap_or(self.rest.len()));
        self.rest = rest;
        if self.open.is_empty() && !text.trim_matches(|c| matches!(c, ' ' | '\t' | '\r' | '\n')).is_empty() {
            return Err(OUTSIDE.into());
        }
        if text.contains("]]>") {
            return Err("]]> in a text".into());
        }
        references(text)
    }

    fn closing(&mut self) -> Check {
        let name = self.name();
        self.space();
        if self.open.pop() != Some(name) || !self.skip(">") {
            return Err(format!("</{name}> closes no element that is open there"));
        }
        Ok(())
    }

    fn opening(&mut self) -> Check {
        self.rest = &self.rest[1..];
        let name = self.name();
        if name.is_empty() {
            return Err("< without a name".into());
        }
        if self.open.is_empty() && self.rooted {
            return Err("more than one outermost element".into());
        }
        if self.open.len() == 512 {
            return Err("elements nested deeper than 512".into());
        }
        self.rooted = true;
        let mut seen = Vec::new();
        loop {
            let spaced = self.space();
            if self.skip("/>") {
                return Ok(());
            }
            if self.skip(">") {
                self.open.push(name);
                return Ok(());
            }
            if !spaced {
                return Err(format!("tag {name} is malformed"));
            }
            let attribute = self.attribute().map_err(|reason| format!("tag {name}: {reason}"))?;
            if seen.contains(&attribute) {
                return Err(format!("tag {name}: attribute {attribute} stands twice"));
            }
            seen.push(attribute);
        }
    }

    fn attribute(&mut self) -> Result<&'s str, String> {
        let name = self.name();
        if name.is_empty() {
            return Err("malformed attribute, or not closed".into());
        }
        self.space();
        if !self.skip("=") {
            return Err(format!("attribute {name} has no value"));
        }
        self.space();
        let quote = match self.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => quote,
            _ => return Err(format!("attribute {name} is not in quotes")),
        };
        match self.rest[1..].split_once(quote) {
            Some((value, rest)) if !value.contains('<') => {
                self.rest = rest;
                references(value).map(|()| name)
            }
            _ => Err(format!("attribute {name} is not closed, or has < in it")),
        }
    }

    /// space goes past white space and says whether there was any.
    fn space(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.rest.len() < before
    }

    /// name takes a name off. Letters of all scripts are taken to be allowed.
    fn name(&mut self) -> &'s str {
        let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':' || c >= '\u{80}';
        let inner = |c: char| letter(c) || c == '-' || c == '.' || c.is_ascii_digit();
        let end = match self.rest.starts_with(letter) {
            true => self.rest.find(|c| !inner(c)).unwrap_or(self.rest.len()),
            false => 0,
        };
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }
}

/// references looks at text for references that are none.
fn references(text: &str) -> Check {
    for after in text.split('&').skip(1) {
        let name = after.split_once(';').ok_or("& that begins no reference; write &amp;")?.0;
        if matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") {
            continue;
        }
        let number = name
            .strip_prefix('#')
            .ok_or_else(|| format!("reference &{}; is not known; write &amp; for &", crate::excerpt(name, 16)))?;
        let c = match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        let digits = number.bytes().all(|c| c.is_ascii_alphanumeric()); // a sign would be read too
        match c.ok().filter(|_| digits).and_then(char::from_u32) {
            Some('\t' | '\n' | '\r') => {}
            Some(c) if c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            _ => return Err(format!("reference &{}; is no character", crate::excerpt(name, 16))),
        }
    }
    Ok(())
}
