package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/secret"
)

var serverSettings = []setting[Server]{
	{key: "listen", def: "127.0.0.1:8080", meaning: "where vendors post",
		why:   "this machine alone, until somebody decides otherwise",
		reads: address(func(s *Server) *string { return &s.Listen }, validAddress)},
	{key: "admin", def: "127.0.0.1:8081", meaning: "API and metrics; beyond this machine only with admin_tls",
		why:   "this machine alone: whoever reaches it has only a token left to guess",
		reads: address(func(s *Server) *string { return &s.Admin }, validAddress)},
	{key: "admin_tls", meaning: "certificate and key for admin, read again when they change; without it plain HTTP",
		why:   "none: nothing of what is on this machine alone passes a wire",
		reads: table(`{ cert = "cert.pem", key = "key.pem" }`, tlsSettings, func(s *Server) *TLS { return &s.AdminTLS })},
	{key: "admin_hosts", def: []any{}, meaning: "names by which the API may be asked, besides localhost, addresses and the names in its certificate",
		why:   "none: a request that names another host may come of a page that somebody else made for a browser here",
		reads: words(kind{"a list of host names", `["gw.example.com"]`}, kind{"a host name, without a port", `"gw.example.com"`}, func(s *Server) *[]string { return &s.AdminHosts }, hostName)},
	{key: "dev", def: "127.0.0.1:8082", meaning: "where the demo destination answers under plugboard dev",
		why:   "beside the other two",
		reads: address(func(s *Server) *string { return &s.Dev }, Loopback)},
	{key: "proxy", meaning: "what requests to destinations go through; left out, nothing",
		why:   "none: most machines reach the net directly",
		reads: proxy(false, func(s *Server) *Proxy { return &s.Proxy })},
	{key: "max_body", def: "1MiB", meaning: "longest request body, after decompression; longer: 413",
		why:   "webhooks have some kilobytes; what is larger than this is no event",
		reads: size(1, 1<<30, `"1MiB"`, func(s *Server) *int64 { return &s.MaxBody })},
	{key: "max_bodies", def: auto, meaning: "bytes of request bodies in memory at once, over all connections; beyond: 503",
		why:   "auto: a part of the memory limit, so that many large bodies at once end in 503, not in the process's end",
		reads: orAuto(size(1, maxDisk, `"64MiB"`, func(s *Server) *int64 { return &s.MaxBodies }))},
	{key: "max_connections", def: int64(10_000), meaning: "open connections, over all addresses",
		why:   "more than vendors open; fewer are let in where the descriptors or the memory of the process ask for it",
		reads: count(1, 1_000_000, func(s *Server) *int { return &s.MaxConnections })},
	{key: "per_address", def: int64(100), meaning: "open connections of one address",
		why:   "no vendor opens more; one broken sender must not take all of them",
		reads: count(1, 1_000_000, func(s *Server) *int { return &s.PerAddress })},
	{key: "read_timeout", def: "9s", meaning: "for a whole request to arrive",
		why:   "a webhook is there within one; slow senders are gone within ten, what is still to come of a body thrown away included",
		reads: duration(time.Millisecond, func(s *Server) *time.Duration { return &s.ReadTimeout })},
	{key: "write_timeout", def: "9s", meaning: "for the sender to take the answer",
		why:   "the answer is a hundred bytes",
		reads: duration(time.Millisecond, func(s *Server) *time.Duration { return &s.WriteTimeout })},
	{key: "idle_timeout", def: "30s", meaning: "how long a connection may wait for its next request",
		why:   "vendors send in bursts, and a kept connection saves the next handshake",
		reads: duration(time.Millisecond, func(s *Server) *time.Duration { return &s.IdleTimeout })},
	{key: "tls", meaning: "certificate and key for listen, read again when they change; without it plain HTTP",
		why:   "none: most gateways stand behind something that ends TLS; on anything but loopback set it",
		reads: table(`{ cert = "cert.pem", key = "key.pem" }`, tlsSettings, func(s *Server) *TLS { return &s.TLS })},
	{key: "public_url", meaning: "where senders know the gateway to be: for schemes that sign the URL",
		why:   "none: only schemes that sign the URL need it, and guessing it from a request would believe the sender",
		reads: publicURL(func(s *Server) *string { return &s.PublicURL })},
	{key: "trusted_proxies", def: []any{}, meaning: "addresses and ranges of proxies in front: the sender's address is read from what they forward",
		why:   "nobody: a header that anyone can write is no address",
		reads: prefixes(func(s *Server) *[]netip.Prefix { return &s.TrustedProxies })},
}

