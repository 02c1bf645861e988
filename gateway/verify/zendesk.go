package verify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"sync"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
)

const (
	zendeskSignature = "x-zendesk-webhook-signature"
	zendeskTimestamp = "x-zendesk-webhook-signature-timestamp"
)

// zendesk signs base64(HMAC-SHA256(secret, timestamp + body)), the timestamp as the text it is. How old a timestamp may
// be Zendesk does not say, and a retry may carry an old one: without a tolerance it is not looked at.
type zendesk struct {
	keys      []macs
	tolerance time.Duration
}

func newZendesk(way config.Verify) (scheme, error) {
	z := &zendesk{tolerance: way.Tolerance}
	for _, s := range reveal(way.Secrets) {
		z.keys = append(z.keys, newMACs(s))
	}
	return z, nil
}

func (z *zendesk) Verify(r *Request) error {
	stamp, fault := only(r.Headers, zendeskTimestamp)
	if fault == "" {
		fault = z.age(stamp, r.Now)
	}
	if fault != "" {
		return &Error{Scheme: "zendesk", Header: zendeskTimestamp, What: fault}
	}
	value, fault := only(r.Headers, zendeskSignature)
	if fault == "" {
		fault = z.check(value, stamp, r.Body)
	}
	if fault != "" {
		return &Error{Scheme: "zendesk", Header: zendeskSignature, What: fault}
	}
	return nil
}

func (z *zendesk) age(stamp string, now time.Time) string {
	if z.tolerance <= 0 {
		return ""
	}
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return form
	}
	if now.Sub(at).Abs() > z.tolerance {
		return "is further off than the tolerance of " + z.tolerance.String()
	}
	return ""
}

func (z *zendesk) check(value, stamp string, body []byte) string {
	var given [sha256.Size + 2]byte // one decoded block more than needed, so that a longer signature shows as longer
	if len(value) != base64.StdEncoding.EncodedLen(sha256.Size) {
		return form
	}
	n, err := base64.StdEncoding.Strict().Decode(given[:], []byte(value))
	if err != nil || n != sha256.Size {
		return form
	}
	for _, k := range z.keys {
		var want [sha256.Size]byte
		if hmac.Equal(k.sum(want[:0], stamp, body), given[:n]) {
			return ""
		}
	}
	return mismatch
}

func (z *zendesk) sign(r *Request) []event.Header {
	stamp := r.Now.UTC().Format(time.RFC3339)
	sum := z.keys[0].sum(nil, stamp, r.Body)
	return []event.Header{
		{Name: zendeskSignature, Value: base64.StdEncoding.EncodeToString(sum)},
		{Name: zendeskTimestamp, Value: stamp},
	}
}

// macs makes HMAC-SHA256 sums with one key, reusing the hashes: making one costs more than a small body's sum.
type macs struct{ pool *sync.Pool }

func newMACs(key string) macs {
	return macs{&sync.Pool{New: func() any { return hmac.New(sha256.New, []byte(key)) }}}
}

func (m macs) sum(dst []byte, prefix string, body []byte) []byte {
	h := m.pool.Get().(hash.Hash)
	h.Reset()
	_, _ = h.Write([]byte(prefix)) // a hash does not fail
	_, _ = h.Write(body)
	dst = h.Sum(dst)
	m.pool.Put(h)
	return dst
}
