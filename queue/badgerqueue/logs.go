package badgerqueue

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Badger's log: a header, then records of meta, user meta, lengths of key and value, expiry, key, value and a CRC32C. The
// last 8 bytes of a key are its version; a record of its own ends each commit. The file is reserved in full and zero
// behind its last record, until it is read again: then it is cut there.
const (
	logHeader  = 20
	logInTxn   = 1 << 6 // of a record's meta: part of a commit
	logEndsTxn = 1 << 7 // the commit's end, its version in decimal as the value
	logMaxKey  = 1 << 16
)

// logRecord is a record of a log. A size that is larger than what is left says that its end is missing.
type logRecord struct {
	size    int    // 0: what was read cannot be a record
	version uint64 // as it says, also when its checksum does not match
	ends    bool   // a commit
}

// readLogRecord reads the record that b begins with. Not ok means that there is none, or not a whole one.
func readLogRecord(b []byte) (r logRecord, ok bool) {
	if len(b) < 2 {
		return r, false
	}
	pos := 2
	var lengths [3]uint64 // of key and value; the expiry
	for i := range lengths {
		v, n := binary.Uvarint(b[pos:])
		if n <= 0 {
			return r, false
		}
		lengths[i], pos = v, pos+n
	}
	klen, vlen := lengths[0], lengths[1]
	if klen < 8 || klen > logMaxKey || vlen > math.MaxInt32 {
		return r, false
	}
	value := pos + int(klen) //nolint:gosec // both were checked
	end := value + int(vlen) //nolint:gosec // as above
	if r.size = end + crc32.Size; r.size > len(b) {
		return r, false
	}
	var err error
	if r.ends = b[0]&logEndsTxn != 0; r.ends {
		r.version, err = strconv.ParseUint(string(b[value:min(end, value+20)]), 10, 64)
	} else {
		r.version = math.MaxUint64 - binary.BigEndian.Uint64(b[value-8:])
	}
	return r, err == nil && crc32.Checksum(b[:end], castagnoli) == binary.BigEndian.Uint32(b[end:])
}

// logCheck follows one log after the other.
//
// A kill or a power cut may leave the last commit in pieces: nobody was told of it, for a commit is synced before anyone
// is, and before the next one is begun. So a commit in pieces with another one behind it was whole once. Badger would cut
// the log there and say nothing. A log of which the tables have something was written into one as a whole, and may be in
// any state: Badger empties it before it removes it. And a log that was read again is cut at its last whole commit, but a
// power cut may undo that: so what another log holds says nothing of this one's end.
type logCheck struct {
	flushed uint64 // newest version in the tables

	first uint64 // lowest version, over all logs
	last  uint64 // version of the last record
	open  bool   // its commit has not ended yet

	buf []byte // of the log that is read

	torn string // where the commit in pieces is; "": none was met
	lost uint64 // its version; 0: not known
}

// checkLogs reads all logs of a store, and gives the version of the oldest commit in them; with none, the largest there is.
func checkLogs(path string, flushed uint64) (oldest uint64, err error) {
	names, _ := filepath.Glob(filepath.Join(path, "*.mem")) // the pattern is good
	slices.Sort(names)                                      // by number: five digits at least
	slices.SortStableFunc(names, func(a, b string) int { return len(a) - len(b) })
	c := logCheck{flushed: flushed, first: math.MaxUint64}
	for _, name := range names {
		if err := c.file(name); err != nil {
			return c.first, err
		}
	}
	return c.first, nil
}

func (c *logCheck) file(name string) error {
	st, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("badgerqueue: %w", err)
	}
	if st.Size() == 0 {
		return nil // see removeEmptied
	}
	if st.Size() < logHeader {
		return fmt.Errorf("%w: %s has %d bytes, less than its header", ErrDamaged, name, st.Size())
	}
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("badgerqueue: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	// Read and not mapped: on a full disk a mapped page that was never written is a SIGBUS.
	end := int(dataEnd(f, st.Size()))
	c.buf = slices.Grow(c.buf[:0], end)[:end]
	if _, err := f.ReadAt(c.buf, 0); err != nil {
		return fmt.Errorf("badgerqueue: %w", err)
	}
	return c.records(name, c.buf, st.Size())
}

// dataEnd gives where the last part of a file ends that takes room on disk; the size where the file system does not say.
func dataEnd(f *os.File, size int64) (end int64) {
	for {
		data, err := f.Seek(end, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			return end
		}
		if err != nil {
			return size
		}
		if end, err = f.Seek(data, unix.SEEK_HOLE); err != nil {
			return size
		}
	}
}

// records follows a log of some size, of which what was written is in memory.
func (c *logCheck) records(name string, log []byte, size int64) error {
	c.last, c.open, c.torn, c.lost = 0, false, "", 0
	at := logHeader
	for at < len(log) {
		r, ok := readLogRecord(log[at:])
		if !ok {
			if int64(r.size) > size-int64(at) {
				return fmt.Errorf("%w: %s ends at byte %d, within a record that begins at %d: it was cut", ErrDamaged, name, size, at)
			}
			break
		}
		c.first = min(c.first, r.version)
		if r.version <= c.flushed {
			return nil
		}
		c.last, c.open = r.version, !r.ends
		at += r.size
	}
	rest := bytes.TrimRight(log[min(at, len(log)):], "\x00")
	if len(rest) == 0 && !c.open {
		return nil
	}
	c.torn, c.lost = fmt.Sprintf("%s, byte %d", name, at), c.tornVersion(rest)
	for len(rest) > 0 {
		r, ok := later(rest)
		switch {
		case !ok:
			r.size = 1
		case r.version <= c.flushed:
			return nil
		default:
			if err := c.behind(r); err != nil {
				return err
			}
		}
		rest = rest[r.size:]
	}
	return nil
}

// tornVersion is that of the commit in pieces, as far as one can know: versions may be left out.
func (c *logCheck) tornVersion(b []byte) uint64 {
	if c.open {
		return c.last
	}
	if r, _ := readLogRecord(b); r.version > c.last && r.version-c.last < 1<<10 {
		return r.version
	}
	return 0
}

// later reads a record that may begin anywhere. Nearly all places are ruled out before a checksum is computed.
func later(b []byte) (r logRecord, ok bool) {
	switch {
	case b[0]&(logInTxn|logEndsTxn) == 0:
		return r, false
	case b[0]&logEndsTxn != 0 && !bytes.Contains(b[:min(len(b), 64)], []byte("!badger!txn")):
		return r, false
	}
	return readLogRecord(b)
}

// behind is told of each whole record behind a commit in pieces. Of two commits that are there the earlier one was synced.
func (c *logCheck) behind(r logRecord) error {
	switch {
	case c.lost == 0:
		c.lost = r.version
		return nil
	case r.version <= c.lost:
		return nil
	}
	return fmt.Errorf("%w: a commit is in pieces (%s), and commit %d behind it is there: the log was overwritten", ErrDamaged, c.torn, r.version)
}
