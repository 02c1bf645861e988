package journal

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// ErrGone means that a segment is not there any more.
var ErrGone = errors.New("journal: the segment is gone")

// Place is where a payload stands.
type Place struct {
	Segment        uint64
	Offset, Length uint32
	Sum            uint32
}

// PlaceSize is how many bytes a place takes.
const PlaceSize = 20

// Put writes a place to the beginning of b.
func (p Place) Put(b []byte) {
	binary.BigEndian.PutUint64(b, p.Segment)
	binary.BigEndian.PutUint32(b[8:], p.Offset)
	binary.BigEndian.PutUint32(b[12:], p.Length)
	binary.BigEndian.PutUint32(b[16:], p.Sum)
}

// PlaceFrom reads what Put wrote.
func PlaceFrom(b []byte) Place {
	return Place{Segment: binary.BigEndian.Uint64(b), Offset: binary.BigEndian.Uint32(b[8:]),
		Length: binary.BigEndian.Uint32(b[12:]), Sum: binary.BigEndian.Uint32(b[16:])}
}

func (p Place) String() string {
	return fmt.Sprintf("%d bytes at %d of segment %d", p.Length, p.Offset, p.Segment)
}

// Read reads a payload. ErrGone when its segment was removed, ErrDamaged when it is not what was written.
func (j *Journal) Read(p Place) ([]byte, error) {
	if p.Length > maxRecord {
		return nil, fmt.Errorf("%w: %v", ErrDamaged, p)
	}
	f, err := j.files.take(p.Segment)
	if err != nil {
		return nil, err
	}
	defer j.files.give(f)
	b := make([]byte, p.Length)
	switch _, err := f.f.ReadAt(b, int64(p.Offset)); {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%w: %v, beyond its end", ErrDamaged, p)
	case err != nil:
		return nil, fmt.Errorf("journal: %w", err)
	}
	if f.aead != nil {
		text, ok := openAt(f.aead, b, p.Offset, 0)
		if !ok {
			return nil, fmt.Errorf("%w: %v: it does not open with this key", ErrDamaged, p)
		}
		b = text
	}
	if Sum(b) != p.Sum {
		return nil, fmt.Errorf("%w: %v: the checksum does not match", ErrDamaged, p)
	}
	return b, nil
}

// Walk calls fn with each commit of a segment that is not written any more.
func (j *Journal) Walk(number uint64, fn func(*Record) error) error {
	s, err := openSegment(j.dir, number, os.O_RDONLY, j.key)
	if err != nil {
		return err
	}
	defer s.close()
	end, err := s.walk(segmentHead, fn)
	if err != nil {
		return err
	}
	if used, _, err := s.rest(end); err != nil || used > 0 {
		return errors.Join(err, fmt.Errorf("%w: what stands at byte %d of %s is no commit", ErrDamaged, end, s.f.Name()))
	}
	return nil
}

// maxFiles is how many segments are held open for reading.
const maxFiles = 16

// files holds segments open.
type files struct {
	dir string
	key []byte

	mu   sync.Mutex
	open map[uint64]*file
	tick uint64
}

type file struct {
	number uint64
	f      *os.File
	aead   cipher.AEAD // nil: in the clear
	users  int
	used   uint64 // when it was last taken
	stale  bool   // to be closed by its last user
}

// take gives an open segment; every one wants one give.
func (s *files) take(number uint64) (*file, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick++
	f := s.open[number]
	if f == nil {
		o, err := openSegment(s.dir, number, os.O_RDONLY, s.key)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: number %d", ErrGone, number)
		}
		if err != nil {
			return nil, err
		}
		s.spare()
		f = &file{number: number, f: o.f, aead: o.aead}
		s.open[number] = f
	}
	f.users++
	f.used = s.tick
	return f, nil
}

// spare makes room for one more: the file that nobody has used for longest goes.
func (s *files) spare() {
	var oldest *file
	for _, f := range s.open {
		if f.users == 0 && (oldest == nil || f.used < oldest.used) {
			oldest = f
		}
	}
	if len(s.open) >= maxFiles && oldest != nil {
		s.let(oldest)
	}
}

// let takes a file out, and closes it when nobody uses it.
func (s *files) let(f *file) {
	delete(s.open, f.number)
	if f.stale = true; f.users == 0 {
		_ = f.f.Close() // only read
	}
}

func (s *files) give(f *file) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.users--; f.users == 0 && f.stale {
		_ = f.f.Close() // only read
	}
}

func (s *files) drop(number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.open[number]; f != nil {
		s.let(f)
	}
}

func (s *files) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.open {
		s.let(f)
	}
}
