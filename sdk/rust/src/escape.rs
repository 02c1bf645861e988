//! Escapes of links and forms.

/// append_percent percent-encodes everything but RFC 3986's unreserved characters, and dots too where they are to go.
pub fn append_percent(dst: &mut Vec<u8>, s: &str, plus: bool, dots: bool) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &c in s.as_bytes() {
        match c {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => dst.push(c),
            b'.' if !dots => dst.push(c),
            b' ' if plus => dst.push(b'+'),
            _ => dst.extend_from_slice(&[b'%', HEX[c as usize >> 4], HEX[c as usize & 15]]),
        }
    }
}

/// append_segment appends one segment of a path. The segments . and .. mean directories even when encoded, so their dots
/// cannot stand; they get the encoding that a strict server refuses rather than one that climbs.
pub fn append_segment(dst: &mut Vec<u8>, s: &str) {
    append_percent(dst, s, false, s == "." || s == "..");
}

/// pairs are the names and values of a form or query string, escapes undone. A % that no two hex digits follow stays, as
/// browsers have it; bytes that are no UTF-8 become U+FFFD.
pub fn pairs(s: &[u8]) -> impl Iterator<Item = (String, String)> + '_ {
    s.split(|&c| c == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let at = pair.iter().position(|&c| c == b'=');
        let (name, value) = at.map_or((pair, &[][..]), |i| (&pair[..i], &pair[i + 1..]));
        (unescaped(name), unescaped(value))
    })
}

fn unescaped(s: &[u8]) -> String {
    let digit = |i: usize| s.get(i).and_then(|&c| (c as char).to_digit(16));
    let (mut out, mut i) = (Vec::with_capacity(s.len()), 0);
    while i < s.len() {
        let mut c = s[i];
        if c == b'+' {
            c = b' ';
        } else if let (b'%', Some(high), Some(low)) = (c, digit(i + 1), digit(i + 2)) {
            c = (high << 4 | low) as u8;
            i += 2;
        }
        out.push(c);
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
