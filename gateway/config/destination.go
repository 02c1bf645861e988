package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/secret"
)

var destinationSettings = []setting[Destination]{
	{key: "plugin", meaning: "writes its requests; without one the event itself is posted, as a CloudEvent",
		why:   "none: a CloudEvent is what most new systems take",
		reads: plugin(func(d *Destination) *string { return &d.Plugin })},
	{key: "url", meaning: "where it is; a plugin's requests are relative to it",
		why:   "none: some plugins take it from their own configuration; without a plugin it must be given",
		reads: destinationURL()},
	{key: "allow_http", def: false, meaning: "may be reached without TLS",
		why:   "plain HTTP shows credentials and people's names to everyone on the way",
		reads: boolean(func(d *Destination) *bool { return &d.AllowHTTP })},
	{key: "allow_private", def: false, meaning: "may be at a private, loopback or link-local address",
		why:   "a URL that an event or a customer can influence must not lead inside",
		reads: boolean(func(d *Destination) *bool { return &d.AllowPrivate })},
	{key: "tls", meaning: "how it is met over TLS",
		why:   "the system's authorities, TLS 1.2 or later, no certificate of one's own",
		reads: clientTLS()},
	{key: "proxy", meaning: "what requests go through; left out, [server] proxy; direct for none",
		why:   "that of [server]",
		reads: proxy(true, func(d *Destination) *Proxy { return &d.Proxy })},
	{key: "sign", meaning: "how requests to it are signed",
		why:   "none: a receiver has to know the scheme and share a key",
		reads: signing()},
	{key: "compress", def: "none", meaning: "of request bodies",
		why:   "few receivers unpack requests, and events are small",
		reads: oneOf([]string{"none", "gzip"}, func(d *Destination) *string { return &d.Compress })},
	{key: "redirects", def: int64(0), meaning: "how many are followed in one exchange",
		why:   "an API does not move; a redirect is a wrong URL or an attack",
		reads: count(0, 10, func(d *Destination) *int { return &d.Redirects })},
	{key: "auth", meaning: "how requests to it are authorised",
		why:   "none: credentials go only where somebody said so",
		reads: authorisation()},
	{key: "timeout", def: "15s", meaning: "of one HTTP exchange",
		why:   "a system under load still answers within it; one that hangs gives its place back",
		reads: duration(time.Millisecond, func(d *Destination) *time.Duration { return &d.Timeout })},
	{key: "concurrency", def: int64(10), meaning: "deliveries in flight at once",
		why:   "fills a receiver that takes 100 ms with 100 requests a second, and overruns none",
		reads: count(1, 1000, func(d *Destination) *int { return &d.Concurrency })},
	{key: "rate", meaning: "requests in how long, at most; what is more waits in the queue",
		why:   "none: who has a limit says so in answers, and slow_down heeds them",
		reads: rate(func(d *Destination) *Rate { return &d.Rate })},
	{key: "slow_down", def: true, meaning: "leaves it alone for as long as its answers say: 429, Retry-After, rate-limit headers",
		why:   "a receiver that says when to come back means it; going on costs attempts",
		reads: boolean(func(d *Destination) *bool { return &d.SlowDown })},
	{key: "order_by", def: "subject", meaning: `deliveries with the same value of this expression go one after the other; "" for none`,
		why:   "an agent's or call's events make sense in their order only; others need not wait for them",
		reads: expression(`"subject"`, func(d *Destination) *string { return &d.OrderBy })},
	{key: "latest_only", def: false, meaning: "a newer event with the same value of order_by replaces one that still waits",
		why:   "what is replaced is never sent: right for presence, wrong for everything that is counted",
		reads: boolean(func(d *Destination) *bool { return &d.LatestOnly })},
	{key: "retry", def: map[string]any{"schedule": []any{"5s", "5m", "30m", "2h", "5h", "10h", "10h"}}, meaning: "when a failed delivery is tried again",
		why:   "a blip, a deployment, an outage, a night: eight attempts within 27 hours and 35 minutes",
		reads: retry()},
	{key: "success", def: []any{"2xx"}, meaning: "statuses that mean delivered, unless the plugin judges the answer",
		why: "what HTTP says",
		reads: words(kind{`a list of statuses such as ["2xx", "304"]`, `["2xx"]`}, kind{"a status", `"2xx"`},
			func(d *Destination) *[]string { return &d.Success }, validStatus)},
	{key: "permanent", def: []any{}, meaning: "statuses that make a dead letter at once, where the plugin does not judge the answer",
		why: "none beside other 4xx, which are dead letters already",
		reads: words(kind{`a list of statuses such as ["409", "501"]`, `["409"]`}, kind{"a status", `"409"`},
			func(d *Destination) *[]string { return &d.Permanent }, validStatus)},
	{key: "retry_on", def: []any{}, meaning: "further statuses that are tried again, beside 408, 425, 429 and 5xx",
		why: "none: 408, 425, 429 and 5xx are what HTTP says may pass",
		reads: words(kind{`a list of statuses such as ["404"]`, `["404"]`}, kind{"a status", `"404"`},
			func(d *Destination) *[]string { return &d.RetryOn }, validStatus)},
	{key: "headers", def: map[string]any{}, meaning: "sent with every request",
		why:   "none beside the gateway's own",
		reads: headers()},
	{key: "config", def: map[string]any{}, meaning: "handed to the plugin",
		why:   "nothing: each plugin has its own keys and defaults",
		reads: pluginConfig(func(d *Destination) *Settings { return &d.Config })},
}

