// The imports of the plugin interface, and how texts pass through them. Sizes are answered in full, -1 is absent.

// @ts-ignore: decorator
@external("plugboard_v1", "input_size")
export declare function inputSize(): i32;
// @ts-ignore: decorator
@external("plugboard_v1", "input_read")
export declare function inputRead(dst: usize, offset: i32, n: i32): i32;
// @ts-ignore: decorator
@external("plugboard_v1", "output_write")
export declare function outputWrite(src: usize, n: i32): void;
// @ts-ignore: decorator
@external("plugboard_v1", "fact")
declare function factImport(name: usize, nameSize: i32, dst: usize, cap: i32): i32;
// @ts-ignore: decorator
@external("plugboard_v1", "lookup")
declare function lookupImport(table: usize, tableSize: i32, key: usize, keySize: i32, dst: usize, cap: i32): i32;
// @ts-ignore: decorator
@external("plugboard_v1", "state_get")
declare function stateGet(key: usize, keySize: i32, dst: usize, cap: i32): i32;
// @ts-ignore: decorator
@external("plugboard_v1", "state_set")
declare function stateSet(key: usize, keySize: i32, src: usize, n: i32, ttl: i64): void;
// @ts-ignore: decorator
@external("plugboard_v1", "sign")
declare function signImport(secret: usize, secretSize: i32, algorithm: i32, src: usize, n: i32, dst: usize, cap: i32): i32;
// @ts-ignore: decorator
@external("plugboard_v1", "log")
declare function logImport(level: i32, src: usize, n: i32): void;
// @ts-ignore: decorator
@external("plugboard_v1", "stop")
declare function stopImport(kind: i32, src: usize, n: i32): void;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fdWrite(file: i32, vector: usize, count: i32, written: usize): i32;

// Memory of the SDK's own, outside the collector's: texts on their way to the host and back.
let scratch: usize = 0;
let scratchSize: i32 = 0;

/** Memory of at least n bytes, until it is asked for again. */
export function room(n: i32): usize {
  if (n > scratchSize) {
    if (scratch != 0) heap.free(scratch);
    scratchSize = max(n, 4096);
    scratch = heap.alloc(scratchSize);
  }
  return scratch;
}

/** Writes a text in UTF-8; there must be room for three bytes a unit. Halves of a pair that stand alone become U+FFFD. */
export function encode(s: string, to: usize): i32 {
  const start = to;
  const n = s.length;
  const from = changetype<usize>(s);
  for (let i = 0; i < n; i++) {
    let c = <u32>load<u16>(from + (<usize>i << 1));
    if (c < 0x80) {
      store<u8>(to++, c);
      continue;
    }
    if (c < 0x800) {
      store<u8>(to++, 0xc0 | (c >> 6));
      store<u8>(to++, 0x80 | (c & 63));
      continue;
    }
    if (c >= 0xd800 && c < 0xe000) {
      const low = i + 1 < n ? <u32>load<u16>(from + (<usize>i << 1), 2) : 0;
      if (c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
        c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
        i++;
        store<u8>(to++, 0xf0 | (c >> 18));
        store<u8>(to++, 0x80 | ((c >> 12) & 63));
        store<u8>(to++, 0x80 | ((c >> 6) & 63));
        store<u8>(to++, 0x80 | (c & 63));
        continue;
      }
      c = 0xfffd;
    }
    store<u8>(to++, 0xe0 | (c >> 12));
    store<u8>(to++, 0x80 | ((c >> 6) & 63));
    store<u8>(to++, 0x80 | (c & 63));
  }
  return <i32>(to - start);
}

/** Reads UTF-8; what is none becomes U+FFFD. */
export function decode(from: usize, n: i32): string {
  const units = room2(n << 1);
  let to = units;
  const end = from + n;
  while (from < end) {
    let c = <u32>load<u8>(from++);
    if (c < 0x80) {
      store<u16>(to, c);
      to += 2;
      continue;
    }
    let more = c >= 0xf0 && c < 0xf5 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;
    if (c >= 0xf5) more = 0;
    let code = more == 3 ? c & 7 : more == 2 ? c & 15 : c & 31;
    let read = 0;
    while (read < more && from + read < end && (load<u8>(from + read) & 0xc0) == 0x80) {
      code = code << 6 | (load<u8>(from + read) & 63);
      read++;
    }
    from += read;
    if (more == 0 || read < more || (more == 2 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) || (more == 3 && (code < 0x10000 || code > 0x10ffff))) {
      code = 0xfffd;
    }
    if (code >= 0x10000) {
      code -= 0x10000;
      store<u16>(to, 0xd800 | (code >> 10));
      to += 2;
      code = 0xdc00 | (code & 0x3ff);
    }
    store<u16>(to, code);
    to += 2;
  }
  return String.UTF16.decodeUnsafe(units, to - units);
}

