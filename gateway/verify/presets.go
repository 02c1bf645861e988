package verify

import (
	"github.com/plugboard/plugboard/gateway/config"
)

// preset is a vendor's way to sign that the general one covers.
type preset struct {
	header   string
	prefix   string
	encoding encoding
	text     string
	stamp    string
	clock    clock
}

// presets all sign with HMAC-SHA256. How old a timestamp may be Zendesk does not say, and a retry may carry an old one:
// there the tolerance is 0 unless configured. GitHub signs no time, so a repeat is known by its event's id alone.
var presets = map[string]preset{
	"zendesk": {header: "x-zendesk-webhook-signature", encoding: inBase64, text: "{timestamp}{body}",
		stamp: "x-zendesk-webhook-signature-timestamp", clock: isoTime},
	"slack": {header: "x-slack-signature", prefix: "v0=", text: "v0:{timestamp}:{body}",
		stamp: "x-slack-request-timestamp", clock: unixTime},
	"github": {header: "x-hub-signature-256", prefix: "sha256=", text: "{body}"},
}

func newPreset(way config.Verify, o Options) (scheme, error) {
	p := presets[way.Scheme]
	s := &signed{scheme: way.Scheme, header: p.header, prefix: p.prefix, encoding: p.encoding, stamp: p.stamp, clock: p.clock,
		tolerance: way.Tolerance, algorithm: hashes["sha256"]}
	return s.complete(p.text, way, o)
}