var tlsSettings = []setting[TLS]{
	{key: "cert", required: `write cert = "cert.pem"`, meaning: "file of the certificate and what links it to its authority, in PEM", reads: folder(func(t *TLS) *string { return &t.Cert })},
	{key: "key", required: `write key = "key.pem"`, meaning: "file of its private key", reads: folder(func(t *TLS) *string { return &t.Key })},
}

// publicURL is scheme and host as a sender writes them, perhaps with a path before the source's.
func publicURL[T any](field func(*T) *string) reads[T] {
	return word(kind{"an address such as https://gw.example.com", `"https://gw.example.com"`}, field, func(s string) bool {
		u, err := url.Parse(s)
		return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.Opaque == "" &&
			!strings.ContainsAny(s, "?# \r\n") && !strings.HasSuffix(s, "/")
	})
}

const maxDisk = 1 << 60 // bytes: more than there are, and less than would overflow when added

// auto is the word for a value that the part concerned works out by itself.
const auto = "auto"

var queueSettings = []setting[Queue]{
	{key: "engine", def: "badger", meaning: "what keeps the queue",
		why:   "needs no server; there is no other yet",
		reads: oneOf([]string{"badger"}, func(q *Queue) *string { return &q.Engine })},
	{key: "dir", def: "data", meaning: "folder of the engine's files and of the API's token",
		why:   "beside the file, so that a first run needs no path",
		reads: folder(func(q *Queue) *string { return &q.Dir })},
	{key: "retain", def: "72h", meaning: "how long ended deliveries and their events can be searched and replayed",
		why:   "a weekend: what went wrong on Friday can be replayed on Monday",
		reads: duration(0, func(q *Queue) *time.Duration { return &q.Retain })},
	{key: "max_disk", def: "10GiB", meaning: "most the queue's files may take; history goes first, then 503",
		why:   "ten million small events; small enough for the disk of a small machine",
		reads: size(64<<20, maxDisk, `"10GiB"`, func(q *Queue) *int64 { return &q.MaxDisk })},
	{key: "min_free", def: auto, meaning: "with less than this free on the disk nothing is accepted: 503",
		why:   "a full disk ends more programs than this one; auto leaves a tenth of the disk, at most 5 GiB, alone",
		reads: orAuto(size(1, maxDisk, `"1GiB"`, func(q *Queue) *int64 { return &q.MinFree }))},
	{key: "encrypt", def: false, meaning: "seal what is stored, under the master key of [secrets]",
		why:   "the disk's own encryption is the usual place; this costs time, and losing the key loses the store",
		reads: boolean(func(q *Queue) *bool { return &q.Encrypt })},
}

var pluginsSettings = []setting[Plugins]{
	{key: "dir", def: "plugins", meaning: "NAME.wasm in this folder is plugin NAME",
		why:   "where plugin build puts them",
		reads: folder(func(p *Plugins) *string { return &p.Dir })},
	{key: "cache", def: "data/cache", meaning: "folder of compiled plugins",
		why:   "within the queue's folder: one folder to own and to forget",
		reads: folder(func(p *Plugins) *string { return &p.Cache })},
	{key: "memory", def: "32MiB", meaning: "of one instance",
		why:   "a Go guest takes 3 to 8 MiB; the rest is for a body of max_body and what is made of it",
		reads: size(64<<10, 4<<30, `"32MiB"`, func(p *Plugins) *int64 { return &p.Memory })},
	{key: "deadline", def: "50ms", meaning: "of one call",
		why:   "calls take 10 to 100 µs; a garbage collection of the guest's own on a busy machine stays below it too",
		reads: duration(time.Millisecond, func(p *Plugins) *time.Duration { return &p.Deadline })},
	{key: "state", def: "1MiB", meaning: "what a plugin may remember at one source or destination; beyond it what it wrote longest ago goes",
		why:   "ten thousand entries of a hundred bytes; it is held in memory",
		reads: size(1<<10, 64<<20, `"1MiB"`, func(p *Plugins) *int64 { return &p.State })},
	{key: "state_keys", def: int64(10_000), meaning: "the same in keys",
		why:   "as many agents or calls as one connection sees in a day",
		reads: count(1, 1_000_000, func(p *Plugins) *int { return &p.StateKeys })},
}