let units: usize = 0;
let unitsSize: i32 = 0;

function room2(n: i32): usize {
  if (n > unitsSize) {
    if (units != 0) heap.free(units);
    unitsSize = max(n, 4096);
    units = heap.alloc(unitsSize);
  }
  return units;
}

const answerSize: i32 = 512;

/** What the host knows by a name; null when it does not. */
export function fact(name: string): string | null {
  const at = room(name.length * 3 + answerSize);
  const n = encode(name, at);
  const size = factImport(at, n, at + n, answerSize);
  if (size <= answerSize) return size < 0 ? null : decode(at + n, size);
  const dst = heap.alloc(size);
  const text = decode(dst, factImport(at, n, dst, size));
  heap.free(dst);
  return text;
}

/** What a table of the configuration ([tables.NAME]) has for key; null when it has nothing. */
export function lookup(table: string, key: string): string | null {
  const at = room((table.length + key.length) * 3 + answerSize);
  const n = encode(table, at);
  const m = encode(key, at + n);
  const size = lookupImport(at, n, at + n, m, at + n + m, answerSize);
  if (size <= answerSize) return size < 0 ? null : decode(at + n + m, size);
  const dst = heap.alloc(size);
  const text = decode(dst, lookupImport(at, n, at + n, m, dst, size));
  heap.free(dst);
  return text;
}

/** What setState kept for key, for this source or destination; null when there is nothing. */
export function state(key: string): string | null {
  const at = room(key.length * 3 + answerSize);
  const n = encode(key, at);
  const size = stateGet(at, n, at + n, answerSize);
  if (size <= answerSize) return size < 0 ? null : decode(at + n, size);
  const dst = heap.alloc(size);
  const text = decode(dst, stateGet(at, n, dst, size));
  heap.free(dst);
  return text;
}

/** Keeps value for key until ttlSeconds have passed. It is written together with the call's result, or not at all. */
export function setState(key: string, value: string, ttlSeconds: i64): void {
  const at = room((key.length + value.length) * 3);
  const n = encode(key, at);
  stateSet(at, n, at + n, encode(value, at + n), ttlSeconds);
}

/** The algorithms of sign. */
export const HMACSHA256: i32 = 0;
export const HMACSHA1: i32 = 1;
export const HMACSHA512: i32 = 2;

/** The MAC, in bytes, of data under a secret that the configuration grants by name; null when it was not granted. */
export function sign(secret: string, algorithm: i32, data: Uint8Array): Uint8Array | null {
  const at = room(secret.length * 3 + 64);
  const n = encode(secret, at);
  const size = signImport(at, n, algorithm, data.dataStart, data.length, at + n, 64);
  if (size < 0 || size > 64) return null;
  const mac = new Uint8Array(size);
  memory.copy(mac.dataStart, at + n, size);
  return mac;
}

export function log(level: i32, message: string): void {
  const at = room(message.length * 3);
  logImport(level, at, encode(message, at));
}

/** Writes a line to the gateway's log, for who looks for a fault. */
export function debug(message: string): void { log(0, message); }
/** Writes a line to the gateway's log. */
export function info(message: string): void { log(1, message); }
/** Writes a line to the gateway's log: something is odd, and was coped with. */
export function warn(message: string): void { log(2, message); }
/** Writes a line to the gateway's log: something went wrong. It does not end the call. */
export function error(message: string): void { log(3, message); }

export function stop(kind: i32, reason: string): void {
  const at = room(reason.length * 3);
  stopImport(kind, at, encode(reason, at));
}

/** What the compiler calls where a program throws: the text goes to standard error, and the call fails with it. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const text = "panic: " + (message ? message : "abort") + " (" + (file ? file : "") + ":" + line.toString() + ":" + column.toString() + ")\n";
  const at = heap.alloc(12 + text.length * 3);
  store<u32>(at, at + 12);
  store<u32>(at, encode(text, at + 12), 4);
  fdWrite(2, at, 1, at + 8);
  unreachable();
}
