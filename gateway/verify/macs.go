package verify

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"
	"sync"
)

// maxSum is the longest sum, in bytes.
const maxSum = sha512.Size

var hashes = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

// key makes sums with one secret. It reuses its hashes: making one costs more than a small body's sum.
type key struct{ pool *sync.Pool }

// work is a hash with room for what passes through it, so that a sum allocates nothing.
type work struct {
	hash hash.Hash
	text []byte
	sum  []byte
}

func newKeys(algorithm func() hash.Hash, secrets []string) []key {
	keys := make([]key, len(secrets))
	for i, s := range secrets {
		keys[i] = key{&sync.Pool{New: func() any { return &work{hash: hmac.New(algorithm, []byte(s))} }}}
	}
	return keys
}

// sum is to be given back to the key by done.
func (k key) sum(t template, f *fields) *work {
	w := k.pool.Get().(*work)
	w.hash.Reset()
	for i := range t {
		if t[i].field == fieldBody {
			_, _ = w.hash.Write(f.body) // a hash does not fail
			continue
		}
		w.text = f.append(w.text[:0], &t[i])
		_, _ = w.hash.Write(w.text)
	}
	w.sum = w.hash.Sum(w.sum[:0])
	return w
}

func (k key) done(w *work) { k.pool.Put(w) }

// match compares with the sums of all keys, whichever fits, so that the time does not tell which one did.
func match(keys []key, t template, f *fields, given []byte) bool {
	found := 0
	for _, k := range keys {
		w := k.sum(t, f)
		found |= subtle.ConstantTimeCompare(w.sum, given)
		k.done(w)
	}
	return found == 1
}

// encoding is how a sum is written.
type encoding bool

const (
	inHex    encoding = false
	inBase64 encoding = true
)

// decode reads a sum of size bytes, written in one way alone: no padding left out, no other alphabet, no stray bits.
func (e encoding) decode(room *[maxSum + 2]byte, value string, size int) ([]byte, bool) {
	if e == inHex {
		if len(value) != hex.EncodedLen(size) {
			return nil, false
		}
		n, err := hex.Decode(room[:], []byte(value))
		return room[:n], err == nil
	}
	if len(value) != base64.StdEncoding.EncodedLen(size) || strings.ContainsAny(value, "\r\n") { // which it would pass over
		return nil, false
	}
	n, err := base64.StdEncoding.Strict().Decode(room[:], []byte(value))
	return room[:min(n, size)], err == nil && n == size
}

func (e encoding) encode(sum []byte) string {
	if e == inHex {
		return hex.EncodeToString(sum)
	}
	return base64.StdEncoding.EncodeToString(sum)
}
