package jsondoc

import "math/bits"

// Texts are gone through eight bytes at a time. A WebAssembly guest needs that more than a native program: its compiler
// knows no vector instructions, and comparing strings there is a loop over bytes.

const (
	ones = 0x0101010101010101
	high = 0x8080808080808080
)

// special has the high bit set for the first byte of w that is a quote, a backslash, a control character or no ASCII;
// bits above it mean nothing. A subtraction borrows from the next byte only past a hit.
func special(w uint64) uint64 {
	return (w | (w - 0x20*ones) | (w ^ '"'*ones - ones) | (w ^ '\\'*ones - ones)) & high
}

// notSpace has the high bit set for each byte of w that is no white space of JSON's.
func notSpace(w uint64) uint64 {
	const low = 0x7f * ones
	a, b, c, d := w^' '*ones, w^'\n'*ones, w^'\r'*ones, w^'\t'*ones
	return (a&low + low | a) & (b&low + low | b) & (c&low + low | c) & (d&low + low | d) & high
}

// dots has the high bit set for the first byte of w that is a dot or a backslash; bits above it mean nothing.
func dots(w uint64) uint64 {
	x, y := w^'.'*ones, w^'\\'*ones
	return ((x-ones)&^x | (y-ones)&^y) & high
}

// stepLen is the length of a path's first name: up to a dot, a backslash or the end.
func stepLen(p []byte) int {
	n := len(p)
	if n >= 8 {
		for i := 0; i+8 <= n; i += 8 {
			if m := dots(load8(p, i)); m != 0 {
				return i + bits.TrailingZeros64(m)>>3
			}
		}
		if m := dots(load8(p, n-8)); m != 0 {
			return n - 8 + bits.TrailingZeros64(m)>>3
		}
		return n
	}
	for i, c := range p {
		if c == '.' || c == '\\' {
			return i
		}
	}
	return n
}

// sign is a mark of a name: names of the same length below eight bytes are the same if their marks are, of others it
// holds the reverse.
func sign(name []byte) uint64 {
	n := len(name)
	switch {
	case n >= 8:
		return load8(name, 0) + load8(name, n-8)<<1
	case n >= 4:
		return uint64(load4(name, 0)) | uint64(load4(name, n-4))<<32
	case n > 0:
		return uint64(name[0]) | uint64(name[n>>1])<<8 | uint64(name[n-1])<<16
	}
	return 0
}

// same compares two texts.
func same(a, b []byte) bool {
	n := len(a)
	if n != len(b) {
		return false
	}
	if n < 8 {
		return sign(a) == sign(b)
	}
	for i := 0; i+8 < n; i += 8 {
		if load8(a, i) != load8(b, i) {
			return false
		}
	}
	return load8(a, n-8) == load8(b, n-8)
}

// isPlain says whether all of b stands for itself inside a string.
func isPlain(b []byte) bool {
	n := len(b)
	if n < 4 {
		for _, c := range b {
			if !plain[c] {
				return false
			}
		}
		return true
	}
	if n < 8 {
		return special(uint64(load4(b, 0))|uint64(load4(b, n-4))<<32) == 0
	}
	for i := 0; i+8 < n; i += 8 {
		if special(load8(b, i)) != 0 {
			return false
		}
	}
	return special(load8(b, n-8)) == 0
}
