// Writing JSON: objects that are filled by path, in any order. Leaves are written as JSON at once, into memory outside the
// collector's; an object holds where they are.

import { encode } from "./host";
import { Kind, Value } from "./json";
import { normaliseTime } from "./time";

let arena: usize = 0;
let arenaSize: i32 = 0;
let arenaUsed: i32 = 0;

/** Begins anew: what was written is void. */
export function resetObjects(): void {
  arenaUsed = 0;
  if (arenaSize > 65536) { // a large call is no measure for the next
    heap.free(arena);
    arena = 0;
    arenaSize = 0;
  }
}

// Memory for n bytes behind what is there; used counts them once they are written.
function space(n: i32): usize {
  if (arenaUsed + n > arenaSize) {
    const size = max(arenaSize * 2, arenaUsed + n + 4096);
    const to = heap.alloc(size);
    if (arena != 0) {
      memory.copy(to, arena, arenaUsed);
      heap.free(arena);
    }
    arena = to;
    arenaSize = size;
  }
  return arena + arenaUsed;
}

// Writes a text as JSON; there must be room for six bytes a unit, and two.
function quote(s: string, to: usize): i32 {
  store<u8>(to, 0x22);
  const n = escapeText(s, to + 1);
  store<u8>(to + 1 + n, 0x22);
  return n + 2;
}

/** Writes a text as a JSON string's content; there must be room for six bytes a unit. */
export function escapeText(s: string, to: usize): i32 {
  const n = s.length;
  const from = changetype<usize>(s);
  for (let i = 0; i < n; i++) {
    const c = load<u16>(from + (<usize>i << 1));
    if (c < 0x20 || c >= 0x80 || c == 0x22 || c == 0x5c) {
      const behind = to + <usize>n * 3; // what the escaped text can overtake
      return <i32>(escapeInto(to, behind, encode(s, behind)) - to);
    }
    store<u8>(to + i, c);
  }
  return n;
}

function escapeInto(to: usize, from: usize, n: i32): usize {
  const copy = heap.alloc(n);
  memory.copy(copy, from, n);
  for (let i = 0; i < n; i++) {
    const c = load<u8>(copy + i);
    if (c >= 0x20 && c != 0x22 && c != 0x5c) {
      store<u8>(to++, c);
      continue;
    }
    store<u8>(to++, 0x5c);
    const short = c == 0x22 || c == 0x5c ? c : c == 0x0a ? 0x6e : c == 0x0d ? 0x72 : c == 0x09 ? 0x74 : c == 0x08 ? 0x62 : c == 0x0c ? 0x66 : 0;
    if (short != 0) {
      store<u8>(to++, short);
    } else {
      store<u32>(to, 0x30303075); // u000
      store<u8>(to, 0x30 + (c >> 4), 3);
      const low = c & 15;
      store<u8>(to, low < 10 ? 0x30 + low : 0x57 + low, 4);
      to += 5;
    }
  }
  heap.free(copy);
  return to;
}

class Entry {
  next: Entry | null = null;
  object: Obj | null = null; // else a leaf
  at: i32 = 0;
  size: i32 = 0;
  constructor(public name: string) {}
}

/** An object, or a list, in the making. What is absent is not written: "" sets nothing, and an object in which nothing was
 * set is not there. A path is names joined by dots; a backslash in front of a dot makes it part of a name. */
export class Obj {
  private first: Entry | null = null;
  private last: Entry | null = null;
  constructor(private list: bool = false) {}

  private find(name: string): Entry | null {
    for (let e: Entry | null = this.first; e != null; e = e!.next) if (e.name == name) return e;
    return null;
  }

  private add(name: string): Entry {
    const e = new Entry(name);
    const last = this.last;
    if (last) last.next = e;
    else this.first = e;
    this.last = e;
    return e;
  }

