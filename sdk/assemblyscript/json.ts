// Reading JSON: a text is read once into nodes outside the collector's memory, and values are places among them.

import { decode, encode, room } from "./host";
import { normaliseTime } from "./time";

export enum Kind { Absent, Null, False, True, Number, String, Object, Array }

const depthLimit: i32 = 512; // as the gateway's own reader

// A node: kind, flags, where its text begins and ends, its name's, and the node behind it and all that it holds.
// A string's text is what stands between the quotes.
// @ts-ignore: decorator
@unmanaged
class Node {
  kind: i32;
  taken: bool;
  escaped: bool; // the text has escapes
  nameEscaped: bool;
  start: usize;
  end: usize;
  name: usize; // 0: it has none
  nameEnd: usize;
  next: i32;
}

// @ts-ignore: decorator
@inline
const nodeSize: usize = offsetof<Node>();

/** A document: a text that was read as JSON. It lasts as long as the call. */
export class Doc {
  private nodes: usize = 0;
  private cap: i32 = 0;
  private count: i32 = 0;
  private text: usize = 0; // its own copy
  private room: i32 = 0;
  private p: usize = 0;
  private end: usize = 0;
  /** What is wrong with the text; "" when it was read. */
  fault: string = "";

  /** Memory for a text of n bytes, to be filled and then read. */
  space(n: i32): usize {
    if (n > this.room) {
      if (this.text != 0) heap.free(this.text);
      this.room = max(n, 4096);
      this.text = heap.alloc(this.room);
    }
    return this.text;
  }

  /** Reads the n bytes that space was filled with; false when they are no JSON. */
  read(n: i32): bool {
    this.p = this.text;
    this.end = this.text + n;
    this.count = 0;
    this.fault = "";
    if (!this.value(0, 0, false, 0)) {
      this.count = 0;
      return false;
    }
    this.skip();
    return this.p == this.end || this.wrong("something follows after the end");
  }

  root(): Value { return new Value(this, this.count > 0 ? 0 : -1); }
  get(path: string): Value { return this.root().get(path); }
  take(path: string): Value { return this.root().take(path); }

  // @ts-ignore: decorator
  @inline
  node(at: i32): Node { return changetype<Node>(this.nodes + <usize>at * nodeSize); }

  nodesEnd(): i32 { return this.count; }

  private wrong(what: string): bool {
    if (this.fault == "") this.fault = what + ", at byte " + (this.p - this.text).toString();
    this.count = 0;
    return false;
  }

  private skip(): void {
    let p = this.p;
    while (p < this.end) {
      const c = load<u8>(p);
      if (c > 0x20 || (c != 0x20 && c != 0x0a && c != 0x0d && c != 0x09)) break;
      p++;
    }
    this.p = p;
  }

  private grow(): void {
    const cap = this.cap == 0 ? 64 : this.cap * 2;
    const nodes = heap.alloc(<usize>cap * nodeSize);
    if (this.nodes != 0) {
      memory.copy(nodes, this.nodes, <usize>this.count * nodeSize);
      heap.free(this.nodes);
    }
    this.nodes = nodes;
    this.cap = cap;
  }

  // Reads a value. name is where its name stands.
  private value(name: usize, nameEnd: usize, nameEscaped: bool, depth: i32): bool {
    this.skip();
    if (this.p >= this.end) return this.wrong("the text ends too soon");
    if (this.count == this.cap) this.grow();
    const at = this.count++;
    let n = this.node(at);
    n.name = name;
    n.nameEnd = nameEnd;
    n.nameEscaped = nameEscaped;
    n.taken = false;
    n.escaped = false;
    n.start = this.p;
    const c = load<u8>(this.p);
    let ok = true;
    if (c == 0x22) {
      n.kind = Kind.String;
      n.start = ++this.p;
      const escaped = this.string();
      if (escaped < 0) return false;
      n.escaped = escaped > 0;
      n.end = this.p - 1;
    } else if (c == 0x7b || c == 0x5b) {
      n.kind = c == 0x7b ? Kind.Object : Kind.Array;
      if (depth >= depthLimit) return this.wrong("it is nested more than 512 deep");
      this.p++;
      if (!(c == 0x7b ? this.members(depth + 1) : this.elements(depth + 1))) return false;
      n = this.node(at); // the nodes may have moved
      n.end = this.p;
    } else {
      if (c == 0x2d || (c >= 0x30 && c <= 0x39)) {
        n.kind = Kind.Number;
        ok = this.number();
      } else if (this.word(0x65757274, 4)) {
        n.kind = Kind.True;
      } else if (this.word(0x736c6166, 4) && this.p < this.end && load<u8>(this.p) == 0x65) {
        n.kind = Kind.False;
        this.p++;
      } else if (this.word(0x6c6c756e, 4)) {
        n.kind = Kind.Null;
      } else {
        return this.wrong("a value is missing");
      }
      n.end = this.p;
    }
    n.next = this.count;
    return ok || this.wrong("a number that is none");
  }

