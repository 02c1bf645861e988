package config

import "github.com/plugboard/plugboard/gateway/secret"

// Redact is what must not be stored of a source. Its paths are checked by who uses them.
type Redact struct {
	Remove, Hash []string // fields of the event
	Raw          []string // fields of the vendor's own body that go; nil: the body is not kept
	Query        []string // parameters that go; nil: the query is not kept
	Headers      []string // that are not kept either
	Key          secret.Value
}

var redactSettings = []setting[Redact]{
	{key: "remove", meaning: "fields of the event that are removed",
		why:   "nothing: each field is named",
		reads: fieldPaths(func(x *Redact) *[]string { return &x.Remove })},
	{key: "hash", meaning: "fields of the event that become a keyed hash",
		why:   "nothing: each field is named",
		reads: fieldPaths(func(x *Redact) *[]string { return &x.Hash })},
	{key: "raw", meaning: "fields of the request's own body that are removed; left out, no body is kept",
		why:   "no body: it would hold the very fields that are to go",
		reads: fieldPaths(func(x *Redact) *[]string { return &x.Raw })},
	{key: "query", meaning: "parameters of the request that are removed; left out, none is kept",
		why:   "none is kept, for the same reason",
		reads: fieldPaths(func(x *Redact) *[]string { return &x.Query })},
	{key: "headers", meaning: "headers of the request that are not kept",
		why:   "those of the allow-list are kept: none of them is a credential",
		reads: fieldPaths(func(x *Redact) *[]string { return &x.Headers })},
	{key: "key", meaning: "what the hash is keyed with; the store's own key unless set",
		why:   "the store's own key: equal values stay equal, and nobody without the store can try numbers",
		reads: redactKey()},
}

// redaction is there or not: an empty table is one that keeps no request.
func redaction() reads[Source] {
	return table("{ remove = [\"data.call.from\"] }", redactSettings, func(s *Source) *Redact {
		s.Redact = &Redact{}
		return s.Redact
	})
}

func fieldPaths(field func(*Redact) *[]string) reads[Redact] {
	return words(kind{"a list of names", `["data.call.from"]`}, kind{"a name", `"data.call.from"`}, field, func(s string) bool { return s != "" && len(s) <= 1000 })
}

const shortestKey = 16 // bytes

func redactKey() reads[Redact] {
	return reads[Redact]{kind: secretKind, into: func(r *reader, n node, x *Redact) {
		value, ok := r.hidden(n)
		if ok && len(value.Reveal()) < shortestKey {
			r.fault(n, "key is shorter than 16 bytes", "set one that cannot be guessed: openssl rand -base64 32")
		}
		x.Key = value
	}}
}
