package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const testSize = 4 << 10

// open reads a journal and opens it, and gives the commits newer than after.
func open(t testing.TB, dir string, f Follow) (*Journal, []string) {
	t.Helper()
	var got []string
	f.Key = testKey
	found, err := f.Read(dir, func(r *Record) error {
		got = append(got, fmt.Sprintf("%d:%s", r.Version, r.Changes))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	j, err := Open(dir, testSize, testKey, found, f.Lenient, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j, got
}

// write commits a change with a payload, and gives its place.
func write(t testing.TB, j *Journal, version uint64, change string, payload []byte) Place {
	t.Helper()
	c := newCommit()
	at := c.AddPayload(payload)
	c.Append(func(b []byte) []byte { return append(b, change...) })
	segment, offset, err := j.Next()
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Write(c, version); err != nil {
		t.Fatal(err)
	}
	return Place{Segment: segment, Offset: offset + at, Length: uint32(c.Stored(len(payload))), Sum: Sum(payload)}
}

// fill writes commits of about 500 bytes up to a version.
func fill(t testing.TB, j *Journal, from, to uint64) (places []Place) {
	t.Helper()
	for v := from; v <= to; v++ {
		places = append(places, write(t, j, v, fmt.Sprint("change", v), bytes.Repeat([]byte{byte(v)}, bodySize())))
	}
	return places
}

func wantPayload(t *testing.T, j *Journal, p Place, version uint64) {
	t.Helper()
	if b, err := j.Read(p); err != nil || !bytes.Equal(b, bytes.Repeat([]byte{byte(version)}, bodySize())) {
		t.Errorf("payload of commit %d at %v: %d bytes, %v", version, p, len(b), err)
	}
}

func TestCommitsComeBack(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir, Follow{})
	places := fill(t, j, 1, 40)
	if n := len(j.Segments()); n < 5 {
		t.Fatalf("%d segments of 4 KiB for 20 KB", n)
	}
	again, got := open(t, dir, Follow{After: 30})
	if len(got) != 10 || got[0] != "31:change31" || got[9] != "40:change40" {
		t.Errorf("after 30: %v", got)
	}
	places = append(places, fill(t, again, 41, 45)...)
	for i, p := range places {
		wantPayload(t, again, p, uint64(i+1))
	}
	if _, got := open(t, dir, Follow{}); len(got) != 45 || got[44] != "45:change45" {
		t.Errorf("%d commits, the last %s", len(got), got[len(got)-1])
	}
}

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

func TestRemove(t *testing.T) {
	j, _ := open(t, t.TempDir(), Follow{})
	places := fill(t, j, 1, 40)
	all := j.Segments()
	if some := j.Removable(all[2].First - 1); len(some) != 2 || some[1].Number != all[1].Number {
		t.Errorf("removable before %d: %v of %v", all[2].First, some, all)
	}
	if some := j.Removable(1 << 60); len(some) != len(all)-1 {
		t.Errorf("%d of %d segments could go; the one that is written cannot", len(some), len(all))
	}
	wantPayload(t, j, places[0], 1) // holds the file open
	if err := j.Remove(all[0].Number); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Read(places[0]); !errors.Is(err, ErrGone) {
		t.Errorf("read from a segment that was removed: %v", err)
	}
	wantPayload(t, j, places[39], 40)
	if a, b := j.Since(40), j.Since(10); a >= b || a < testSize {
		t.Errorf("%d bytes since 40, %d since 10", a, b)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir, Follow{})
	places := fill(t, j, 1, 200)
	for i, p := range places { // of more segments than are held open
		wantPayload(t, j, p, uint64(i+1))
	}
	if n := len(j.files.open); n > maxFiles {
		t.Errorf("%d files are open", n)
	}
	for _, p := range []Place{{Segment: 1, Offset: 100, Length: 10, Sum: 1}, {Segment: 1, Offset: 1 << 30, Length: 10}, {Segment: 1, Length: 1 << 31}} {
		if _, err := j.Read(p); !errors.Is(err, ErrDamaged) {
			t.Errorf("%v: %v", p, err)
		}
	}
	n := 0
	err := j.Walk(2, func(r *Record) error {
		n++
		p := places[r.Version-1]
		if got := r.Payload(p); Sum(got) != p.Sum || r.Payload(Place{Segment: 2, Offset: p.Offset, Length: 1 << 20}) != nil {
			t.Errorf("the payload of commit %d in its record: %d bytes", r.Version, len(got))
		}
		return nil
	})
	if err != nil || n == 0 {
		t.Errorf("walked through %d commits, %v", n, err)
	}
	change(t, dir, 2, segmentHead+40, nil)
	if err := j.Walk(2, func(*Record) error { return nil }); !errors.Is(err, ErrDamaged) {
		t.Errorf("walked through a damaged segment: %v", err)
	}
}

// TestFailedWriteIsFinal has a sync fail: nothing is written any more.
func TestFailedWriteIsFinal(t *testing.T) {
	j, _ := open(t, t.TempDir(), Follow{})
	failed := errors.New("no")
	j.sync = func(*os.File) error { return failed }
	if err := j.Write(newCommit(), 1); !errors.Is(err, failed) {
		t.Fatal(err)
	}
	j.sync = syncData
	if err := j.Write(newCommit(), 1); !errors.Is(err, failed) {
		t.Errorf("written after a sync failed: %v", err)
	}
	if _, _, err := j.Next(); !errors.Is(err, failed) {
		t.Errorf("gives a place after a sync failed: %v", err)
	}
}

// FuzzRead gives the reader a segment of any bytes: what is in it is read or refused.
func FuzzRead(f *testing.F) {
	for _, seals := range []bool{false, true} {
		if seals {
			sealing(f)
		}
		dir := f.TempDir()
		j, _ := open(f, dir, Follow{})
		fill(f, j, 1, 3)
		whole, err := os.ReadFile(fileName(dir, 1))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole, seals)
		f.Add(whole[:700], seals)
		f.Add(append(slices.Clone(whole[:600]), whole...), seals)
	}
	f.Add(encodeHead(segmentMagic, 1, 7, 0), false)
	f.Add(encodeHead(sealedMagic, 1, 7, 0), true)
	f.Add(binary.LittleEndian.AppendUint32(encodeHead(segmentMagic, 1, 7, 0), 0x9d634250), false)
	f.Fuzz(func(t *testing.T, b []byte, seals bool) {
		if testKey = nil; seals {
			sealing(t)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "00000001.seg"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := Follow{All: true, Key: testKey}.Read(dir, func(r *Record) error { r.Payload(Place{Segment: 1, Offset: r.Offset + 30, Length: 5}); return nil })
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrMissing) && (seals || !errors.Is(err, ErrSealed)) {
				t.Error(err)
			}
			return
		}
		j, err := Open(dir, testSize, testKey, found, false, 0) // what was found to be good can be written on
		if err != nil {
			t.Fatal(err)
		}
		write(t, j, found.Last+1, "more", []byte("payload"))
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		if again, err := (Follow{All: true, Key: testKey}).Read(dir, func(*Record) error { return nil }); err != nil || again.Last != found.Last+1 {
			t.Errorf("%+v became %+v, %v", found, again, err)
		}
	})
}

// BenchmarkWrite writes commits of 32 payloads of 600 bytes and their changes, in the clear and sealed.
func BenchmarkWrite(b *testing.B) {
	b.Run("clear", benchmarkWrite)
	b.Run("sealed", func(b *testing.B) {
		sealing(b)
		benchmarkWrite(b)
	})
}

func benchmarkWrite(b *testing.B) {
	found, err := Follow{}.Read(b.TempDir(), nil)
	if err != nil {
		b.Fatal(err)
	}
	j, err := Open(b.TempDir(), 32<<20, testKey, found, false, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close() //nolint:errcheck // a benchmark's
	payload, changes := make([]byte, 600), make([]byte, 32*350)
	b.ReportAllocs()
	b.SetBytes(32 * 950)
	c := newCommit()
	for v := uint64(1); b.Loop(); v++ {
		c.Reset()
		for range 32 {
			c.AddPayload(payload)
		}
		c.Append(func(to []byte) []byte { return append(to, changes...) })
		if _, _, err := j.Next(); err != nil {
			b.Fatal(err)
		}
		if err := j.Write(c, v); err != nil {
			b.Fatal(err)
		}
	}
}