  private word(letters: u32, n: i32): bool {
    if (this.p + n > this.end || load<u32>(this.p) != letters) return false;
    this.p += n;
    return true;
  }

  // The rest of a string, up to behind its quote: 1 if it has escapes, 0 if not, -1 if it is none.
  private string(): i32 {
    let escaped = 0, p = this.p;
    const end = this.end;
    for (; p < end; p++) {
      const c = load<u8>(p);
      if (c == 0x22) {
        this.p = p + 1;
        return escaped;
      }
      if (c < 0x20) break;
      if (c >= 0x80) {
        const more = utf8(p, end);
        if (more == 0) break;
        p += more;
        continue;
      }
      if (c == 0x5c) {
        escaped = 1;
        p++;
        if (p >= end || !this.escape(p)) break;
      }
    }
    this.p = min(p, end);
    this.wrong("a string that does not end, or has what no string has");
    return -1;
  }

  private escape(p: usize): bool {
    switch (load<u8>(p)) {
      case 0x22: case 0x5c: case 0x2f: case 0x62: case 0x66: case 0x6e: case 0x72: case 0x74:
        return true;
      case 0x75:
        return p + 4 < this.end && hex4(p + 1) >= 0;
    }
    return false;
  }

  private digits(): bool {
    const from = this.p;
    while (this.p < this.end && <u32>load<u8>(this.p) - 48 <= 9) this.p++;
    return this.p > from;
  }

  private number(): bool {
    if (load<u8>(this.p) == 0x2d) this.p++;
    const first = this.p;
    if (!this.digits() || (load<u8>(first) == 48 && this.p > first + 1)) return false;
    if (this.p < this.end && load<u8>(this.p) == 0x2e) {
      this.p++;
      if (!this.digits()) return false;
    }
    if (this.p < this.end && (load<u8>(this.p) | 0x20) == 0x65) {
      this.p++;
      if (this.p < this.end && (load<u8>(this.p) == 0x2b || load<u8>(this.p) == 0x2d)) this.p++;
      if (!this.digits()) return false;
    }
    return true;
  }

  // What follows a value: 1 a comma, 0 the end of what holds it.
  private more(closing: u8): i32 {
    this.skip();
    if (this.p < this.end) {
      const c = load<u8>(this.p++);
      if (c == 0x2c) return 1;
      if (c == closing) return 0;
      this.p--;
    }
    this.wrong("a comma or a closing bracket is missing");
    return -1;
  }

  private members(depth: i32): bool {
    this.skip();
    if (this.p < this.end && load<u8>(this.p) == 0x7d) {
      this.p++;
      return true;
    }
    for (;;) {
      this.skip();
      if (this.p >= this.end || load<u8>(this.p) != 0x22) return this.wrong("a name in quotes is missing");
      const name = ++this.p;
      const escaped = this.string();
      if (escaped < 0) return false;
      const nameEnd = this.p - 1;
      this.skip();
      if (this.p >= this.end || load<u8>(this.p) != 0x3a) return this.wrong("a colon is missing");
      this.p++;
      if (!this.value(name, nameEnd, escaped > 0, depth)) return false;
      const more = this.more(0x7d);
      if (more <= 0) return more == 0;
    }
    return false;
  }

