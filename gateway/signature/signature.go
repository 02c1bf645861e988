// Package signature makes the signatures that webhooks carry, and checks them: one file for each form, with both its
// sides, so that what the gateway sends (package deliver) and what it accepts (package verify) cannot drift apart.
//
//	Standard   Standard Webhooks: v1 (HMAC-SHA256) and v1a (Ed25519) over id.timestamp.body
//	Template   HMAC over a text of the operator's choice, as "{timestamp}.{body}", in a header of his choice
//
// Nothing here knows headers or clocks: where a signature stands, and how old it may be, is for the callers to say. What
// is signed are the bytes that go over the wire. Comparisons take the same time whatever was guessed, and every key is
// tried, so that the time does not tell which one fitted.
package signature

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"sync"
)

// Message is what may be signed. Fields that a form does not name are not looked at.
type Message struct {
	ID        string // webhook-id
	Timestamp string // as it stands in its header; it is signed as it is, never read and written anew
	Method    string
	Target    string // path and query, as they stand in the request line
	Body      []byte // as sent or received: compressed if it is
}

// hashes are the algorithms that an HMAC may be made with.
var hashes = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

// Key makes HMACs with one secret. It is safe for concurrent use, and keeps the hashes that it has made: making one costs
// more than a small body's sum.
type Key struct{ pool *sync.Pool }

// NewKey makes a Key. algorithm is sha1, sha256 or sha512.
func NewKey(algorithm string, secret []byte) (Key, error) {
	with, ok := hashes[algorithm]
	if !ok {
		return Key{}, fmt.Errorf("signature: algorithm %q is not known; there are sha1, sha256 and sha512", algorithm)
	}
	if len(secret) == 0 {
		return Key{}, errEmpty
	}
	return Key{&sync.Pool{New: func() any { return hmac.New(with, secret) }}}, nil
}

// sum appends the HMAC of what write writes to dst.
func (k Key) sum(dst []byte, write func(h hash.Hash)) []byte {
	h := k.pool.Get().(hash.Hash)
	h.Reset()
	write(h)
	dst = h.Sum(dst)
	k.pool.Put(h)
	return dst
}

// Sum appends the HMAC of a text and a body behind it to dst.
func (k Key) Sum(dst []byte, text string, body []byte) []byte {
	return k.sum(dst, func(h hash.Hash) {
		_, _ = h.Write([]byte(text)) // a hash does not fail
		_, _ = h.Write(body)
	})
}
