//! Whether what a template made is what it was to make.

use super::xml;
use super::Format;
use crate::json::Doc;

/// fault says why a result is not what the format asks for.
pub fn fault(format: Format, out: &str) -> Option<String> {
    match format {
        Format::Text | Format::Html | Format::Mrkdwn => None,
        Format::Json => Doc::parse(out.as_bytes()).err().map(|e| format!("result is not JSON: {e}")),
        Format::Xml => xml::check(out).err().map(|reason| format!("result is not XML: {reason}")),
        Format::Header => out
            .bytes()
            .any(|c| c < b' ' && c != b'\t' || c == 0x7f)
            .then(|| "result is not one line: it holds a line end or another control character".into()),
        Format::Form | Format::Url if out.bytes().any(|c| c <= b' ' || c == 0x7f) => {
            Some("result holds a space, a line end or another control character".into())
        }
        Format::Form => None,
        Format::Url => path_fault(out),
    }
}

/// path_fault refuses a link whose path climbs: a segment . or .. would be taken away, with the one before it, by whoever
/// reads the link, however it is encoded. Two slashes at the beginning, as an empty first segment makes them, would turn the
/// second segment into a host.
fn path_fault(link: &str) -> Option<String> {
    if link.starts_with("//") {
        return Some("result begins with two slashes, which makes a host of what follows".into());
    }
    let path = link.split(['?', '#']).next().unwrap_or("");
    let climbs = |s: &&str| matches!(s.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    path.split('/').find(climbs).map(|s| format!("result has a path with the segment {s}"))
}