  private elements(depth: i32): bool {
    this.skip();
    if (this.p < this.end && load<u8>(this.p) == 0x5d) {
      this.p++;
      return true;
    }
    for (;;) {
      if (!this.value(0, 0, false, depth)) return false;
      const more = this.more(0x5d);
      if (more <= 0) return more == 0;
    }
    return false;
  }
}

// How many bytes follow the first of a character in UTF-8; 0 where it is none.
function utf8(p: usize, end: usize): usize {
  const c = <u32>load<u8>(p);
  const n: usize = c < 0xc2 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 0;
  if (n == 0 || p + n >= end) return 0;
  for (let i: usize = 1; i <= n; i++) if ((load<u8>(p + i) & 0xc0) != 0x80) return 0;
  const second = <u32>load<u8>(p, 1);
  if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second >= 0xa0) || (c == 0xf0 && second < 0x90) || (c == 0xf4 && second >= 0x90)) return 0;
  return n;
}

function hex4(p: usize): i32 {
  let v = 0;
  for (let i: usize = 0; i < 4; i++) {
    const c = <i32>load<u8>(p + i), letter = (c | 0x20) - 0x61;
    const digit = <u32>c - 48 <= 9 ? c - 48 : <u32>letter < 6 ? letter + 10 : -1;
    if (digit < 0) return -1;
    v = v << 4 | digit;
  }
  return v;
}

// A string's text, without its escapes.
function unescape(at: usize, end: usize): string {
  let out = "";
  while (at < end) {
    let p = at;
    while (p < end && load<u8>(p) != 0x5c) p++;
    if (p > at) out += decode(at, <i32>(p - at));
    if (p >= end) break;
    const c = load<u8>(p, 1);
    at = p + 2;
    if (c == 0x75) {
      out += String.fromCharCode(hex4(at));
      at += 4;
    } else {
      out += String.fromCharCode(c == 0x6e ? 10 : c == 0x74 ? 9 : c == 0x72 ? 13 : c == 0x62 ? 8 : c == 0x66 ? 12 : c);
    }
  }
  return out;
}

// Whether a part of a path is a name as it stands in the text.
function sameName(n: Node, path: string, from: i32, to: i32): bool {
  if (n.nameEscaped) return unescape(n.name, n.nameEnd) == path.substring(from, to);
  let at = n.name;
  if (<i32>(n.nameEnd - at) < to - from) return false;
  for (let i = from; i < to; i++) {
    const c = <u32>load<u16>(changetype<usize>(path) + (<usize>i << 1));
    if (c >= 0x80) return decode(n.name, <i32>(n.nameEnd - n.name)) == path.substring(from, to);
    if (at >= n.nameEnd || load<u8>(at++) != c) return false;
  }
  return at == n.nameEnd;
}

// Which element a part of a path means, -1 where it is no number: one with noughts in front is one too, as in every language.
function place(path: string, from: i32, to: i32): i32 {
  const negative = from < to && path.charCodeAt(from) == 0x2d;
  if (negative) from++;
  if (from == to || to - from > 19) return -1;
  let n: u64 = 0; // 19 digits fit
  for (; from < to; from++) {
    const digit = <u32>path.charCodeAt(from) - 48;
    if (digit > 9) return -1;
    n = n * 10 + digit;
  }
  return n > (negative ? 0 : <u64>i32.MAX_VALUE) ? -1 : <i32>n;
}

const none = new Doc();

/** A value of a document; an absent one where there is nothing, on which all methods work. */
export class Value {
  constructor(private doc: Doc, private at: i32) {}

  // @ts-ignore: decorator
  @inline
  private node(): Node { return this.doc.node(this.at); }

  kind(): Kind { return this.at < 0 ? Kind.Absent : <Kind>this.node().kind; }
  exists(): bool { return this.at >= 0; }

  /** Absent, null, "", [] or {}. */
  empty(): bool {
    const kind = this.kind();
    if (kind <= Kind.Null) return true;
    const n = this.node();
    if (kind == Kind.String) return n.start == n.end;
    return kind >= Kind.Object && n.next == this.at + 1;
  }

