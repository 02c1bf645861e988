//! Names and excerpts.

use std::borrow::Cow;

/// Compares names as people and vendors write them: in any script, whatever the case, a space as good as an underscore.
/// "Transfers Only" is transfers_only.
pub fn same_name(a: &str, b: &str) -> bool {
    let fold = |c: char| if c == ' ' { '_' } else { c };
    let folded = |s| -> _ { str::chars(s).map(fold).flat_map(char::to_lowercase) };
    folded(a).eq(folded(b))
}

/// The beginning of a text, at most n bytes and no broken character, for reasons and log lines.
pub fn excerpt(s: &str, n: usize) -> Cow<'_, str> {
    if s.len() <= n {
        return Cow::Borrowed(s);
    }
    let mut n = n;
    while !s.is_char_boundary(n) {
        n -= 1;
    }
    Cow::Owned(format!("{}…", &s[..n]))
}
