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
