//! Texts are gone through eight bytes at a time: a WebAssembly compiler knows no vector instructions here, and comparing
//! and copying through the standard library are loops over bytes there.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

#[inline(always)]
pub fn load8(b: &[u8], i: usize) -> u64 {
    u64::from_le_bytes(b[i..i + 8].try_into().unwrap())
}

#[inline(always)]
pub fn load4(b: &[u8], i: usize) -> u32 {
    u32::from_le_bytes(b[i..i + 4].try_into().unwrap())
}

/// special has the high bit set for the first byte of w that is a quote, a backslash, a control character or no ASCII;
/// bits above it mean nothing.
#[inline(always)]
pub fn special(w: u64) -> u64 {
    let below = w.wrapping_sub(0x20 * ONES);
    let quote = (w ^ (b'"' as u64 * ONES)).wrapping_sub(ONES);
    let backslash = (w ^ (b'\\' as u64 * ONES)).wrapping_sub(ONES);
    (w | below | quote | backslash) & HIGH
}

/// sign is a mark of a name: names of the same length below eight bytes are the same if their marks are. The gateway
/// makes the same for a tape.
#[inline(always)]
pub fn sign(name: &[u8]) -> u64 {
    let n = name.len();
    if n >= 8 {
        load8(name, 0).wrapping_add(load8(name, n - 8) << 1)
    } else if n >= 4 {
        load4(name, 0) as u64 | (load4(name, n - 4) as u64) << 32
    } else if n > 0 {
        name[0] as u64 | (name[n >> 1] as u64) << 8 | (name[n - 1] as u64) << 16
    } else {
        0
    }
}

/// spread is a mark's bits mixed, the highest best.
#[inline(always)]
pub fn spread(mark: u64) -> u64 {
    mark.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// stop gives the place of the first dot or backslash in a path, or its end.
#[inline]
pub fn stop(path: &[u8]) -> usize {
    let mut i = 0;
    while i + 8 <= path.len() {
        let w = load8(path, i);
        let (x, y) = (w ^ (b'.' as u64 * ONES), w ^ (b'\\' as u64 * ONES));
        let m = (x.wrapping_sub(ONES) & !x | y.wrapping_sub(ONES) & !y) & HIGH;
        if m != 0 {
            return i + (m.trailing_zeros() >> 3) as usize;
        }
        i += 8;
    }
    while i < path.len() && path[i] != b'.' && path[i] != b'\\' {
        i += 1;
    }
    i
}

/// same compares two texts.
#[inline]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    let n = a.len();
    if n != b.len() {
        return false;
    }
    if n < 8 {
        return sign(a) == sign(b);
    }
    let mut i = 0;
    while i + 8 < n {
        if load8(a, i) != load8(b, i) {
            return false;
        }
        i += 8;
    }
    load8(a, n - 8) == load8(b, n - 8)
}

/// PLAIN marks the bytes that stand for themselves inside a string.
pub static PLAIN: [bool; 256] = {
    let mut t = [false; 256];
    let mut c = 0x20;
    while c < 0x80 {
        t[c] = c != b'"' as usize && c != b'\\' as usize;
        c += 1;
    }
    t
};

/// is_plain says whether all of b stands for itself inside a string.
#[inline]
pub fn is_plain(b: &[u8]) -> bool {
    let n = b.len();
    if n < 4 {
        return b.iter().all(|&c| PLAIN[c as usize]);
    }
    if n < 8 {
        return special(load4(b, 0) as u64 | (load4(b, n - 4) as u64) << 32) == 0;
    }
    let mut i = 0;
    while i + 8 < n {
        if special(load8(b, i)) != 0 {
            return false;
        }
        i += 8;
    }
    special(load8(b, n - 8)) == 0
}

/// append is extend_from_slice without a call for what most texts are: short.
#[inline]
pub fn append(to: &mut Vec<u8>, s: &[u8]) {
    let n = s.len();
    if n > 128 {
        return to.extend_from_slice(s);
    }
    to.reserve(n);
    let len = to.len();
    // Every piece lies within s, and within the n bytes that were reserved behind len.
    unsafe {
        let (src, dst) = (s.as_ptr(), to.as_mut_ptr().add(len));
        if n >= 8 {
            let mut i = 0;
            while i + 8 < n {
                dst.add(i).cast::<u64>().write_unaligned(src.add(i).cast::<u64>().read_unaligned());
                i += 8;
            }
            dst.add(n - 8).cast::<u64>().write_unaligned(src.add(n - 8).cast::<u64>().read_unaligned());
        } else if n >= 4 {
            dst.cast::<u32>().write_unaligned(src.cast::<u32>().read_unaligned());
            dst.add(n - 4).cast::<u32>().write_unaligned(src.add(n - 4).cast::<u32>().read_unaligned());
        } else if n > 0 {
            dst.write(src.read());
            dst.add(n >> 1).write(src.add(n >> 1).read());
            dst.add(n - 1).write(src.add(n - 1).read());
        }
        to.set_len(len + n);
    }
}
