package verify

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
)

const stripeSignature = "stripe-signature"

// stripe has one header for the time and the signatures: t=…,v1=…,v1=…. Other names in it are passed over.
type stripe struct {
	keys      []key
	tolerance time.Duration
}

var stripeText = template{{field: fieldTimestamp}, {text: "."}, {field: fieldBody}}

func newStripe(way config.Verify, _ Options) (scheme, error) {
	return &stripe{newKeys(sha256.New, reveal(way.Secrets)), way.Tolerance}, nil
}

func (s *stripe) Verify(r *Request) error {
	value, fault := only(r.Headers, stripeSignature)
	if fault == "" {
		fault = s.check(value, r)
	}
	if fault != "" {
		return &Error{Scheme: "stripe", Header: stripeSignature, What: fault}
	}
	return nil
}

func (s *stripe) check(value string, r *Request) string {
	var sums [maxSignatures][sha256.Size]byte
	stamp, count, ok := readStripe(value, &sums)
	if !ok {
		return form
	}
	if fault := unixTime.fault(stamp, r.Now, s.tolerance); fault != "" {
		return fault
	}
	found := 0
	for _, k := range s.keys {
		w := k.sum(stripeText, &fields{body: r.Body, timestamp: stamp})
		for i := range count {
			found |= subtle.ConstantTimeCompare(w.sum, sums[i][:])
		}
		k.done(w)
	}
	if found == 0 {
		return mismatch
	}
	return ""
}

// readStripe wants t once, and at least one v1 that is a sum.
func readStripe(value string, sums *[maxSignatures][sha256.Size]byte) (stamp string, count int, ok bool) {
	for value != "" {
		var item string
		item, value, _ = strings.Cut(value, ",")
		name, text, _ := strings.Cut(item, "=")
		var room [maxSum + 2]byte
		switch name {
		case "t":
			if stamp != "" {
				return "", 0, false
			}
			stamp = text
		case "v1":
			if count == maxSignatures {
				return "", 0, false
			}
			if sum, ok := inHex.decode(&room, text, sha256.Size); ok {
				copy(sums[count][:], sum)
				count++
			}
		}
	}
	return stamp, count, stamp != "" && count > 0
}

func (s *stripe) sign(r *Request) error {
	stamp := unixTime.format(r.Now)
	w := s.keys[0].sum(stripeText, &fields{body: r.Body, timestamp: stamp})
	r.set(stripeSignature, "t="+stamp+",v1="+inHex.encode(w.sum))
	return nil
}
