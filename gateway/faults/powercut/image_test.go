package powercut

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestImageAgainstBytes does at random what programs do to a file, and compares it with two slices: what is seen, and
// what was synced.
func TestImageAgainstBytes(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 0))
		m := newImage()
		f := m.newInode(0o600, false)
		var seen, synced []byte
		for range 60 {
			switch rng.IntN(5) {
			case 0:
				size := rng.IntN(5 * pageSize)
				m.resize(f, int64(size))
				seen = append(seen[:min(size, len(seen)):min(size, len(seen))], make([]byte, max(0, size-len(seen)))...)
			case 1:
				m.sync(f)
				synced = bytes.Clone(seen)
			default:
				off, data := rng.IntN(4*pageSize), bytes.Repeat([]byte{byte(1 + rng.IntN(255))}, 1+rng.IntN(2*pageSize))
				m.write(f, int64(off), data)
				seen = append(seen, make([]byte, max(0, off+len(data)-len(seen)))...)
				copy(seen[off:], data)
			}
			same(t, seed, "seen", &f.seen, seen)
			same(t, seed, "synced", &f.lasts, synced)
		}
	}
}

func same(t *testing.T, seed uint64, what string, c *content, want []byte) {
	t.Helper()
	got := make([]byte, len(want)+1)
	n := (&inode{seen: *c}).read(0, got)
	if !bytes.Equal(got[:n], want) {
		t.Fatalf("seed %d: %s differs: %d bytes, want %d", seed, what, n, len(want))
	}
}

// TestTear tears a file whose every page was written again, and a directory in which three things happened. Over many
// seeds each page is seen old and new; names change in their order, and a rename is never half.
func TestTear(t *testing.T) {
	const pages = 8
	olds, news := [pages]bool{}, [pages]bool{}
	outcomes := map[string]int{}
	for seed := range uint64(200) {
		m := newImage()
		root := m.root()
		f := m.newInode(0o600, false)
		m.link(root, "a", f)
		m.write(f, 0, bytes.Repeat([]byte{1}, pages*pageSize))
		m.sync(f)
		m.sync(root)
		m.write(f, 0, bytes.Repeat([]byte{2}, pages*pageSize))
		m.rename(root, "a", root, "b")
		m.link(root, "c", m.newInode(0o600, false))
		m.unlink(root, "b")
		m.tear(rand.New(rand.NewPCG(seed, 0)))
		for i := range int64(pages) {
			p := f.lasts.pages[i]
			if p[0] != p[pageSize-1] {
				t.Fatalf("seed %d: page %d is half old and half new", seed, i)
			}
			olds[i], news[i] = olds[i] || p[0] == 1, news[i] || p[0] == 2
		}
		left := ""
		for _, name := range []string{"a", "b", "c"} {
			if root.lasting[name] != nil {
				left += name
			}
		}
		outcomes[left]++
	}
	for i := range pages {
		if !olds[i] || !news[i] {
			t.Errorf("page %d is always the same", i)
		}
	}
	for _, left := range []string{"a", "b", "bc", "c"} {
		if outcomes[left] == 0 {
			t.Errorf("%q is never left", left)
		}
		delete(outcomes, left)
	}
	for left := range outcomes {
		t.Errorf("%q is left", left)
	}
}
