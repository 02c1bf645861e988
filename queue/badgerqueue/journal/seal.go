package journal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// A sealed segment has another magic, and keys of its own: HKDF-SHA-256 of the journal's key with the segment's number and salt.
// Each payload, and the changes of each record, are sealed by themselves with AES-256-GCM, so that one payload can be read
// without the others:
//
//	nonce (12 random bytes) | sealed text | tag (16)
//
// and bound to where they stand: offset and length in the segment, for changes the version too. Lengths and versions are in the
// clear. The checksums of a record are over what is sealed, so that a torn end is told from a whole record without the key.

// ErrSealed means that a segment is sealed and there is no key.
var ErrSealed = errors.New("journal: sealed, and there is no key")

const (
	nonceSize = 12
	overhead  = nonceSize + 16 // bytes that sealing adds
)

var sealedMagic = [8]byte{'p', 'b', 'j', 'r', 'n', 'l', 'S', '1'}

// segmentCipher makes the cipher of one segment.
func segmentCipher(key []byte, number, salt uint64) (cipher.AEAD, error) {
	var info [16]byte
	binary.LittleEndian.PutUint64(info[:], number)
	binary.LittleEndian.PutUint64(info[8:], salt)
	derived, err := hkdf.Key(sha256.New, key, info[:], "plugboard journal segment", 32)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return cipher.NewGCM(block)
}

// sealAt seals in place what stands behind room for the nonce; the room for the tag is behind it.
func sealAt(a cipher.AEAD, slot []byte, at uint32, version uint64) {
	_, _ = rand.Read(slot[:nonceSize]) // never fails
	bound := boundTo(at, len(slot), version)
	text := slot[nonceSize : len(slot)-16]
	a.Seal(text[:0], slot[:nonceSize], text, bound[:])
}

// openAt opens in place what sealAt sealed.
func openAt(a cipher.AEAD, slot []byte, at uint32, version uint64) (text []byte, ok bool) {
	if len(slot) < overhead {
		return nil, false
	}
	bound := boundTo(at, len(slot), version)
	sealed := slot[nonceSize:]
	text, err := a.Open(sealed[:0], slot[:nonceSize], sealed, bound[:])
	return text, err == nil
}

// boundTo is what sealed text belongs to. Payloads have version 0.
func boundTo(at uint32, length int, version uint64) (b [16]byte) {
	binary.LittleEndian.PutUint32(b[:], at)
	binary.LittleEndian.PutUint32(b[4:], uint32(length)) //nolint:gosec // below maxRecord
	binary.LittleEndian.PutUint64(b[8:], version)
	return b
}
