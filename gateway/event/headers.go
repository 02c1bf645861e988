package event

import "strings"

// Filter says which headers of a request may be stored with its event: content type and encoding, a vendor's ids,
// signatures and timestamps. What is not known to be harmless is left out, because whoever can read the store, or an
// event with `raw`, would otherwise read credentials. It is safe for concurrent use.
type Filter struct{ never map[string]bool }

// NewFilter makes a Filter that also leaves out the given headers (in lower case): those in which the source is sent a
// credential.
func NewFilter(credentials ...string) *Filter {
	f := &Filter{never: make(map[string]bool, len(credentials))}
	for _, name := range credentials {
		f.never[strings.ToLower(name)] = true
	}
	return f
}

var keptNames = map[string]bool{
	"content-type": true, "content-encoding": true, "stripe-signature": true,
	"x-request-id": true, "traceparent": true, "tracestate": true,
}

var keptPrefixes = []string{
	"ce-", "webhook-", "x-zendesk-", "x-hub-", "x-slack-", "x-twilio-", "x-talkdesk-", "x-ziwo-", "x-eddydesk-",
	"x-ringcentral-",
}

// A vendor's own prefix does not make a credential harmless.
var secretParts = []string{"auth", "cookie", "token", "api-key", "apikey", "secret", "password", "credential"}

// Keep says whether the header, in lower case, may be stored.
func (f *Filter) Keep(name string) bool {
	if name == "" || !firstBytes[name[0]] {
		return false
	}
	if keptNames[name] {
		return !f.never[name]
	}
	for _, p := range keptPrefixes {
		if strings.HasPrefix(name, p) {
			return !holdsSecret(name) && !f.never[name]
		}
	}
	return false
}

// firstBytes spares most headers the look-ups.
var firstBytes = func() (first [256]bool) {
	for name := range keptNames {
		first[name[0]] = true
	}
	for _, prefix := range keptPrefixes {
		first[prefix[0]] = true
	}
	return first
}()

func holdsSecret(name string) bool {
	for _, part := range secretParts {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// Append appends the headers that Keep keeps to dst, in their order.
func (f *Filter) Append(dst, headers []Header) []Header {
	for _, h := range headers {
		if f.Keep(h.Name) {
			dst = append(dst, h)
		}
	}
	return dst
}
