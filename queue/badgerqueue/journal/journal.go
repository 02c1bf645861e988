package journal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Journal is one that is open. One goroutine writes; reading is safe for concurrent use.
type Journal struct {
	dir  string
	size int64                // bytes of a segment
	sync func(*os.File) error // of a commit
	key  []byte               // nil: what is written stays in the clear

	head   *os.File
	number uint64
	salt   uint64
	aead   cipher.AEAD // of the segment that is written; nil: in the clear
	at     int64
	failed error // of a write: nothing is known of the file after that

	mu       sync.Mutex
	segments []Info // by number; the last one is being written
	files    files
}

// Open opens a journal for writing, which Read has found to be good, or good enough. size says how many bytes a segment has.
// Another one is begun if fresh, or if the newest is full or has been lost: used is the highest number that a segment is known
// to have had. With a key what is written from now on is sealed; segments that are in the clear stay so.
func Open(dir string, size int64, key []byte, found Found, fresh bool, used uint64) (*Journal, error) {
	j := &Journal{dir: dir, size: size, key: key, segments: found.segments, sync: syncData, files: files{dir: dir, key: key, open: map[uint64]*file{}}}
	j.number = used
	for _, n := range found.stray {
		if err := os.Remove(fileName(dir, n)); err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		j.number = max(j.number, n)
	}
	if err := found.wipe(dir, key); err != nil {
		return nil, err
	}
	if found.head < used || found.head == 0 || fresh || found.end >= size || found.sealed != (key != nil) {
		j.number = max(j.number, found.head)
		if n := len(found.segments); n > 0 {
			j.number = max(j.number, found.segments[n-1].Number)
		}
		for _, n := range found.Damaged {
			j.number = max(j.number, n)
		}
		return j, j.begin()
	}
	return j, j.resume(found)
}

func syncData(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); !errors.Is(err, unix.EINTR) { //nolint:gosec // a descriptor fits
			return err
		}
	}
}

// wipe removes what a kill left of the last commit.
func (f *Found) wipe(dir string, key []byte) error {
	if f.used == 0 {
		return nil
	}
	s, err := openSegment(dir, f.head, os.O_RDWR, key)
	if err != nil {
		return err
	}
	if _, err = s.f.WriteAt(make([]byte, f.used-f.end), f.end); err == nil {
		err = s.f.Sync()
	}
	if err = errors.Join(err, s.f.Close()); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// resume goes on in the newest segment.
func (j *Journal) resume(found Found) error {
	s, err := openSegment(j.dir, found.head, os.O_RDWR, j.key)
	if err != nil {
		return err
	}
	j.head, j.number, j.salt, j.aead, j.at = s.f, s.number, s.salt, s.aead, found.end
	return nil
}

// begin makes the next segment. Its name is synced before anything is written to it.
func (j *Journal) begin() (err error) {
	number := j.number + 1
	f, err := os.OpenFile(fileName(j.dir, number), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("journal: begin %s: %w", f.Name(), err), f.Close(), os.Remove(f.Name()))
		}
	}()
	// Where room cannot be reserved, commits find out.
	reserved := j.size
	if unix.Fallocate(int(f.Fd()), 0, 0, reserved) != nil { //nolint:gosec // a descriptor fits
		reserved = 0
		if err := f.Truncate(0); err != nil {
			return err
		}
	}
	// The size lasts before a header says what it is.
	if err := f.Sync(); err != nil {
		return err
	}
	var salt [8]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return err
	}
	j.salt = binary.LittleEndian.Uint64(salt[:])
	magic := segmentMagic
	if j.key != nil {
		magic = sealedMagic
		if j.aead, err = segmentCipher(j.key, number, j.salt); err != nil {
			return err
		}
	}
	if _, err := f.WriteAt(encodeHead(magic, number, j.salt, uint64(reserved)), 0); err != nil { //nolint:gosec // as given
		return err
	}
	if err := errors.Join(f.Sync(), syncFolder(j.dir)); err != nil {
		return err
	}
	if j.head != nil {
		_ = j.head.Close() // all of it is synced
	}
	j.head, j.number, j.at = f, number, segmentHead
	j.mu.Lock()
	defer j.mu.Unlock()
	j.segments = append(j.segments, Info{Number: number, Size: max(reserved, segmentHead)})
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Next gives where the next commit will begin, in a new segment if the last one is full.
func (j *Journal) Next() (segment uint64, offset uint32, err error) {
	if j.failed != nil {
		return 0, 0, j.failed
	}
	if j.at >= j.size {
		if j.failed = j.begin(); j.failed != nil {
			return 0, 0, j.failed
		}
	}
	return j.number, uint32(j.at), nil //nolint:gosec // a segment is far below 4 GiB
}

// Write writes a commit at the place that Next gave, and syncs it. After an error nothing is known of it, and nothing more is
// written.
func (j *Journal) Write(c *Commit, version uint64) error {
	if j.failed != nil {
		return j.failed
	}
	if c.sealing != (j.aead != nil) {
		return errors.New("journal: a commit is sealed where the journal is, and only there") // said to whoever writes this program
	}
	b := c.close(version, j.salt, j.aead, j.at)
	_, err := j.head.WriteAt(b, j.at)
	if err == nil {
		err = j.sync(j.head)
	}
	if err != nil {
		j.failed = fmt.Errorf("journal: commit %d was not written: %w", version, err)
		return j.failed
	}
	j.at += int64(len(b))
	j.mu.Lock()
	defer j.mu.Unlock()
	s := &j.segments[len(j.segments)-1]
	s.Size = max(s.Size, j.at)
	if s.First == 0 {
		s.First = version
	}
	return nil
}

// Segments lists all segments, the one that is being written last.
func (j *Journal) Segments() []Info {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Info(nil), j.segments...)
}

// Since gives how many bytes stand in the segment that holds a version and in those behind it.
func (j *Journal) Since(version uint64) (bytes int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := len(j.segments) - 1; i >= 0; i-- {
		if bytes += j.segments[i].Size; j.segments[i].First != 0 && j.segments[i].First <= version {
			break
		}
	}
	return bytes
}

// Removable lists the segments whose commits are all of a version or older.
func (j *Journal) Removable(version uint64) (out []Info) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := 0; i+1 < len(j.segments); i++ {
		if next := j.segments[i+1]; next.First == 0 || next.First-1 > version {
			break
		}
		out = append(out, j.segments[i])
	}
	return out
}

// Remove removes a segment. Reading from it gives ErrGone then.
func (j *Journal) Remove(number uint64) error {
	j.mu.Lock()
	for i := range j.segments {
		if j.segments[i].Number == number {
			j.segments = append(j.segments[:i:i], j.segments[i+1:]...)
			break
		}
	}
	j.mu.Unlock()
	j.files.drop(number)
	if err := os.Remove(fileName(j.dir, number)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Close closes the files. Nothing is left to be written.
func (j *Journal) Close() error {
	j.files.close()
	return j.head.Close()
}