  private entry(path: string): Entry {
    let o: Obj = this;
    let from = 0;
    const n = path.length;
    while (true) {
      let to = from;
      let escaped = false;
      while (to < n && path.charCodeAt(to) != 0x2e) {
        if (path.charCodeAt(to) == 0x5c && to + 1 < n) {
          escaped = true;
          to++;
        }
        to++;
      }
      let name = from == 0 && to == n ? path : path.substring(from, to);
      if (escaped) name = unescapeName(name);
      let e = o.find(name);
      if (!e) e = o.add(name);
      if (to >= n) return e;
      const inner = e.object;
      if (inner && !inner.list) {
        o = inner;
      } else {
        o = new Obj();
        e.object = o;
      }
      from = to + 1;
    }
  }

  private leaf(path: string, size: i32): void {
    const e = this.entry(path);
    e.object = null;
    e.at = arenaUsed;
    e.size = size;
    arenaUsed += size;
  }

  /** Sets a text. */
  str(path: string, s: string): void {
    if (s.length > 0) this.leaf(path, quote(s, space(s.length * 6 + 2)));
  }

  int(path: string, v: i64): void { this.plain(path, v.toString()); }
  bool(path: string, v: bool): void { this.plain(path, v ? "true" : "false"); }
  /** A number; what JSON has no word for sets nothing. */
  float(path: string, v: f64): void {
    if (isFinite(v)) this.plain(path, v.toString());
  }

  private plain(path: string, s: string): void { this.leaf(path, encode(s, space(s.length * 3))); }

  /** Sets a time, written in UTC; false, and nothing is set, when it is none. */
  time(path: string, t: string): bool {
    const to = space(t.length * 3 + 64);
    const n = encode(t, to + 40);
    return this.timeAt(path, to, to + 40, n);
  }

  private timeAt(path: string, to: usize, from: usize, n: i32): bool {
    const size = normaliseTime(to + 1, from, n);
    if (size == 0) return false;
    store<u8>(to, 0x22);
    store<u8>(to + 1 + size, 0x22);
    this.leaf(path, size + 2);
    return true;
  }

  /** Sets JSON text, which the caller answers for. */
  raw(path: string, json: string): void {
    if (json.length > 0) this.plain(path, json);
  }

  /** The object at a path, made where it is missing. */
  object(path: string): Obj {
    const e = this.entry(path);
    const there = e.object;
    if (there && !there.list) return there;
    const o = new Obj();
    e.object = o;
    return o;
  }

  private listAt(path: string): Obj {
    const e = this.entry(path);
    const there = e.object;
    if (there && there.list) return there;
    const o = new Obj(true);
    e.object = o;
    return o;
  }

  /** Adds a text to the list at a path. */
  append(path: string, s: string): void {
    const e = this.listAt(path).add("");
    e.size = quote(s, space(s.length * 6 + 2));
    e.at = arenaUsed;
    arenaUsed += e.size;
  }

  /** Adds an object to the list at a path. */
  appendObject(path: string): Obj {
    const o = new Obj();
    this.listAt(path).add("").object = o;
    return o;
  }

  /** Whether something is set at a path. */
  has(path: string): bool {
    const dot = path.indexOf(".");
    const e = this.find(dot < 0 ? path : path.substring(0, dot));
    if (!e) return false;
    const o = e.object;
    if (dot < 0) return o ? !o.isEmpty() : true;
    return o ? o.has(path.substring(dot + 1)) : false;
  }

  /** Takes away what stands at a path. */
  remove(path: string): void {
    const e = this.entry(path);
    e.object = new Obj();
  }

  // The methods that read a value and mark it as carried, if it reads as one. They say whether it did.

  strFrom(path: string, v: Value): bool {
    const kind = v.kind();
    if (kind <= Kind.Null || kind >= Kind.Object || v.empty()) return false;
    const size = v.rawSize();
    const to = space(size + 2);
    if (v.isEscaped()) {
      this.str(path, v.str()); // written with the fewest escapes
    } else if (kind == Kind.String) {
      memory.copy(to, v.rawStart(), size);
      this.leaf(path, size);
    } else {
      store<u8>(to, 0x22);
      memory.copy(to + 1, v.rawStart(), size);
      store<u8>(to + 1 + size, 0x22);
      this.leaf(path, size + 2);
    }
    v.carry();
    return true;
  }

  intFrom(path: string, v: Value): bool {
    if (!v.isInt()) return false;
    this.int(path, v.int());
    v.carry();
    return true;
  }

