package deliver

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/gateway/signature"
)

const (
	webhookID        = "Webhook-Id"
	webhookTimestamp = "Webhook-Timestamp"
	webhookSignature = "Webhook-Signature"
)

// signer signs requests, each time anew: receivers refuse a signature that is some minutes old.
type signer struct {
	headers []string // where the signatures stand: one for each that make gives
	stamp   string   // where the time stands
	make    func(signature.Message) []string
	target  bool // the target is signed
	now     func() time.Time
}

// newSigner gives nil where nothing is signed.
func newSigner(c config.Sign, now func() time.Time) (*signer, error) {
	secrets := make([]string, len(c.Secrets))
	for i, s := range c.Secrets {
		secrets[i] = s.Reveal()
	}
	s := &signer{headers: []string{webhookSignature}, stamp: webhookTimestamp, now: now}
	switch c.Scheme {
	case "":
		return nil, nil
	case "standard-webhooks":
		standard, err := signature.NewStandard(secrets)
		if err == nil {
			err = standard.Signs()
		}
		if err != nil {
			return nil, err
		}
		s.make = func(m signature.Message) []string { return []string{standard.Sign(m)} }
		return s, nil
	}
	form := signature.Form{Algorithm: c.Algorithm, Encoding: c.Encoding, Prefix: c.Prefix, Signed: c.Signed}
	template, err := signature.NewTemplate(form, secrets)
	if err != nil {
		return nil, err
	}
	s.make, s.target, s.headers = template.SignAll, template.Uses("target"), signatureHeaders(c)
	if c.TimestampHeader != "" {
		s.stamp = http.CanonicalHeaderKey(c.TimestampHeader)
	}
	return s, nil
}

// sign puts the time and the signature on a request that is otherwise complete.
func (s *signer) sign(r *send.Request) {
	m := signature.Message{ID: r.Header.Get(webhookID), Timestamp: strconv.FormatInt(s.now().Unix(), 10), Method: r.Method, Body: r.Body}
	if s.target {
		if u, err := url.Parse(r.URL); err == nil { // else it is not sent
			m.Target = u.RequestURI()
		}
	}
	stamp := []string{m.Timestamp}
	r.Header[webhookTimestamp], r.Header[s.stamp] = stamp, stamp
	for i, value := range s.make(m) {
		r.Header[s.headers[i]] = []string{value}
	}
}

// signatureHeaders names the headers in which a destination's requests carry signatures; none where nothing is signed. The
// first secret's stands where every receiver looks; that of each further one, for the time of a rotation, behind it in a
// header of its own: x-signature-2.
func signatureHeaders(c config.Sign) []string {
	switch c.Scheme {
	case "":
		return nil
	case "standard-webhooks":
		return []string{webhookSignature}
	}
	names := []string{http.CanonicalHeaderKey(c.Header)}
	for i := 1; i < len(c.Secrets); i++ {
		names = append(names, http.CanonicalHeaderKey(c.Header+"-"+strconv.Itoa(i+1)))
	}
	return names
}
