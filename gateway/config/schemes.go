package config

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/secret"
)

var verifySecrets = hiddenList(func(v *Verify) *[]secret.Value { return &v.Secrets })

const askSecret = `write secret = "{{secret.NAME}}"`

// tolerance is how far a signed time may be off.
func tolerance(def string, least time.Duration, meaning string) setting[Verify] {
	return setting[Verify]{key: "tolerance",
		why: whyTolerance(def),
		def: def, meaning: "how far the signed time may be off" + meaning,
		reads: duration(least, func(v *Verify) *time.Duration { return &v.Tolerance })}
}

func whyTolerance(def string) string {
	if def == "0s" {
		return "nobody says how old a retry's time may be, and an event that is refused for it is gone"
	}
	return "what the schemes' own documents recommend: longer than clocks drift, too short to replay in peace"
}

// signed are the settings of a scheme whose sender signs with a secret; timed: and signs the time with it.
func signed(meaning string, timed bool) []setting[Verify] {
	list := []setting[Verify]{{key: "secret", required: askSecret, meaning: meaning, reads: verifySecrets}}
	if timed {
		list = append(list, tolerance("5m", time.Second, ""))
	}
	return list
}

// schemes are the ways a sender may prove who it is, and what each needs.
var schemes = []choice[Verify]{
	{"none", nil},
	{"bearer", []setting[Verify]{
		{key: "token", required: `write token = "{{secret.NAME}}"`, meaning: "of the header Authorization: Bearer", reads: verifySecrets}}},
	{"basic", []setting[Verify]{
		{key: "username", required: `write username = "…"`, meaning: "of the header Authorization: Basic", reads: some(func(v *Verify) *string { return &v.Username })},
		{key: "password", required: `write password = "{{secret.NAME}}"`, meaning: "", reads: verifySecrets}}},
	{"header", []setting[Verify]{
		{key: "name", required: `write name = "x-api-key"`, meaning: "the header's name", reads: headerName(func(v *Verify) *string { return &v.Header })},
		{key: "value", required: `write value = "{{secret.NAME}}"`, meaning: "what it must hold", reads: verifySecrets}}},
	{"query", []setting[Verify]{
		{key: "name", required: `write name = "token"`, meaning: "the parameter in the URL", reads: some(func(v *Verify) *string { return &v.Name })},
		{key: "value", required: `write value = "{{secret.NAME}}"`, meaning: "what it must hold", reads: verifySecrets}}},
	{"body-token", []setting[Verify]{
		{key: "name", def: "token", meaning: "the member of the JSON body",
			why:   "as EddyDesk and most scripts call it",
			reads: some(func(v *Verify) *string { return &v.Name })},
		{key: "value", required: `write value = "{{secret.NAME}}"`, meaning: "what it must hold", reads: verifySecrets}}},
	{"ip", []setting[Verify]{
		{key: "allow", required: `write allow = ["203.0.113.0/24"]`, meaning: "addresses and ranges it may come from", reads: prefixes(func(v *Verify) *[]netip.Prefix { return &v.Allow })}}},
	{"hmac", hmacSettings},
	{"zendesk", append(signed("the webhook's signing secret", false),
		tolerance("0s", 0, "; 0s: not checked, since retries may carry an old one"),
		setting[Verify]{key: "allow_test_secret", def: false, meaning: "whether secret may be the one that Zendesk publishes for test requests: anybody can sign with it",
			why:   "who has set a webhook up with it and forgets to replace it would let anybody send",
			reads: boolean(func(v *Verify) *bool { return &v.AllowTestSecret })})},
	{"slack", signed("the app's signing secret", true)},
	{"github", signed("the webhook's secret", false)},
	{"stripe", signed("the endpoint's signing secret, whsec_ included", true)},
	{"standard-webhooks", signed("whsec_… (shared), or whpk_… (the sender's Ed25519 public key)", true)},
	{"twilio", signed("the account's auth token", false)},
	{"talkdesk", []setting[Verify]{
		{key: "keys", required: `write keys = { KEY_ID = "{{file.talkdesk.pem}}" }`, meaning: "public keys in PEM, by the id that a request names",
			reads: publicKeys(func(v *Verify) *map[string]string { return &v.Keys })}}},
	{"oauth", []setting[Verify]{
		{key: "clients", required: `write clients = [{ id = "…", secret = "{{secret.NAME}}" }]`, meaning: "who may fetch a token at /oauth/token", reads: clients()},
		{key: "lifetime", def: "1h", meaning: "of a token",
			why:   "what token endpoints usually give; a token that leaks is worth little",
			reads: duration(time.Minute, func(v *Verify) *time.Duration { return &v.Lifetime })}}},
	{"mtls", []setting[Verify]{
		{key: "ca", required: `write ca = "clients-ca.pem"`, meaning: "file of the authorities, in PEM, that its certificate must come from", reads: folder(func(v *Verify) *string { return &v.CA })},
		{key: "names", def: []any{}, meaning: "names its certificate may be for (common name, DNS name, URI or e-mail); empty: any",
			why:   "any: the authority is the operator's own choice, and often issues to one sender alone",
			reads: words(kind{"a list of names", `["vendor.example.com"]`}, kind{"a name", `"vendor.example.com"`}, func(v *Verify) *[]string { return &v.Names }, notEmpty)}}},
}

