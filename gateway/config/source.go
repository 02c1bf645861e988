package config

import (
	"net/http"
	"net/url"
	gopath "path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/secret"
)

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

var sourceSettings = []setting[Source]{
	{key: "path", meaning: "where it posts: the raw path of the request line; /hooks/NAME unless set",
		why:   "/hooks/ and its name: unique by itself",
		reads: sourcePath()},
	{key: "methods", def: []any{"POST"}, meaning: "HTTP methods it may use",
		why: "webhooks are posts; a GET is allowed where a vendor uses it",
		reads: words(kind{"a list of methods: " + strings.Join(methods, ", "), `["POST"]`}, kind{"a method", `"POST"`},
			func(s *Source) *[]string { return &s.Methods }, func(m string) bool { return slices.Contains(methods, m) })},
	{key: "plugin", meaning: "reads its requests; without one CloudEvents are accepted, and any JSON as it is",
		why:   "none: CloudEvents need no translation",
		reads: plugin(func(s *Source) *string { return &s.Plugin })},
	{key: "verify", required: `write verify = { scheme = "none" } if anyone may post there, or the scheme that its sender uses`,
		meaning: "how the sender proves who it is: one way, or a list of ways", reads: verify()},
	{key: "config", def: map[string]any{}, meaning: "handed to the plugin",
		why:   "nothing: each plugin has its own keys and defaults",
		reads: pluginConfig(func(s *Source) *Settings { return &s.Config })},
	{key: "dedupe", def: "24h", meaning: "how long an event's id is remembered, so that a repeat is queued once",
		why:   "the longest time over which a vendor repeats (EddyDesk, every 30 minutes for a day)",
		reads: duration(0, func(s *Source) *time.Duration { return &s.Dedupe })},
	{key: "limit", meaning: "most requests of believed senders; more: 429 with Retry-After; none unless set",
		why:   "none: an event that is refused may be gone for good; what one commit a second holds is the machine's to say",
		reads: rate(func(s *Source) *Rate { return &s.Limit })},
	{key: "max_body", meaning: "longest request body, after decompression, if shorter than the server's",
		why:   "the server's",
		reads: size(1, 1<<30, `"64KiB"`, func(s *Source) *int64 { return &s.MaxBody })},
	{key: "public_url", meaning: "its sender's own idea of where the gateway is; the server's unless set",
		why:   "the server's",
		reads: publicURL(func(s *Source) *string { return &s.PublicURL })},
	{key: "echo", def: "1m", meaning: `for how long after a delivery this source's report of what it caused is known for its echo, and not routed; "0s": never`,
		why:   "systems report within seconds; longer would take what somebody does himself later for an echo",
		reads: echoWindow()},
	{key: "echo_of", def: []any{}, meaning: "destinations that are the system that this source reports from; none: those with the same plugin",
		why:   "a vendor's plugin on both sides is the same system",
		reads: words(names, kind{"a destination", `"babelforce"`}, func(s *Source) *[]string { return &s.EchoOf }, validName)},
	{key: "redact", meaning: "what is never stored of its events and requests; nothing unless set",
		why:   "nothing: what is removed cannot be replayed, so it is for the operator to decide",
		reads: redaction()},
}

func beginSource(r *reader, name string) *Source {
	s := &Source{Name: name, Path: "/hooks/" + name, Vault: &secret.Vault{}}
	r.vault = s.Vault
	return s
}

// sourcePath is compared with the request line byte for byte, so only what a client leaves as it is may stand in it.
func sourcePath() reads[Source] {
	return word(kind{"a path without query or dot segments", `"/hooks/zendesk/main"`},
		func(s *Source) *string { return &s.Path }, validPath)
}

func validPath(p string) bool {
	parsed, err := url.ParseRequestURI(p)
	return err == nil && strings.HasPrefix(p, "/") && parsed.EscapedPath() == p && parsed.RawQuery == "" && !parsed.ForceQuery &&
		len(p) <= 1024 && gopath.Clean("/"+strings.TrimSuffix(p, "/")) == "/"+strings.Trim(p, "/") && !strings.ContainsAny(p, "#\"<>\\^`{|} ")
}

// plugin is a plugin's name. Whether there is such a plugin is checked; whether it loads, its host finds out.
func plugin[T any](field func(*T) *string) reads[T] {
	k := kind{"a plugin's name", `"webhook"`}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		value, ok := r.string(n, k, usage{})
		if !ok {
			return
		}
		if !validName(value.plain) {
			r.invalid(n, k, strconv.Quote(value.shown))
			return
		}
		r.plugins = append(r.plugins, node{n.path, value.plain})
		*field(t) = value.plain
	}}
}
