package journal

import (
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
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
	sealing  bool
	slots    []slot // of payloads that are to be sealed
	changes  int    // where they begin, with their nonce; 0: there are none yet
}

// slot is where in a commit a payload stands, with what sealing adds.
type slot struct{ at, length uint32 }

// Seal has everything sealed when it is written: the journal has to have a key. To be said before anything is added.
func (c *Commit) Seal() { c.sealing = true }

// Reset makes it empty. Its room is used again unless it has become large.
func (c *Commit) Reset() {
	if cap(c.buf) > 8<<20 {
		c.buf = nil
	}
	c.buf, c.payloads, c.slots, c.changes = c.buf[:0], 0, c.slots[:0], 0
}

// Stored gives how many bytes a payload of a length takes.
func (c *Commit) Stored(length int) int {
	if c.sealing {
		return length + overhead
	}
	return length
}

// AddPayload copies a payload, and gives where it will stand, in bytes from where the commit begins. To be called before
// Append.
func (c *Commit) AddPayload(payload []byte) (at uint32) {
	c.begin()
	at = uint32(len(c.buf)) //nolint:gosec // far below maxRecord
	length := c.Stored(len(payload))
	if c.sealing {
		c.slots = append(c.slots, slot{at, uint32(length)}) //nolint:gosec // as above
		c.buf = append(c.buf, empty[:nonceSize]...)
	}
	c.buf = append(c.buf, payload...)
	if c.sealing {
		c.buf = append(c.buf, empty[nonceSize:]...)
	}
	c.payloads += length
	return at
}

var empty [overhead]byte

// Append adds to the changes what fn appends.
func (c *Commit) Append(fn func(b []byte) []byte) {
	c.begin()
	c.beginChanges()
	c.buf = fn(c.buf)
}

func (c *Commit) beginChanges() {
	if c.sealing && c.changes == 0 {
		c.changes = len(c.buf)
		c.buf = append(c.buf, empty[:nonceSize]...)
	}
}

// Payloads gives the bytes of all payloads, as they are stored.
func (c *Commit) Payloads() int { return c.payloads }

func (c *Commit) begin() {
	if len(c.buf) == 0 {
		c.buf = append(c.buf, make([]byte, recordHead)...)
	}
}

// close writes the header, with everything that is in the record now, and seals it for the place where it will stand if a is
// given.
func (c *Commit) close(version, salt uint64, a cipher.AEAD, at int64) []byte {
	c.begin()
	if c.sealing {
		c.beginChanges()
		c.buf = append(c.buf, empty[nonceSize:]...)
		for _, s := range c.slots {
			sealAt(a, c.buf[s.at:s.at+s.length], uint32(at)+s.at, 0) //nolint:gosec // a segment is far below 4 GiB
		}
		sealAt(a, c.buf[c.changes:], uint32(at)+uint32(c.changes), version) //nolint:gosec // as above
	}
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
	end   int         // of the payloads
	aead  cipher.AEAD // nil: in the clear
}

// Payload gives the payload at a place; nil when the place is not in this record.
func (r *Record) Payload(p Place) []byte {
	from := int(p.Offset) - int(r.Offset)
	if p.Segment != r.Segment || from < recordHead || from+int(p.Length) > r.end {
		return nil
	}
	stored := r.whole[from : from+int(p.Length)]
	if r.aead == nil {
		return stored
	}
	text, ok := openAt(r.aead, slices.Clone(stored), p.Offset, 0)
	if !ok {
		return nil
	}
	return text
}

// open opens the changes, in place.
func (r *Record) open(a cipher.AEAD) error {
	if r.aead = a; a == nil {
		return nil
	}
	changes, ok := openAt(a, r.Changes, r.Offset+uint32(r.end), r.Version) //nolint:gosec // below maxRecord
	if !ok {
		return fmt.Errorf("%w: commit %d at byte %d of segment %d does not open with this key", ErrDamaged, r.Version, r.Offset, r.Segment)
	}
	r.Changes = changes
	return nil
}

// readRecord checks the record that b is.
func readRecord(b []byte, h head, salt uint64) (r Record, ok bool) {
	if len(b) < h.size() || salted(salt, b[recordHead:h.size()]) != h.sum {
		return r, false
	}
	return Record{Version: h.version, whole: b[:h.size()], Changes: b[recordHead+h.payloads : h.size()], end: recordHead + h.payloads}, true
}