var hmacSettings = []setting[Verify]{
	{key: "header", required: `write header = "x-signature"`, meaning: "where the signature stands", reads: headerName(func(v *Verify) *string { return &v.Header })},
	{key: "secret", required: askSecret, meaning: "the key, as text", reads: verifySecrets},
	{key: "algorithm", def: "sha256", meaning: "the hash",
		why:   "what nearly every sender uses",
		reads: oneOf([]string{"sha1", "sha256", "sha512"}, func(v *Verify) *string { return &v.Algorithm })},
	{key: "encoding", def: "hex", meaning: "of the sum",
		why:   "the same",
		reads: oneOf([]string{"hex", "base64"}, func(v *Verify) *string { return &v.Encoding })},
	{key: "prefix", def: "", meaning: `before the sum, as "sha256="`,
		why:   "none: it is the sender's own word",
		reads: word(kind{"a text of one line", `"sha256="`}, func(v *Verify) *string { return &v.Prefix }, oneLine)},
	{key: "signed", def: "{body}", meaning: "what is signed: text with {body}, {timestamp}, {id}, {url}",
		why:   "the body alone, which nearly every sender signs",
		reads: word(kind{"a text with {body} once, and perhaps {timestamp}, {id} and {url}", `"{timestamp}.{body}"`}, func(v *Verify) *string { return &v.Signed }, validSigned)},
	{key: "timestamp_header", def: "webhook-timestamp", meaning: "where {timestamp} stands: Unix seconds or milliseconds, or RFC 3339",
		why:   "the name that Standard Webhooks gives it",
		reads: headerName(func(v *Verify) *string { return &v.TimestampHeader })},
	{key: "id_header", def: "webhook-id", meaning: "where {id} stands",
		why:   "the name that Standard Webhooks gives it",
		reads: headerName(func(v *Verify) *string { return &v.IDHeader })},
	tolerance("5m", time.Second, ", where it is signed"),
}

// validSigned accepts what verify can read: the four fields, each in single braces, and the body once.
func validSigned(s string) bool {
	if strings.Count(s, "{body}") != 1 || !oneLine(s) {
		return false
	}
	rest := strings.NewReplacer("{body}", "", "{timestamp}", "", "{id}", "", "{url}", "").Replace(s)
	return !strings.ContainsAny(rest, "{}")
}

func oneLine(s string) bool  { return !strings.ContainsAny(s, "\r\n\x00") }
func notEmpty(s string) bool { return s != "" && oneLine(s) }

// prefixes is a list of addresses and ranges of them.
func prefixes[T any](field func(*T) *[]netip.Prefix) reads[T] {
	k := kind{"a list of addresses and ranges", `["203.0.113.0/24", "2001:db8::1"]`}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		items, ok := n.items()
		if !ok {
			r.wrong(n, k)
			return
		}
		for _, item := range items {
			value, ok := r.string(item, kind{"an address or a range", `"203.0.113.0/24"`}, usage{})
			if !ok {
				continue
			}
			prefix, ok := parsePrefix(value.plain)
			if !ok {
				r.invalid(item, kind{"an address or a range", `"203.0.113.0/24"`}, strconv.Quote(value.shown))
				continue
			}
			*field(t) = append(*field(t), prefix)
		}
	}}
}

// parsePrefix reads 203.0.113.7 and 203.0.113.0/24. Bits behind the prefix's length are a mistake that widens it.
func parsePrefix(s string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(s)
	return prefix, err == nil && prefix == prefix.Masked() && !prefix.Addr().Is4In6()
}

// publicKeys are texts by id. Whether they are keys, package verify finds out.
func publicKeys(field func(*Verify) *map[string]string) reads[Verify] {
	k := kind{"a table of keys in PEM", `{ KEY_ID = "{{file.key.pem}}" }`}
	return reads[Verify]{kind: k, into: func(r *reader, n node, v *Verify) {
		given, ok := n.value.(map[string]any)
		if !ok || len(given) == 0 {
			r.wrong(n, k)
			return
		}
		keys := make(map[string]string, len(given))
		for _, id := range slices.Sorted(maps.Keys(given)) {
			if value, ok := r.string(n.key(id), kind{"a public key in PEM", `"{{file.key.pem}}"`}, usage{}); ok {
				keys[id] = value.plain
			}
		}
		*field(v) = keys
	}}
}

var clientSettings = []setting[Client]{
	{key: "id", meaning: "client_id", reads: some(func(c *Client) *string { return &c.ID })},
	{key: "secret", meaning: "client_secret", reads: hidden(func(c *Client) *secret.Value { return &c.Secret })},
	{key: "username", meaning: "for the password grant", reads: some(func(c *Client) *string { return &c.Username })},
	{key: "password", meaning: "for the password grant", reads: hidden(func(c *Client) *secret.Value { return &c.Password })},
}

func clients() reads[Verify] {
	k := kind{"a list of clients", `[{ id = "…", secret = "{{secret.NAME}}" }]`}
	return reads[Verify]{kind: k, into: func(r *reader, n node, v *Verify) {
		items, ok := n.items()
		if !ok || len(items) == 0 {
			r.wrong(n, k)
			return
		}
		for _, item := range items {
			var c Client
			before := len(r.faults)
			readTable(r, item, clientSettings, &c)
			whole := (c.ID == "") == c.Secret.Empty() && (c.Username == "") == c.Password.Empty() && (c.ID != "" || c.Username != "")
			if !whole && len(r.faults) == before {
				r.fault(item, n.path.last()+" has a client without both halves of a credential", `write { id = "…", secret = "{{secret.NAME}}" }, or username and password, or all four`)
			}
			v.Clients = append(v.Clients, c)
		}
	}}
}
