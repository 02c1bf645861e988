package journal

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	recordHead = 28
	maxRecord  = 1 << 30 // bytes; a damaged length asks for no more
)

var (
	castagnoli  = crc32.MakeTable(crc32.Castagnoli)
	recordMagic = [4]byte{'P', 'B', 'c', 0x9d}
)

// Sum is the checksum of a payload, as a Place holds it.
func Sum(payload []byte) uint32 { return crc32.Checksum(payload, castagnoli) }

// Commit is a record that is being put together: first the payloads, then the changes.
type Commit struct {
	buf      []byte
	payloads int // bytes
}

// Reset makes it empty. Its room is used again unless it has become large.
func (c *Commit) Reset() {
	if cap(c.buf) > 8<<20 {
		c.buf = nil
	}
	c.buf, c.payloads = c.buf[:0], 0
}

// AddPayload copies a payload, and gives where it will stand, in bytes from where the commit begins. To be called before
// Append.
func (c *Commit) AddPayload(payload []byte) (at uint32) {
	c.begin()
	at = uint32(len(c.buf)) //nolint:gosec // far below maxRecord
	c.buf = append(c.buf, payload...)
	c.payloads += len(payload)
	return at
}

// Append adds to the changes what fn appends.
func (c *Commit) Append(fn func(b []byte) []byte) {
	c.begin()
	c.buf = fn(c.buf)
}

// Payloads gives the bytes of all payloads.
func (c *Commit) Payloads() int { return c.payloads }

func (c *Commit) begin() {
	if len(c.buf) == 0 {
		c.buf = append(c.buf, make([]byte, recordHead)...)
	}
}

// seal writes the header, with everything that is in the record now.
func (c *Commit) seal(version, salt uint64) []byte {
	c.begin()
	b := c.buf
	copy(b, recordMagic[:])
	binary.LittleEndian.PutUint32(b[8:], salted(salt, b[recordHead:]))
	binary.LittleEndian.PutUint64(b[12:], version)
	binary.LittleEndian.PutUint32(b[20:], uint32(c.payloads))                   //nolint:gosec // below maxRecord
	binary.LittleEndian.PutUint32(b[24:], uint32(len(b)-recordHead-c.payloads)) //nolint:gosec // as above
	binary.LittleEndian.PutUint32(b[4:], salted(salt, b[8:recordHead]))
	return b
}

// salted is a checksum that only whoever knows the segment's random number can compute.
func salted(salt uint64, b []byte) uint32 {
	var s [8]byte
	binary.LittleEndian.PutUint64(s[:], salt)
	return crc32.Update(crc32.Checksum(s[:], castagnoli), castagnoli, b)
}

// head is what the header of a record says.
type head struct {
	version           uint64
	sum               uint32
	payloads, changes int
}

func (h head) size() int { return recordHead + h.payloads + h.changes }

// readHead reads the header of a record; not ok when there is none.
func readHead(b []byte, salt uint64) (h head, ok bool) {
	if len(b) < recordHead || [4]byte(b) != recordMagic || binary.LittleEndian.Uint32(b[4:]) != salted(salt, b[8:recordHead]) {
		return h, false
	}
	h = head{
		sum: binary.LittleEndian.Uint32(b[8:]), version: binary.LittleEndian.Uint64(b[12:]),
		payloads: int(binary.LittleEndian.Uint32(b[20:])), changes: int(binary.LittleEndian.Uint32(b[24:])),
	}
	return h, h.payloads <= maxRecord && h.changes <= maxRecord
}

// Record is a commit that was read. Its slices are the reader's: they are good until the next one is read.
type Record struct {
	Version uint64
	Segment uint64
	Offset  uint32 // of its first byte in the segment
	Changes []byte

	whole []byte
}

// Payload gives the payload at a place; nil when the place is not in this record.
func (r *Record) Payload(p Place) []byte {
	from := int(p.Offset) - int(r.Offset)
	if p.Segment != r.Segment || from < recordHead || from+int(p.Length) > len(r.whole)-len(r.Changes) {
		return nil
	}
	return r.whole[from : from+int(p.Length)]
}

// readRecord checks the record that b is.
func readRecord(b []byte, h head, salt uint64) (r Record, ok bool) {
	if len(b) < h.size() || salted(salt, b[recordHead:h.size()]) != h.sum {
		return r, false
	}
	return Record{Version: h.version, whole: b[:h.size()], Changes: b[recordHead+h.payloads : h.size()]}, true
}
