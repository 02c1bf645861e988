package journal

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// A segment begins with: magic, its number, its salt, how many bytes were reserved for it, and a CRC of all that.
const segmentHead = 36

var segmentMagic = [8]byte{'p', 'b', 'j', 'r', 'n', 'l', '0', '1'}

func fileName(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%08d.seg", number))
}

func encodeHead(magic [8]byte, number, salt, reserved uint64) []byte {
	b := append(make([]byte, 0, segmentHead), magic[:]...)
	b = binary.LittleEndian.AppendUint64(b, number)
	b = binary.LittleEndian.AppendUint64(b, salt)
	b = binary.LittleEndian.AppendUint64(b, reserved)
	return binary.LittleEndian.AppendUint32(b, salted(0, b))
}

// segment is a file that is read.
type segment struct {
	number   uint64
	salt     uint64
	reserved int64
	size     int64
	f        *os.File
	sealed   bool
	aead     cipher.AEAD // nil: in the clear
}

// errNoHead means that a segment was being made when the process ended: nothing was ever written to it.
var errNoHead = errors.New("no header")

// openSegment opens a segment. key may be nil for a journal in the clear.
func openSegment(dir string, number uint64, flag int, key []byte) (*segment, error) {
	f, err := os.OpenFile(fileName(dir, number), flag, 0)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	s := &segment{number: number, f: f}
	if err := s.readHead(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if !s.sealed {
		return s, nil
	}
	if key == nil {
		err = fmt.Errorf("%w: %s", ErrSealed, f.Name())
	} else {
		s.aead, err = segmentCipher(key, number, s.salt)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

func (s *segment) readHead() error {
	st, err := s.f.Stat()
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	s.size = st.Size()
	b := make([]byte, segmentHead)
	if _, err := s.f.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("journal: %w", err)
	}
	number := binary.LittleEndian.Uint64(b[8:])
	s.sealed = [8]byte(b) == sealedMagic
	if !s.sealed && [8]byte(b) != segmentMagic || number != s.number || binary.LittleEndian.Uint32(b[32:]) != salted(0, b[:32]) {
		if used, _, err := s.rest(segmentHead); err != nil || used == 0 {
			return errors.Join(err, errNoHead)
		}
		return fmt.Errorf("%w: the header of %s makes no sense", ErrDamaged, s.f.Name())
	}
	s.salt, s.reserved = binary.LittleEndian.Uint64(b[16:]), int64(binary.LittleEndian.Uint64(b[24:])) //nolint:gosec // as written
	if s.size < s.reserved {
		return fmt.Errorf("%w: %s has %d bytes of %d: it was cut", ErrDamaged, s.f.Name(), s.size, s.reserved)
	}
	return nil
}

func (s *segment) close() { _ = s.f.Close() } // only read

// first gives the version of the first record; 0 when there is none, or it cannot be read.
func (s *segment) first() uint64 {
	var b [recordHead]byte
	if _, err := s.f.ReadAt(b[:], segmentHead); err != nil {
		return 0
	}
	h, _ := readHead(b[:], s.salt)
	return h.version
}

// walk calls fn with each record from a place on, until one is not there. It gives where the last one ends.
func (s *segment) walk(at int64, fn func(*Record) error) (end int64, err error) {
	var header [recordHead]byte
	var buf []byte
	for {
		if _, err := s.f.ReadAt(header[:], at); err != nil {
			return at, notEOF(err)
		}
		h, ok := readHead(header[:], s.salt)
		if !ok || int64(h.size()) > s.size-at {
			return at, nil
		}
		buf = slices.Grow(buf[:0], h.size())[:h.size()]
		if _, err := s.f.ReadAt(buf, at); err != nil {
			return at, notEOF(err)
		}
		r, ok := readRecord(buf, h, s.salt)
		if !ok {
			return at, nil
		}
		r.Segment, r.Offset = s.number, uint32(at) //nolint:gosec // a segment is far below 4 GiB
		if err := r.open(s.aead); err != nil {
			return at, err
		}
		if err := fn(&r); err != nil {
			return at, err
		}
		at += int64(h.size())
	}
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("journal: %w", err)
}

// rest says what stands behind the last good record: nothing (0), or something that ends at used; and where the first whole
// record in it is, 0 for none.
func (s *segment) rest(end int64) (used, good int64, err error) {
	b := make([]byte, max(0, s.size-end))
	if _, err := s.f.ReadAt(b, end); err != nil && len(b) > 0 {
		return 0, 0, notEOF(err)
	}
	b = bytes.TrimRight(b, "\x00")
	if len(b) == 0 {
		return 0, 0, nil
	}
	used = end + int64(len(b))
	for at := 1; ; at++ {
		i := bytes.Index(b[min(at, len(b)):], recordMagic[:])
		if i < 0 {
			return used, 0, nil
		}
		at += i
		if h, ok := readHead(b[at:], s.salt); ok {
			if _, ok := s.whole(h, end+int64(at)); ok {
				return used, end + int64(at), nil
			}
		}
	}
}

// whole reads a record again, from the file: what rest cut off as empty may be its end.
func (s *segment) whole(h head, at int64) (r Record, ok bool) {
	if int64(h.size()) > s.size-at {
		return r, false
	}
	b := make([]byte, h.size())
	if _, err := s.f.ReadAt(b, at); err != nil {
		return r, false
	}
	return readRecord(b, h, s.salt)
}

// numbers lists the segments in a folder, in order.
func numbers(dir string) (out []uint64, err error) {
	names, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("journal: %w", err)
	}
	for _, n := range names {
		var number uint64
		if _, err := fmt.Sscanf(n.Name(), "%d.seg", &number); err == nil && filepath.Base(fileName(dir, number)) == n.Name() {
			out = append(out, number)
		}
	}
	slices.Sort(out)
	return out, nil
}