func beginDestination(r *reader, name string) *Destination {
	d := &Destination{Name: name, Vault: &secret.Vault{}}
	r.vault = d.Vault
	return d
}

func destinationURL() reads[Destination] {
	return reads[Destination]{kind: urlKind, into: func(r *reader, n node, d *Destination) {
		value, ok := r.string(n, urlKind, usage{plugin: true})
		if ok {
			r.urls = append(r.urls, configuredURL{n, value, d})
		}
		d.URL = secret.Text{Placeholder: value.placeholder, Display: value.shown}
	}}
}

var urlKind = kind{"an http or https URL", `"https://api.example.com"`}

// configuredURL is an address of a destination, which may have to be https.
type configuredURL struct {
	node
	text text
	of   *Destination
}

// checkURL checks an address; its faults show no secret.
func (r *reader) checkURL(n node, value text, d *Destination) {
	u, err := url.Parse(value.plain)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "":
		r.invalid(n, urlKind, strconv.Quote(value.shown))
	case u.User != nil:
		r.fault(n, n.path.last()+" has a user name or password in it", `remove it, and write auth = { type = "basic", username = "…", password = "{{secret.NAME}}" }`)
	case u.Fragment != "":
		r.fault(n, n.path.last()+" has a #fragment, which is never sent", "remove it")
	case u.Scheme == "http" && !d.AllowHTTP:
		r.fault(n, n.path.last()+" is plain http, which anyone on the way can read", "write https://, or allow_http = true for this destination")
	}
}

func validStatus(s string) bool {
	if len(s) != 3 || s[0] < '1' || s[0] > '5' {
		return false
	}
	return s[1:] == "xx" || strings.Trim(s, "0123456789") == ""
}

// headers are texts by name. Those that belong to the exchange itself are not anybody's to set.
func headers() reads[Destination] {
	k := kind{"a table of texts", `{ x-team = "support" }`}
	return reads[Destination]{kind: k, into: func(r *reader, n node, d *Destination) {
		given, ok := n.value.(map[string]any)
		if !ok {
			r.wrong(n, k)
			return
		}
		d.Headers = make(map[string]secret.Text, len(given))
		seen := map[string]bool{}
		for _, name := range slices.Sorted(maps.Keys(given)) {
			if lower := strings.ToLower(name); seen[lower] {
				r.faultAtKey(n.path.key(name), fmt.Sprintf("%s stands twice in headers, in two spellings", name), "keep one of the two")
			} else {
				seen[lower] = true
			}
			if value, ok := r.header(n.key(name), name); ok {
				d.Headers[name] = value
			}
		}
	}}
}

var ownHeaders = []string{"connection", "content-length", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te",
	"trailer", "transfer-encoding", "upgrade", "webhook-id", "webhook-timestamp", "webhook-signature"}

func (r *reader) header(n node, name string) (secret.Text, bool) {
	value, ok := r.string(n, kind{"a text of one line", `"…"`}, usage{plugin: true})
	switch {
	case !ok:
	case !validHeader(name):
		r.faultAtKey(n.path, fmt.Sprintf("%q is not a header's name", name), `write a name such as "x-team"`)
	case slices.Contains(ownHeaders, strings.ToLower(name)):
		r.faultAtKey(n.path, name+" is set by the gateway itself", "remove it")
	case strings.ContainsAny(value.plain, "\r\n\x00"):
		r.fault(n, name+" has more than one line", "write the header's value in one line")
	default:
		return secret.Text{Placeholder: value.placeholder, Display: value.shown}, true
	}
	return secret.Text{}, false
}
