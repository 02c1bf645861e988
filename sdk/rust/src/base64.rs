//! Bytes as text.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn encode(src: &[u8]) -> String {
    let mut out = String::with_capacity(src.len() / 3 * 4 + 4);
    for c in src.chunks(3) {
        let byte = |i: usize| c.get(i).copied().unwrap_or(0) as usize;
        let n = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            out.push(if i > c.len() { '=' } else { DIGITS[n >> (18 - 6 * i) & 63] as char });
        }
    }
    out
}

/// decode undoes encode; it stops at the first character that is none of its digits.
pub fn decode(s: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len() / 4 * 3);
    let (mut bits, mut n) = (0u32, 0);
    for c in s.bytes() {
        let digit = match DIGITS.iter().position(|&d| d == c) {
            Some(digit) => digit,
            None => break,
        };
        bits = bits << 6 | digit as u32;
        n += 6;
        if n >= 8 {
            n -= 8;
            out.push((bits >> n) as u8);
        }
    }
    out
}
