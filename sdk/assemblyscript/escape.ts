// Texts escaped for where they stand.

import { decode, encode, room } from "./host";

const hexDigits = "0123456789ABCDEF";

/** Everything but RFC 3986's unreserved characters percent-encoded, and dots too where they are to go. */
export function percent(s: string, plus: bool, dots: bool): string {
  const at = room(s.length * 12);
  const n = encode(s, at + s.length * 9);
  let to = at;
  for (let from = at + s.length * 9, end = from + n; from < end; from++) {
    const c = load<u8>(from), letter = c | 0x20;
    if ((letter >= 0x61 && letter <= 0x7a) || (c >= 0x30 && c <= 0x39) || c == 0x2d || c == 0x5f || c == 0x7e || (c == 0x2e && !dots)) {
      store<u8>(to++, c);
    } else if (c == 0x20 && plus) {
      store<u8>(to++, 0x2b);
    } else {
      store<u8>(to++, 0x25);
      store<u8>(to++, hexDigits.charCodeAt(c >> 4));
      store<u8>(to++, hexDigits.charCodeAt(c & 15));
    }
  }
  return decode(at, <i32>(to - at));
}

/** A text as one segment of a path: everything but unreserved characters escaped; "." and ".." too, for they climb. */
export function segment(s: string): string { return percent(s, false, s == "." || s == ".."); }

/** A text as HTML and XML have it: &, <, >, and both quotes escaped. */
export function xml(s: string): string { return escapeXML(s, true, false); }

/** &, < and > escaped; quotes too, as attributes need it; and as numbers the white space that a reader of XML would change. */
export function escapeXML(s: string, quotes: bool, space: bool): string {
  const units = room(s.length * 12);
  let to = units;
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    const entity = c > 0x3e || (c < 0x22 && !space) || ((c == 0x22 || c == 0x27) && !quotes) ? "" : entityOf(c);
    if (entity == "") {
      store<u16>(to, c);
      to += 2;
      continue;
    }
    memory.copy(to, changetype<usize>(entity), entity.length << 1);
    to += entity.length << 1;
  }
  return String.UTF16.decodeUnsafe(units, to - units);
}

function entityOf(c: i32): string {
  switch (c) {
    case 0x26: return "&amp;";
    case 0x3c: return "&lt;";
    case 0x3e: return "&gt;";
    case 0x22: return "&quot;";
    case 0x27: return "&#39;";
    case 0x09: return "&#9;";
    case 0x0a: return "&#10;";
    case 0x0d: return "&#13;";
  }
  return "";
}

function nibble(c: i32): i32 {
  const letter = (c | 0x20) - 0x61;
  return <u32>c - 48 <= 9 ? c - 48 : <u32>letter < 6 ? letter + 10 : -1;
}

function unescapePair(s: string): string {
  const at = room(s.length * 3);
  const n = encode(s, at);
  let to = at;
  for (let from = at, end = at + n; from < end; from++) {
    let c = load<u8>(from);
    if (c == 0x2b) {
      c = 0x20;
    } else if (c == 0x25 && from + 2 < end && nibble(load<u8>(from, 1)) >= 0 && nibble(load<u8>(from, 2)) >= 0) {
      c = <u8>(nibble(load<u8>(from, 1)) << 4 | nibble(load<u8>(from, 2)));
      from += 2;
    }
    store<u8>(to++, c);
  }
  return decode(at, <i32>(to - at));
}

function jsonText(s: string): string {
  let out = '"';
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c == 0x22 || c == 0x5c) out += "\\" + s.charAt(i);
    else if (c < 0x20) out += "\\u00" + hexDigits.charAt(c >> 4) + hexDigits.charAt(c & 15);
    else out += s.charAt(i);
  }
  return out + '"';
}

/** The pairs of a form or query string as a JSON object of strings. */
export function pairs(s: string): string {
  let out = "";
  const list = s.split("&");
  for (let i = 0; i < list.length; i++) {
    if (list[i] == "") continue;
    const eq = list[i].indexOf("=");
    const name = eq < 0 ? list[i] : list[i].substring(0, eq);
    const value = eq < 0 ? "" : list[i].substring(eq + 1);
    out += (out == "" ? "" : ",") + jsonText(unescapePair(name)) + ":" + jsonText(unescapePair(value));
  }
  return "{" + out + "}";
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function base64(bytes: Uint8Array): string {
  let out = "";
  const n = bytes.length;
  for (let i = 0; i < n; i += 3) {
    const left = n - i;
    const c = <u32>bytes[i] << 16 | (left > 1 ? <u32>bytes[i + 1] << 8 : 0) | (left > 2 ? <u32>bytes[i + 2] : 0);
    out += digits.charAt(c >> 18) + digits.charAt((c >> 12) & 63) + (left > 1 ? digits.charAt((c >> 6) & 63) : "=") + (left > 2 ? digits.charAt(c & 63) : "=");
  }
  return out;
}

/** Undoes base64; it stops at the first character that is none of its digits. */
export function fromBase64(s: string): Uint8Array {
  const out = new Uint8Array(s.length);
  let n = 0, bits: u32 = 0, have = 0;
  for (let i = 0; i < s.length; i++) {
    const digit = digits.indexOf(s.charAt(i));
    if (digit < 0) break;
    bits = bits << 6 | digit;
    have += 6;
    if (have >= 8) {
      have -= 8;
      out[n++] = <u8>(bits >> have);
    }
  }
  return out.slice(0, n);
}

export function hex(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i++) out += digit(bytes[i] >> 4) + digit(bytes[i] & 15);
  return out;
}

function digit(n: i32): string { return "0123456789abcdef".charAt(n); }
