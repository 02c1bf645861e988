package config

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/plugboard/plugboard/gateway/secret"
)

// Sign is how requests to a destination are signed.
type Sign struct {
	Scheme          string         // "": not; standard-webhooks, hmac
	Secrets         []secret.Value // each makes a signature: several while one replaces another
	Header          string         // hmac: where the signature stands
	Algorithm       string         // hmac: sha256, sha1, sha512
	Encoding        string         // hmac: hex, base64
	Prefix          string         // hmac: before the signature
	Signed          string         // hmac: the text that is signed, as "{timestamp}.{body}"
	TimestampHeader string         // hmac: where {timestamp} stands; "": webhook-timestamp
}

// Proxy is what requests go through. The zero Proxy is none.
type Proxy struct {
	URL      string // http://host:port or https://host:port
	Username string
	Password secret.Value
	Direct   bool // none, whatever [server] says
}

var signSecrets = hiddenList(func(s *Sign) *[]secret.Value { return &s.Secrets })

// signSchemes are the ways to sign a request; hmac's words are those of a source's verify.
var signSchemes = []choice[Sign]{
	{"standard-webhooks", []setting[Sign]{
		{key: "secret", required: `write secret = "{{secret.NAME}}"`, meaning: "whsec_… (v1, HMAC) or whsk_… (v1a, Ed25519)", reads: signSecrets}}},
	{"hmac", []setting[Sign]{
		{key: "header", required: `write header = "x-signature"`, meaning: "where the signature stands", reads: headerName(func(s *Sign) *string { return &s.Header })},
		{key: "secret", required: `write secret = "{{secret.NAME}}"`, meaning: "used as the text it is", reads: signSecrets},
		{key: "algorithm", def: "sha256", meaning: "of the HMAC",
			why:   "what nearly every receiver expects",
			reads: oneOf([]string{"sha256", "sha1", "sha512"}, func(s *Sign) *string { return &s.Algorithm })},
		{key: "encoding", def: "hex", meaning: "of the signature",
			why:   "the same",
			reads: oneOf([]string{"hex", "base64"}, func(s *Sign) *string { return &s.Encoding })},
		{key: "prefix", meaning: "before the signature, as sha256=",
			why:   "none: it is the receiver's own word",
			reads: some(func(s *Sign) *string { return &s.Prefix })},
		{key: "signed", def: "{body}", meaning: "what is signed",
			why:   "the body alone, the simplest to check",
			reads: some(func(s *Sign) *string { return &s.Signed })},
		{key: "timestamp_header", meaning: "where {timestamp} stands, in Unix seconds; left out: webhook-timestamp",
			why:   "the name that Standard Webhooks gives it",
			reads: headerName(func(s *Sign) *string { return &s.TimestampHeader })}}},
}

func signing() reads[Destination] {
	k := kind{"a table", `{ scheme = "standard-webhooks", secret = "{{secret.NAME}}" }`}
	return reads[Destination]{kind: k, inner: describeChoices("scheme", signSchemes), into: func(r *reader, n node, d *Destination) {
		readChoice(r, n, "scheme", signSchemes, func(s *Sign) *string { return &s.Scheme }, &d.Sign)
		for key, name := range map[string]string{"header": d.Sign.Header, "timestamp_header": d.Sign.TimestampHeader} {
			lower := strings.ToLower(name)
			if slices.Contains(ownHeaders, lower) && !strings.HasPrefix(lower, "webhook-") || lower == "content-type" || lower == "content-encoding" {
				r.fault(n.key(key), name+" is set by the gateway itself", `write a header of your own, such as "x-signature"`)
			}
		}
	}}
}

// proxy reads the address of a proxy. Its secrets are put in after it is taken apart, so that no character of a password
// can move the host.
func proxy[T any](direct bool, field func(*T) *Proxy) reads[T] {
	k := kind{"an http or https URL", `"http://proxy.example.com:3128"`}
	if direct {
		k.wants += ` or "direct"`
	}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		outer := r.vault
		r.vault = &secret.Vault{}
		value, ok := r.string(n, k, usage{plugin: true})
		own := r.vault
		if r.vault = outer; !ok {
			return
		}
		if direct && value.plain == "direct" {
			*field(t) = Proxy{Direct: true}
			return
		}
		u, err := url.Parse(value.placeholder)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
			r.invalid(n, k, strconv.Quote(own.Redact(withoutUser(value.shown))))
			return
		}
		p := Proxy{URL: own.Reveal(u.Scheme+"://"+u.Host, nil)}
		if u.User != nil {
			password, _ := u.User.Password()
			p.Username, p.Password = own.Reveal(u.User.Username(), nil), secret.New(own.Reveal(password, nil))
			if !p.Password.Empty() {
				r.all.Hide("", p.Password)
				if value.shown == value.plain {
					r.hide(n.path)
				}
			}
		}
		*field(t) = p
	}}
}

// withoutUser leaves out what may be a password that is written into a URL.
func withoutUser(shown string) string {
	if at := strings.LastIndexByte(shown, '@'); at >= 0 {
		return "…" + shown[at:]
	}
	return shown
}

// inheritProxy gives the server's proxy to each destination that says nothing, and keeps its password out of what the
// destination reports.
func (c *Config) inheritProxy() {
	for _, d := range c.Destinations {
		d.inheritProxy(c.Server.Proxy)
	}
}

func (d *Destination) inheritProxy(p Proxy) {
	if d.Proxy.URL == "" && !d.Proxy.Direct {
		d.Proxy = p
	}
	if !d.Proxy.Password.Empty() {
		d.Vault.Hide("", d.Proxy.Password)
	}
}
