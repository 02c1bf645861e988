package jsondoc

const (
	ones = 0x0101010101010101
	high = 0x8080808080808080
)

// Texts are gone through eight bytes at a time. A WebAssembly guest needs that more than a native program: its compiler
// knows no vector instructions, and comparing strings there is a loop over bytes. The compiler makes one load out of
// each of these.

func load8(b []byte, i int) uint64 {
	b = b[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// special has the high bit set for the first byte of w that is a quote, a backslash, a control character or no ASCII;
// bits above it mean nothing. A subtraction borrows from the next byte only past a hit.
func special(w uint64) uint64 {
	return (w | (w - 0x20*ones) | (w ^ '"'*ones - ones) | (w ^ '\\'*ones - ones)) & high
}

// sign is a cheap mark of a name: names that differ in it are different.
func sign(name []byte) uint32 {
	n := len(name)
	if n == 0 {
		return 0
	}
	return uint32(n)&0xff | uint32(name[0])<<8 | uint32(name[n-1])<<16 | uint32(name[n>>1])<<24
}

// same compares two texts.
func same(a, b []byte) bool {
	n := len(a)
	if n != len(b) {
		return false
	}
	switch {
	case n >= 8:
		for i := 0; i+8 < n; i += 8 {
			if load8(a, i) != load8(b, i) {
				return false
			}
		}
		return load8(a, n-8) == load8(b, n-8)
	case n >= 4:
		return load4(a, 0) == load4(b, 0) && load4(a, n-4) == load4(b, n-4)
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func load4(b []byte, i int) uint32 {
	b = b[i : i+4]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// isPlain says whether all of b stands for itself inside a string.
func isPlain(b []byte) bool {
	n := len(b)
	if n >= 8 {
		for i := 0; i+8 < n; i += 8 {
			if special(load8(b, i)) != 0 {
				return false
			}
		}
		return special(load8(b, n-8)) == 0
	}
	for _, c := range b {
		if !plain[c] {
			return false
		}
	}
	return true
}
