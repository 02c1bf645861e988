package verify

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/gateway/config"
)

const (
	twilioSignature = "x-twilio-signature"
	twilioBodyHash  = "bodySHA256"
)

// twilio signs the URL as it wrote it. Behind it come the names and values of a form, sorted; any other body is bound by
// its hash in the URL's bodySHA256. A form is signed as it reads, not as it is spelt: + and %20 are the same to it.
type twilio struct {
	base string
	keys []key
}

// twilioText is the URL with the form's text, which stands in the place of a body.
var twilioText = template{{field: fieldURL}, {field: fieldBody}}

func newTwilio(way config.Verify, o Options) (scheme, error) {
	if o.PublicURL == "" {
		return nil, errors.New("verify: scheme twilio checks a signature over the URL; say what it is with public_url")
	}
	return &twilio{o.PublicURL, newKeys(sha1.New, reveal(way.Secrets))}, nil
}

func (t *twilio) Verify(r *Request) error {
	value, fault := only(r.Headers, twilioSignature)
	if fault != "" {
		return &Error{Scheme: "twilio", Header: twilioSignature, What: fault}
	}
	text, fault := twilioBody(r)
	if fault != "" {
		return &Error{Scheme: "twilio", What: fault}
	}
	var room [maxSum + 2]byte
	given, ok := inBase64.decode(&room, value, sha1.Size)
	f := fields{body: text, base: t.base, path: r.Path, query: r.Query}
	switch {
	case !ok:
		fault = form
	case !match(t.keys, twilioText, &f, given):
		fault = mismatch
	default:
		return nil
	}
	return &Error{Scheme: "twilio", Header: twilioSignature, What: fault}
}

// twilioBody gives what is signed behind the URL: nothing where the URL has the body's hash, which is then checked,
// whatever kind of body it says it is.
func twilioBody(r *Request) (text []byte, fault string) {
	hash := query{name: twilioBodyHash}
	value, fault := hash.find(r.Query)
	switch {
	case fault == "":
		sum := sha256.Sum256(r.Body)
		if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(strings.ToLower(value))) == 0 {
			return nil, twilioBodyHash + " in the URL is not the body's"
		}
		return nil, ""
	case fault != missing:
		return nil, twilioBodyHash + " in the URL " + fault
	case len(r.Body) == 0:
		return nil, ""
	case !isForm(r):
		return nil, "the body is not a form, and the URL has no " + twilioBodyHash
	}
	return formText(r.Body)
}

func isForm(r *Request) bool {
	kind, _, _ := strings.Cut(r.header("content-type", ""), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded")
}

// formText writes the parameters in the order of their names, each name with its values, of which equal ones count once.
func formText(body []byte) (text []byte, fault string) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, "the body is not a form"
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list := values[name]
		slices.Sort(list)
		for _, value := range slices.Compact(list) {
			text = append(append(text, name...), value...)
		}
	}
	return text, ""
}

func (t *twilio) sign(r *Request) error {
	if hash := (&query{name: twilioBodyHash}); len(r.Body) > 0 && !isForm(r) {
		sum := sha256.Sum256(r.Body)
		hash.first = hex.EncodeToString(sum[:])
		if err := hash.sign(r); err != nil {
			return err
		}
	}
	text, fault := twilioBody(r)
	if fault != "" {
		return errors.New("scheme twilio: " + fault)
	}
	w := t.keys[0].sum(twilioText, &fields{body: text, base: t.base, path: r.Path, query: r.Query})
	r.set(twilioSignature, inBase64.encode(w.sum))
	return nil
}
