package journal

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"
)

// TestTornTail cuts the last commit at each of its bytes, as a kill may: it is not there, all others are, and what is
// written next takes its place.
func TestTornTail(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir, Follow{})
	fill(t, j, 1, 3)
	segment, offset, err := j.Next()
	if err != nil {
		t.Fatal(err)
	}
	fill(t, j, 4, 4)
	name := fileName(dir, segment)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	_, end, _ := j.Next()
	for at := offset; at < end; at += 7 {
		torn := slices.Clone(whole)
		clear(torn[at:])
		copy(torn[at+(end-at)/2:end], whole[at+(end-at)/2:]) // later pages may have come to the disk before earlier ones
		if at == offset {
			clear(torn[at:])
		}
		if err := os.WriteFile(name, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		again, got := open(t, dir, Follow{})
		if len(got) != 3 {
			t.Fatalf("torn at %d of %d to %d: %v", at, offset, end, got)
		}
		write(t, again, 4, "x", nil) // shorter: what is left of the torn one must not be taken for damage
		if _, got := open(t, dir, Follow{}); len(got) != 4 || got[3] != "4:x" {
			t.Fatalf("written over what was torn at %d: %v", at, got)
		}
	}
}

// TestDamageIsTold damages a journal in ways that no kill leaves.
func TestDamageIsTold(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		follow Follow
		want   error
		left   int // commits, if it is borne
	}{
		{"a bit of a commit with others behind it", func(t *testing.T, dir string) { change(t, dir, 1, segmentHead+40, nil) }, Follow{}, ErrDamaged, 39},
		{"a bit of the last commit of a segment", func(t *testing.T, dir string) { change(t, dir, 2, -1, nil) }, Follow{}, ErrDamaged, 39},
		{"a header", func(t *testing.T, dir string) { change(t, dir, 2, 9, nil) }, Follow{}, ErrDamaged, 31},
		{"an old header", func(t *testing.T, dir string) { change(t, dir, 1, 9, nil) }, Follow{After: 30}, ErrDamaged, 10},
		{"a segment that was cut", func(t *testing.T, dir string) { change(t, dir, 5, 0, func(b []byte) []byte { return b[:3000] }) }, Follow{}, ErrDamaged, 36},
		{"an old bit, all wanted", func(t *testing.T, dir string) { change(t, dir, 1, segmentHead+40, nil) }, Follow{After: 30, All: true}, ErrDamaged, 10},
		{"an old bit", func(t *testing.T, dir string) { change(t, dir, 1, segmentHead+40, nil) }, Follow{After: 30}, nil, 10},
		{"an old bit that is known", func(t *testing.T, dir string) { change(t, dir, 1, segmentHead+40, nil) }, Follow{After: 30, All: true, Known: []uint64{1}}, nil, 10},
		{"a segment removed", func(t *testing.T, dir string) { removeSegment(t, dir, 2) }, Follow{}, ErrMissing, 31},
		{"an old segment removed", func(t *testing.T, dir string) { removeSegment(t, dir, 2) }, Follow{After: 20, All: true}, nil, 20},
		{"the first commits", func(t *testing.T, dir string) { removeSegment(t, dir, 1) }, Follow{}, ErrMissing, 31},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			j, _ := open(t, dir, Follow{})
			fill(t, j, 1, 40)
			c.damage(t, dir)
			n := 0
			count := func(*Record) error { n++; return nil }
			c.follow.Key = testKey
			if _, err := c.follow.Read(dir, count); !errors.Is(err, c.want) {
				t.Fatalf("read: %v, want %v", err, c.want)
			}
			n = 0
			c.follow.Lenient = true
			found, err := c.follow.Read(dir, count)
			if err != nil || n != c.left {
				t.Errorf("leniently: %d commits, %v; want %d", n, err, c.left)
			}
			if (len(found.Damaged) > 0) != errors.Is(c.want, ErrDamaged) && len(c.follow.Known) == 0 {
				t.Errorf("damaged: %v", found.Damaged)
			}
			again, err := Open(dir, testSize, testKey, found, true, 0)
			if err != nil {
				t.Fatal(err)
			}
			wantPayload(t, again, write(t, again, 41, "", bytes.Repeat([]byte{41}, bodySize())), 41)
			_ = again.Close()
		})
	}
}

// change flips a bit of a segment, counted from the end of what was written if at is negative, or does what edit does.
func change(t *testing.T, dir string, number uint64, at int, edit func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(fileName(dir, number))
	if err != nil {
		t.Fatal(err)
	}
	if at < 0 {
		at += len(bytes.TrimRight(b, "\x00"))
	}
	b[at] ^= 4
	if edit != nil {
		b[at] ^= 4
		b = edit(b)
	}
	if err := os.WriteFile(fileName(dir, number), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func removeSegment(t *testing.T, dir string, number uint64) {
	t.Helper()
	if err := os.Remove(fileName(dir, number)); err != nil {
		t.Fatal(err)
	}
}

// TestUnfinishedSegment opens a journal in which a segment was being made when the process ended.
func TestUnfinishedSegment(t *testing.T) {
	for _, left := range [][]byte{nil, make([]byte, testSize), encodeHead(segmentMagic, 2, 7, testSize)[:20]} {
		dir := t.TempDir()
		j, _ := open(t, dir, Follow{})
		fill(t, j, 1, 3)
		if err := os.WriteFile(fileName(dir, 2), left, 0o600); err != nil {
			t.Fatal(err)
		}
		again, got := open(t, dir, Follow{})
		if len(got) != 3 {
			t.Errorf("%d bytes of a second segment: %v", len(left), got)
		}
		fill(t, again, 4, 30)
		if _, got := open(t, dir, Follow{}); len(got) != 30 {
			t.Errorf("%d bytes of a second segment, then written on: %v", len(left), got)
		}
	}
}

// TestPayloadIsNoRecord stores as a payload what another segment has as a record: it does not pass for one when the commit
// that holds it is torn.
func TestPayloadIsNoRecord(t *testing.T) {
	other := t.TempDir()
	j, _ := open(t, other, Follow{})
	fill(t, j, 1, 2)
	forged, err := os.ReadFile(fileName(other, 1))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	j, _ = open(t, dir, Follow{})
	fill(t, j, 1, 1)
	_, offset, _ := j.Next()
	write(t, j, 2, "torn", bytes.TrimRight(forged, "\x00")[segmentHead:])
	change(t, dir, 1, int(offset)+4, nil)
	if _, got := open(t, dir, Follow{}); len(got) != 1 {
		t.Errorf("read %v", got)
	}
}

// TestNumbersAreNotUsedAgain opens a journal whose newest segment is gone: what was known of that one must not be said of
// another.
func TestNumbersAreNotUsedAgain(t *testing.T) {
	dir := t.TempDir()
	j, err := Open(dir, testSize, testKey, Found{}, false, 7)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close() //nolint:errcheck // a test's
	if n, _, err := j.Next(); n != 8 || err != nil {
		t.Errorf("segment %d, %v; want 8", n, err)
	}
}