  /** Whether it is a text with escapes. */
  isEscaped(): bool { return this.at >= 0 && this.node().escaped; }

  /** A string's text, a number as it is written (identifiers past 2^53 unharmed), "true", "false"; else "". */
  str(): string {
    const kind = this.kind();
    if (kind <= Kind.Null || kind >= Kind.Object) return "";
    const n = this.node();
    return n.escaped ? unescape(n.start, n.end) : decode(n.start, <i32>(n.end - n.start));
  }

  /** Whether it reads as a whole number, also from a string; int() is it. */
  isInt(): bool {
    const kind = this.kind();
    if (kind != Kind.Number && kind != Kind.String) return false;
    const end = this.text() + this.textSize();
    let p = this.text();
    const negative = p < end && load<u8>(p) == 0x2d;
    if (negative) p++;
    if (p == end || end - p > 19) return false;
    let v: u64 = 0; // 19 digits fit
    for (; p < end; p++) {
      const d = <u32>load<u8>(p) - 48;
      if (d > 9) return false;
      v = v * 10 + d;
    }
    return v <= <u64>i64.MAX_VALUE + <u64>negative;
  }

  int(): i64 {
    if (!this.isInt()) return 0;
    const end = this.text() + this.textSize();
    let p = this.text();
    const negative = load<u8>(p) == 0x2d;
    let v: u64 = 0;
    for (p += usize(negative); p < end; p++) v = v * 10 + (<u64>load<u8>(p) - 48);
    return negative ? -<i64>v : <i64>v;
  }

  // Where the value's text stands, without escapes: most have none. It may move the next time that room is asked for.
  private text(): usize {
    const n = this.node();
    if (!n.escaped) return n.start;
    const s = unescape(n.start, n.end);
    const at = room(s.length * 3);
    encode(s, at);
    return at;
  }

  private textSize(): i32 {
    const n = this.node();
    return n.escaped ? String.UTF8.byteLength(unescape(n.start, n.end)) : <i32>(n.end - n.start);
  }

  /** The number; NaN where there is none. */
  float(): f64 {
    const kind = this.kind();
    return kind == Kind.Number || kind == Kind.String ? F64.parseFloat(this.str()) : NaN;
  }

  /** Whether it reads as true or false, also from "true", "1", "false", "0"; bool() is it. */
  isBool(): bool {
    const s = this.str();
    return s == "true" || s == "false" || s == "1" || s == "0";
  }

  bool(): bool {
    const s = this.str();
    return s == "true" || s == "1";
  }

  /** Follows a path: names joined by dots, numbers for elements; a backslash makes a dot part of a name. */
  get(path: string): Value {
    let v: Value = this;
    let from = 0;
    const n = path.length;
    if (n == 0) return v;
    while (from <= n && v.at >= 0) {
      let to = from;
      while (to < n && path.charCodeAt(to) != 0x2e && path.charCodeAt(to) != 0x5c) to++;
      if (to < n && path.charCodeAt(to) == 0x5c) {
        let name = "";
        for (to = from; to < n && path.charCodeAt(to) != 0x2e; to++) {
          if (path.charCodeAt(to) == 0x5c && to + 1 < n) to++;
          name += path.charAt(to);
        }
        v = v.step(name, 0, name.length);
      } else {
        v = v.step(path, from, to);
      }
      from = to + 1;
    }
    return v;
  }

  private step(path: string, from: i32, to: i32): Value {
    const kind = this.kind();
    let found = -1;
    if (kind == Kind.Object) {
      const end = this.node().next;
      for (let at = this.at + 1; at < end; at = this.doc.node(at).next) {
        if (sameName(this.doc.node(at), path, from, to)) found = at; // the last one wins
      }
    } else if (kind == Kind.Array) {
      return this.index(place(path, from, to));
    }
    return new Value(this.doc, found);
  }

  /** get, and what stands there is marked as carried: rest leaves it out. */
  take(path: string): Value {
    const v = this.get(path);
    v.carry();
    return v;
  }

