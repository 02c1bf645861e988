// Names of states, as people and vendors write them.

/** Whether two names are the same: in any script, whatever the case, a space as good as an underscore. "Transfers Only" is
 * transfers_only. */
export function sameName(a: string, b: string): bool {
  let i = 0, k = 0;
  while (i < a.length && k < b.length) {
    const x = a.codePointAt(i), y = b.codePointAt(k);
    i += x > 0xffff ? 2 : 1;
    k += y > 0xffff ? 2 : 1;
    if (x != y && folded(x) != folded(y)) return false;
  }
  return i == a.length && k == b.length;
}

// A character's small letter, by itself: in a text a letter's place in its word can matter.
function folded(c: i32): i32 {
  if (c == 0x20) return 0x5f;
  if (c < 0x80) return c >= 0x41 && c <= 0x5a ? c | 0x20 : c;
  return String.fromCodePoint(c).toLowerCase().codePointAt(0);
}
