//! Strings: escapes undone and made.

use super::word::{append, is_plain, PLAIN};

/// unescaped is the text of a string's checked content.
pub(super) fn unescaped(src: &[u8]) -> String {
    // What was checked to be UTF-8 stays so: escapes become whole characters.
    unsafe { String::from_utf8_unchecked(unescape(Vec::with_capacity(src.len()), src)) }
}

pub(super) fn unescape(mut dst: Vec<u8>, src: &[u8]) -> Vec<u8> {
    let mut i = 0;
    while i < src.len() {
        let c = src[i];
        i += 1;
        if c != b'\\' {
            dst.push(c);
            continue;
        }
        let c = src[i];
        i += 1;
        dst.push(match c {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let (c, n) = surrogates(&src[i..]);
                dst.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                i += n;
                continue;
            }
            c => c,
        });
    }
    dst
}

/// surrogates reads four hex digits and, where they are half of a pair, the other half; with the bytes read. A half
/// without its other is U+FFFD.
fn surrogates(src: &[u8]) -> (char, usize) {
    let high = hex4(src).unwrap_or(0xfffd);
    if let Some(c) = char::from_u32(high) {
        return (c, 4);
    }
    if high < 0xdc00 && src.len() >= 6 && src[4] == b'\\' && src[5] == b'u' {
        if let Some(low @ 0xdc00..=0xdfff) = hex4(&src[6..]) {
            let c = char::from_u32((high - 0xd800) * 0x400 + (low - 0xdc00) + 0x10000);
            return (c.unwrap_or('\u{fffd}'), 10);
        }
    }
    ('\u{fffd}', 4)
}

fn hex4(src: &[u8]) -> Option<u32> {
    let mut n = 0;
    for &c in src.get(..4)? {
        n = n << 4 | (c as char).to_digit(16)?;
    }
    Some(n)
}

/// escape_len is the length of the escape whose backslash stands before src; 0 when it is none.
pub(super) fn escape_len(src: &[u8]) -> usize {
    match src.first() {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 1,
        Some(b'u') if hex4(&src[1..]).is_some() => 5,
        _ => 0,
    }
}

/// Appends s as a JSON string with its quotes.
pub fn append_string(dst: &mut Vec<u8>, s: &str) {
    dst.push(b'"');
    append_escaped(dst, s);
    dst.push(b'"');
}

/// Appends s as the content of a JSON string, without quotes.
pub fn append_escaped(dst: &mut Vec<u8>, s: &str) {
    let b = s.as_bytes();
    if is_plain(b) {
        return append(dst, b);
    }
    let mut from = 0;
    for (i, &c) in b.iter().enumerate() {
        if PLAIN[c as usize] || c >= 0x80 {
            continue;
        }
        append(dst, &b[from..i]);
        from = i + 1;
        const HEX: &[u8; 16] = b"0123456789abcdef";
        match c {
            b'"' | b'\\' => dst.extend_from_slice(&[b'\\', c]),
            b'\n' => dst.extend_from_slice(b"\\n"),
            b'\r' => dst.extend_from_slice(b"\\r"),
            b'\t' => dst.extend_from_slice(b"\\t"),
            8 => dst.extend_from_slice(b"\\b"),
            12 => dst.extend_from_slice(b"\\f"),
            _ => dst.extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[c as usize >> 4], HEX[c as usize & 15]]),
        }
    }
    append(dst, &b[from..]);
}

/// append_int appends n in decimal.
pub(crate) fn append_int(dst: &mut Vec<u8>, n: i64) {
    let (mut digits, mut i, mut u) = ([0; 20], 20, n.unsigned_abs());
    loop {
        i -= 1;
        digits[i] = b'0' + (u % 10) as u8;
        u /= 10;
        if u == 0 {
            break;
        }
    }
    if n < 0 {
        i -= 1;
        digits[i] = b'-';
    }
    dst.extend_from_slice(&digits[i..]);
}