  /** Marks the value as carried. */
  carry(): void {
    if (this.at >= 0) this.node().taken = true;
  }

  len(): i32 {
    if (this.kind() < Kind.Object) return 0;
    let n = 0;
    const end = this.node().next;
    for (let at = this.at + 1; at < end; at = this.doc.node(at).next) n++;
    return n;
  }

  /** An object's member by its exact name, dots and all. */
  member(name: string): Value { return this.kind() == Kind.Object ? this.step(name, 0, name.length) : Value.absent(); }

  static absent(): Value { return new Value(none, -1); }

  /** What follows this element or member of a list or object; absent behind the last. */
  following(whole: Value): Value {
    if (this.at < 0 || whole.at < 0) return Value.absent();
    const next = this.node().next;
    return new Value(this.doc, next < whole.node().next ? next : -1);
  }

  /** The element or member at a place, from 0; absent behind the last. */
  index(i: i32): Value {
    if (this.kind() >= Kind.Object && i >= 0) {
      const end = this.node().next;
      for (let at = this.at + 1; at < end; at = this.doc.node(at).next) {
        if (i-- == 0) return new Value(this.doc, at);
      }
    }
    return new Value(this.doc, -1);
  }

  /** A member's name; "" for what is none. */
  name(): string {
    if (this.at < 0 || this.node().name == 0) return "";
    const n = this.node();
    return n.nameEscaped ? unescape(n.name, n.nameEnd) : decode(n.name, <i32>(n.nameEnd - n.name));
  }

  /** The value as JSON. */
  raw(): string { return this.at < 0 ? "" : decode(this.rawStart(), this.rawSize()); }

  /** Where the value's JSON stands, for writing it elsewhere without a text in between. */
  rawStart(): usize {
    const n = this.node();
    return n.kind == Kind.String ? n.start - 1 : n.start;
  }

  rawSize(): i32 {
    const n = this.node();
    return <i32>(n.end - n.start) + (n.kind == Kind.String ? 2 : 0);
  }

  /** Writes the value as a time in canonical form; 0 when it is none. */
  timeTo(to: usize): i32 {
    if (this.kind() != Kind.String) return 0;
    return normaliseTime(to, this.text(), this.textSize());
  }

  /** Writes what nobody took to a place that has room for all of it, and gives its size. */
  restTo(to: usize): i32 {
    if (this.at < 0 || this.node().taken || this.empty()) return 0;
    if (this.node().kind < Kind.Object) {
      memory.copy(to, this.rawStart(), this.rawSize());
      return this.rawSize();
    }
    return restOf(this.doc, this.at, to, false);
  }
}

// Writes what remains of a container; 0 when that is nothing. An array's null and empty elements stay, since their place
// means something; elements of which nothing is left go.
function restOf(doc: Doc, at: i32, to: usize, element: bool): i32 {
  const n = doc.node(at);
  const start = to, named = n.kind == Kind.Object;
  store<u8>(to++, named ? 0x7b : 0x5b);
  const empty = n.next == at + 1;
  for (let c = at + 1; c < n.next; c = doc.node(c).next) {
    const m = doc.node(c);
    if (m.taken || (named && (m.kind == Kind.Null || (m.kind == Kind.String && m.start == m.end)))) continue;
    const before = to;
    if (to > start + 1) store<u8>(to++, 0x2c);
    if (named) {
      const size = m.nameEnd - m.name + 2;
      memory.copy(to, m.name - 1, size);
      to += size;
      store<u8>(to++, 0x3a);
    }
    if (m.kind >= Kind.Object) {
      const size = restOf(doc, c, to, !named);
      to = size == 0 ? before : to + size;
      continue;
    }
    const quote: usize = m.kind == Kind.String ? 1 : 0;
    const size = m.end - m.start + 2 * quote;
    memory.copy(to, m.start - quote, size);
    to += size;
  }
  if (to == start + 1 && !(element && empty)) return 0;
  store<u8>(to++, named ? 0x7d : 0x5d);
  return <i32>(to - start);
}
