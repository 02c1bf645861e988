// Times in canonical form: UTC, ending in Z, up to nine digits of the fraction without trailing zeros.

import { decode, encode, room } from "./host";

// @ts-ignore: decorator
@inline
function two(at: usize): i32 {
  const a = <u32>load<u8>(at) - 48, b = <u32>load<u8>(at, 1) - 48;
  return a > 9 || b > 9 ? -1 : <i32>(a * 10 + b);
}

// Days since 1970-01-01. Years begin in March, so that the leap day is the last.
function days(year: i32, month: i32, day: i32): i64 {
  if (month <= 2) {
    year--;
    month += 12;
  }
  const era = year < 0 ? -1 : year / 400;
  const inEra = year - era * 400;
  return <i64>era * 146097 + inEra * 365 + inEra / 4 - inEra / 100 + (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
}

function daysIn(year: i32, month: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Z or an offset, in seconds east of UTC; i32.MIN_VALUE when it is none.
function zone(at: usize, n: i32): i32 {
  if (n == 1) return (load<u8>(at) | 0x20) == 0x7a ? 0 : i32.MIN_VALUE;
  const sign = n == 6 ? load<u8>(at) : 0;
  if ((sign != 0x2b && sign != 0x2d) || load<u8>(at, 3) != 0x3a) return i32.MIN_VALUE;
  const hours = two(at + 1), minutes = two(at + 4);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return i32.MIN_VALUE;
  return (hours * 60 + minutes) * (sign == 0x2d ? -60 : 60);
}

function put(to: usize, v: i32, digits: i32): usize {
  for (let i = digits - 1; i >= 0; i--) {
    store<u8>(to + i, 48 + (v % 10));
    v /= 10;
  }
  return to + digits;
}

/** Writes an instant to a place with room for 32 bytes, and gives the length; 0 outside the years 0000 to 9999. */
export function writeTime(to: usize, sec: i64, nsec: i32): i32 {
  if (sec < -62167219200 || sec > 253402300799) return 0;
  let n = sec / 86400;
  let rest = <i32>(sec % 86400);
  if (rest < 0) {
    rest += 86400;
    n--;
  }
  n += 719468;
  const era = n < 0 ? <i64>-1 : n / 146097;
  const inEra = <i32>(n - era * 146097);
  const y = (inEra - inEra / 1460 + inEra / 36524 - inEra / 146096) / 365;
  const ofYear = inEra - (365 * y + y / 4 - y / 100);
  const m = (5 * ofYear + 2) / 153;
  const month = m < 10 ? m + 3 : m - 9;
  const start = to;
  to = put(to, y + <i32>era * 400 + (m < 10 ? 0 : 1), 4);
  store<u8>(to++, 0x2d);
  to = put(to, month, 2);
  store<u8>(to++, 0x2d);
  to = put(to, ofYear - (153 * m + 2) / 5 + 1, 2);
  store<u8>(to++, 0x54);
  to = put(to, rest / 3600, 2);
  store<u8>(to++, 0x3a);
  to = put(to, (rest / 60) % 60, 2);
  store<u8>(to++, 0x3a);
  to = put(to, rest % 60, 2);
  if (nsec > 0) {
    store<u8>(to++, 0x2e);
    to = put(to, nsec, 9);
    while (load<u8>(to - 1) == 48) to--;
  }
  store<u8>(to++, 0x5a);
  return <i32>(to - start);
}

/** Reads n bytes as a time and writes it to a place with room for 32 bytes; 0 when it is none. */
export function normaliseTime(to: usize, at: usize, n: i32): i32 {
  if (n < 20 || load<u8>(at, 4) != 0x2d || load<u8>(at, 7) != 0x2d || (load<u8>(at, 10) | 0x20) != 0x74 ||
      load<u8>(at, 13) != 0x3a || load<u8>(at, 16) != 0x3a) return 0;
  const century = two(at), ofCentury = two(at + 2), month = two(at + 5), day = two(at + 8);
  const hour = two(at + 11), minute = two(at + 14), second = two(at + 17);
  if (century < 0 || ofCentury < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 59) return 0;
  const year = century * 100 + ofCentury;
  if (day > daysIn(year, month)) return 0;
  let i = 19;
  let nsec = 0, scale = 100000000;
  if (load<u8>(at + i) == 0x2e && i + 1 < n && <u32>load<u8>(at + i, 1) - 48 <= 9) {
    for (i++; i < n && <u32>load<u8>(at + i) - 48 <= 9; i++) {
      nsec += (<i32>load<u8>(at + i) - 48) * scale;
      scale /= 10;
    }
  }
  const offset = zone(at + i, n - i);
  if (offset == i32.MIN_VALUE) return 0;
  return writeTime(to, days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset, nsec);
}

/** A time in canonical form; "" when it is none. */
export function time(t: string): string {
  const at = room(t.length * 3 + 32);
  const n = encode(t, at + 32);
  return decode(at, normaliseTime(at, at + 32, n));
}

/** The time of so many seconds and nanoseconds since 1970, in canonical form. */
export function timeFromUnix(seconds: i64, nanoseconds: i32 = 0): string {
  const at = room(32);
  return decode(at, writeTime(at, seconds, nanoseconds));
}
