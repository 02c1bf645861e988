package badgerqueue

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// Every record is sealed: CRC32C over what follows and over its key, then a version byte, then fields. The engine's own
// checksums are not verified on every read, and a record found under a wrong key must not pass for a good one.

const (
	crcSize       = 4
	recordVersion = 3 // 2 had what an event says in its record
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrCorrupt is wrapped by every error about a record that is not what was written. The error names the record.
var ErrCorrupt = errors.New("badgerqueue: corrupt record")

func corrupt(key []byte, format string, args ...any) error {
	return fmt.Errorf("%w %s: %s", ErrCorrupt, keyString(key), fmt.Sprintf(format, args...))
}

// newRecord starts a record with room for n more bytes.
func newRecord(n int) []byte { return append(make([]byte, crcSize, crcSize+1+n), recordVersion) }

// seal writes the checksum into a record that newRecord began.
func seal(key, record []byte) {
	sum := crc32.Update(crc32.Checksum(record[crcSize:], castagnoli), castagnoli, key)
	binary.BigEndian.PutUint32(record, sum)
}

// unseal checks a stored record and gives its fields.
func unseal(key, record []byte) (fields, error) {
	if len(record) < crcSize+1 {
		return fields{}, corrupt(key, "%d bytes long", len(record))
	}
	sum := crc32.Update(crc32.Checksum(record[crcSize:], castagnoli), castagnoli, key)
	if sum != binary.BigEndian.Uint32(record) {
		return fields{}, corrupt(key, "checksum does not match")
	}
	if record[crcSize] != recordVersion {
		return fields{}, corrupt(key, "written in version %d; this program reads version %d", record[crcSize], recordVersion)
	}
	return fields{rest: record[crcSize+1:]}, nil
}

func appendString[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendTime writes a time in nanoseconds; the zero time is 0.
func appendTime(b []byte, nanos int64) []byte { return binary.AppendVarint(b, nanos) }

func nanosOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func timeOf(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos).UTC()
}

// fields reads what the append functions wrote. A short or malformed record sets bad; what is read after that is zero.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) fail() {
	f.rest, f.bad = nil, true
}

func (f *fields) uint() uint64 {
	v, n := binary.Uvarint(f.rest)
	if n <= 0 {
		f.fail()
		return 0
	}
	f.rest = f.rest[n:]
	return v
}

func (f *fields) int() int64 {
	v, n := binary.Varint(f.rest)
	if n <= 0 {
		f.fail()
		return 0
	}
	f.rest = f.rest[n:]
	return v
}

func (f *fields) byte() byte {
	if len(f.rest) == 0 {
		f.fail()
		return 0
	}
	v := f.rest[0]
	f.rest = f.rest[1:]
	return v
}

// bytes gives a slice of the record itself; nil when it is empty.
func (f *fields) bytes() []byte {
	n := f.uint()
	if n > uint64(len(f.rest)) {
		f.fail()
		return nil
	}
	if n == 0 {
		return nil
	}
	v := f.rest[:n:n]
	f.rest = f.rest[n:]
	return v
}

func (f *fields) string() string { return string(f.bytes()) }

func (f *fields) time() int64 { return f.int() }

// done reports a malformed record, or bytes that nobody read.
func (f *fields) done(key []byte) error {
	if f.bad {
		return corrupt(key, "cut short")
	}
	if len(f.rest) > 0 {
		return corrupt(key, "%d bytes too many", len(f.rest))
	}
	return nil
}