var endpointsSettings = []setting[Endpoints]{
	{key: "most", def: int64(10_000), meaning: "how many there may be",
		why:   "each has a lane of its own; a mistake in a loop must not fill the memory",
		reads: count(0, 100_000, func(e *Endpoints) *int { return &e.Most })},
	{key: "disable_after", def: "5d", meaning: "failing for so long, with nothing delivered in between, disables one; 0s: never",
		why:   "longer than a long weekend's outage, shorter than anyone keeps retrying",
		reads: duration(0, func(e *Endpoints) *time.Duration { return &e.DisableAfter })},
}

var secretsSettings = []setting[Secrets]{
	{key: "dir", def: defaultSecrets, meaning: "folder with a file for each secret, asked after the environment",
		why:   "beside the file, so that a copied folder has all it needs; the environment goes first, as containers want it",
		reads: folder(func(s *Secrets) *string { return &s.Dir })},
	{key: "key_file", def: defaultKey, meaning: "the master key that seals the secrets in the store, and the store",
		why:   "beside the file and not in the store's folder: a copy of the store alone opens nothing",
		reads: folder(func(s *Secrets) *string { return &s.KeyFile })},
}

const (
	defaultSecrets = "secrets"
	defaultKey     = "plugboard.key"
)

// storable says that enough is read to open the store: what is read from here on may name the secrets in it.
func storable(inner reads[Config]) reads[Config] {
	read := inner.into
	inner.into = func(r *reader, n node, c *Config) {
		read(r, n, c)
		r.storable = true
	}
	return inner
}

// opening opens the folder of secrets as soon as its name is known. The folder that nobody named need not be there.
func opening(inner reads[Config]) reads[Config] {
	read := inner.into
	inner.into = func(r *reader, n node, c *Config) {
		read(r, n, c)
		r.secrets = c.Secrets.Dir
		if r.secrets == "" {
			return
		}
		dir, err := secret.OpenDir(r.secrets)
		_, named := r.places[n.path.key("dir")]
		switch {
		case err == nil:
			r.dir = dir
		case named || !errors.Is(err, fs.ErrNotExist):
			r.fault(n.key("dir"), fmt.Sprintf("the folder of secrets cannot be opened: %v", errors.Unwrap(err)), "run mkdir -m 700 "+r.secrets)
		}
	}
	return inner
}

// orAuto takes "auto" for zero.
func orAuto[T any](inner reads[T]) reads[T] {
	read := inner.into
	inner.wants += ` or "auto"`
	inner.into = func(r *reader, n node, t *T) {
		if n.value != auto {
			read(r, n, t)
		}
	}
	return inner
}

// address is where to listen: "" where that is allowed by valid, else host:port. A bare number for a port, since the
// names of services differ from machine to machine.
func address(field func(*Server) *string, valid func(host string) bool) reads[Server] {
	k := kind{"host:port", `"127.0.0.1:8080"`}
	local := kind{"an address of this machine alone (there is no TLS on it)", `"127.0.0.1:8082"`}
	return reads[Server]{kind: k, into: func(r *reader, n node, s *Server) {
		value, ok := r.string(n, k, usage{})
		if !ok {
			return
		}
		host, port, err := net.SplitHostPort(value.plain)
		number, portErr := strconv.ParseUint(port, 10, 16)
		switch {
		case err != nil || portErr != nil || !validAddress(host):
			r.invalid(n, k, strconv.Quote(value.shown))
		case !valid(host):
			r.invalid(n, local, strconv.Quote(value.shown))
		default:
			r.listens(n, value.plain, number)
		}
		*field(s) = value.plain
	}}
}

func validAddress(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return true
	}
	return validName(host) && !allDigits(host)
}

// allDigits tells 1.2.3 and 127.1, which are mistyped addresses, from names.
func allDigits(host string) bool {
	for _, c := range host {
		if c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// hostName is one in lower case, as hosts are compared.
func hostName(host string) bool {
	return validName(host) && !allDigits(host)
}

// Loopback says whether a host is this machine's own alone.
func Loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// listens blames a second listener on one address. Port 0 is a free one each time.
func (r *reader) listens(n node, addr string, port uint64) {
	for _, other := range slices.Sorted(maps.Keys(r.listen)) {
		if r.listen[other] == addr && port != 0 {
			r.fault(n, fmt.Sprintf("%s listens on %s, as %s does (%s)", n.path.last(), addr, other.last(), r.valueAt(other)), "give it another port")
		}
	}
	r.listen[n.path] = addr
}