  boolFrom(path: string, v: Value): bool {
    if (!v.isBool()) return false;
    this.bool(path, v.bool());
    v.carry();
    return true;
  }

  timeFrom(path: string, v: Value): bool {
    const to = space(64);
    const size = v.timeTo(to + 1);
    if (size == 0) return false;
    store<u8>(to, 0x22);
    store<u8>(to + 1 + size, 0x22);
    this.leaf(path, size + 2);
    v.carry();
    return true;
  }

  /** A list of texts from an array of scalars. What is empty is left out; a list or object stays behind, and the array with it. */
  strsFrom(path: string, v: Value): bool {
    if (v.kind() != Kind.Array) return false;
    let any = false, whole = true;
    for (let e = v.index(0); e.exists(); e = e.following(v)) {
      if (e.kind() >= Kind.Object) {
        whole = whole && e.empty();
      } else if (!e.empty()) {
        this.append(path, e.str());
        e.carry();
        any = true;
      }
    }
    if (any && whole) v.carry();
    return any;
  }

  /** Copies a value as it is. */
  copyFrom(path: string, v: Value): bool {
    if (v.empty()) return false;
    this.copy(path, v);
    v.carry();
    return true;
  }

  /** Sets what nobody took of a value. */
  rest(path: string, v: Value): void {
    if (!v.exists()) return;
    const size = v.restTo(space(v.rawSize() + 16));
    if (size > 0) this.leaf(path, size);
  }

  /** Takes over an object's members, objects member by member and lists element by element, so that they can be changed. What is
   * empty is left out. */
  merge(v: Value): void {
    if (v.kind() != Kind.Object) return;
    for (let m = v.index(0); m.exists(); m = m.following(v)) {
      const name = escapeName(m.name());
      if (m.kind() == Kind.Object) this.object(name).merge(m);
      else if (m.kind() == Kind.Array) this.listAt(name).elements(m);
      else if (!m.empty()) this.copy(name, m);
    }
  }

  private elements(v: Value): void {
    for (let e = v.index(0); e.exists(); e = e.following(v)) {
      const to = this.add("");
      to.size = e.rawSize();
      memory.copy(space(to.size), e.rawStart(), to.size);
      to.at = arenaUsed;
      arenaUsed += to.size;
    }
  }

  private copy(path: string, v: Value): void {
    const size = v.rawSize();
    memory.copy(space(size), v.rawStart(), size);
    this.leaf(path, size);
  }

  isEmpty(): bool {
    for (let e: Entry | null = this.first; e != null; e = e!.next) {
      const o = e.object;
      if (!o || !o.isEmpty()) return false;
    }
    return true;
  }

  /** How many bytes write takes at most. */
  bound(): i32 {
    let n = 2;
    for (let e: Entry | null = this.first; e != null; e = e!.next) {
      const o = e.object;
      n += e.name.length * 6 + 4 + (o ? o.bound() : e.size);
    }
    return n;
  }

  /** Writes the object as JSON, and gives the place behind it. */
  write(to: usize): usize {
    store<u8>(to++, this.list ? 0x5b : 0x7b);
    let more = false;
    for (let e: Entry | null = this.first; e != null; e = e!.next) {
      const o = e.object;
      if (o && o.isEmpty()) continue;
      if (more) store<u8>(to++, 0x2c);
      more = true;
      if (!this.list) {
        to += quote(e.name, to);
        store<u8>(to++, 0x3a);
      }
      if (o) {
        to = o.write(to);
      } else {
        memory.copy(to, arena + e.at, e.size);
        to += e.size;
      }
    }
    store<u8>(to++, this.list ? 0x5d : 0x7d);
    return to;
  }
}

function unescapeName(s: string): string {
  let out = "";
  for (let i = 0; i < s.length; i++) {
    if (s.charCodeAt(i) == 0x5c && i + 1 < s.length) i++;
    out += s.charAt(i);
  }
  return out;
}

/** A name as one step of a path, whatever it holds. */
export function escapeName(name: string): string {
  if (name.indexOf(".") < 0 && name.indexOf("\\") < 0) return name;
  return name.replaceAll("\\", "\\\\").replaceAll(".", "\\.");
}
