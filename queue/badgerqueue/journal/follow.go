package journal

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

// ErrDamaged means that a segment does not hold what was written to it.
var ErrDamaged = errors.New("journal: damaged")

// ErrMissing means that commits are not there that were wanted.
var ErrMissing = errors.New("journal: commits are missing")

// Follow says how a journal is read through.
type Follow struct {
	After   uint64   // the version from which on commits are wanted, and may not be missing
	All     bool     // read what is older as well, to see whether it is whole
	Lenient bool     // go on behind what is damaged, and in spite of gaps
	Key     []byte   // of sealed segments; nil: none is
	Known   []uint64 // segments whose damage was met before: nobody wants to hear of it again unless they are wanted
}

// Found is what a journal was found to hold.
type Found struct {
	First, Last uint64   // versions of the wanted commits that are there; 0: none
	Damaged     []uint64 // segments, if lenient

	segments []Info
	head     uint64 // number of the newest segment that has a header; 0: none
	end      int64  // where its last record ends
	used     int64  // where what stands behind that ends; 0: nothing does
	sealed   bool   // the newest segment is
	stray    []uint64
}

// Info describes a segment.
type Info struct {
	Number uint64
	First  uint64 // version of its first commit; 0: it has none
	Size   int64  // bytes reserved or written
}

// None says that there is no segment at all.
func (f *Found) None() bool { return len(f.segments)+len(f.Damaged) == 0 }

// Read goes through the journal in a folder, and calls fn with each commit newer than f.After, in order. Nothing is changed.
// The error is ErrDamaged, ErrMissing, or what fn or reading gave.
func (f Follow) Read(dir string, fn func(*Record) error) (found Found, err error) {
	all, err := numbers(dir)
	if err != nil {
		return found, err
	}
	for i, number := range all {
		if err := f.meet(&found, dir, number, i == len(all)-1); err != nil {
			return found, err
		}
	}
	for i, s := range found.segments {
		if err := f.segment(&found, dir, s.Number, found.segments[i+1:], fn); err != nil {
			return found, err
		}
	}
	return found, nil
}

// meet looks at the beginning of a segment.
func (f *Follow) meet(found *Found, dir string, number uint64, last bool) error {
	s, err := openSegment(dir, number, os.O_RDONLY, f.Key)
	switch {
	case err == nil:
		defer s.close()
		found.segments = append(found.segments, Info{Number: number, First: s.first(), Size: s.size})
		return nil
	case errors.Is(err, errNoHead) && last:
		found.stray = append(found.stray, number)
		return nil
	case errors.Is(err, errNoHead):
		err = fmt.Errorf("%w: %s has no header", ErrDamaged, fileName(dir, number))
	}
	if f.forgives(found, number, err) {
		return nil
	}
	return err
}

// forgives says whether to go on in spite of damage, and notes it.
func (f *Follow) forgives(found *Found, number uint64, err error) bool {
	if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrMissing) || !f.Lenient && !slices.Contains(f.Known, number) {
		return false
	}
	if !slices.Contains(found.Damaged, number) {
		found.Damaged = append(found.Damaged, number)
	}
	return true
}

// segment reads one segment, if it may hold what is wanted. later are those behind it.
func (f *Follow) segment(found *Found, dir string, number uint64, later []Info, fn func(*Record) error) error {
	i := slices.IndexFunc(later, func(l Info) bool { return l.First != 0 })
	last := i < 0
	if !f.All && !last && later[i].First <= f.After+1 {
		return nil
	}
	s, err := openSegment(dir, number, os.O_RDONLY, f.Key)
	if err != nil {
		return err
	}
	defer s.close()
	var newest uint64
	from := int64(segmentHead)
	for {
		end, err := s.walk(from, func(r *Record) error {
			newest = r.Version
			return f.record(found, r, fn)
		})
		if err != nil {
			return err
		}
		used, good, err := s.rest(end)
		if err != nil {
			return err
		}
		if len(later) == 0 {
			found.head, found.end, found.used, found.sealed = s.number, end, used, s.sealed
		}
		switch {
		case used > 0 && (good > 0 || !last):
			err = fmt.Errorf("%w: what stands at byte %d of %s was whole once: there are commits behind it", ErrDamaged, end, s.f.Name())
		case !last && later[i].Number == s.number+1 && newest != 0 && newest+1 != later[i].First:
			err = fmt.Errorf("%w: %s ends with commit %d, the next segment begins with %d", ErrDamaged, s.f.Name(), newest, later[i].First)
		}
		if err != nil && !f.forgives(found, s.number, err) {
			return err
		}
		if good == 0 {
			return nil
		}
		from = good
	}
}

func (f *Follow) record(found *Found, r *Record, fn func(*Record) error) error {
	if r.Version <= f.After {
		return nil
	}
	want := f.After + 1
	if found.Last != 0 {
		want = found.Last + 1
	}
	if r.Version != want {
		err := fmt.Errorf("%w: after commit %d there is number %d, in segment %d at byte %d", ErrMissing, want-1, r.Version, r.Segment, r.Offset)
		if r.Version < want || !f.Lenient {
			return err
		}
	}
	if found.First == 0 {
		found.First = r.Version
	}
	found.Last = r.Version
	return fn(r)
}
