package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/secret"
)

// choice is a table whose other keys depend on one word in it.
type choice[T any] struct {
	word     string
	settings []setting[T]
}

// readChoice reads such a table; name is the key that holds the word.
func readChoice[T any](r *reader, n node, name string, choices []choice[T], field func(*T) *string, t *T) {
	all := make([]string, len(choices))
	for i, c := range choices {
		all[i] = c.word
	}
	known := setting[T]{key: name, required: "write one of " + listWords(all), reads: oneOf(all, field)}
	given, ok := n.value.(map[string]any)
	if !ok {
		r.wrong(n, kind{"a table", fmt.Sprintf("{ %s = %q }", name, all[0])})
		return
	}
	if _, isText := given[name].(string); !isText {
		alone := map[string]any{}
		if value, present := given[name]; present {
			alone[name] = value
		}
		readTable(r, node{n.path, alone}, []setting[T]{known}, t)
		return
	}
	known.reads.into(r, n.key(name), t)
	if i := slices.Index(all, *field(t)); i >= 0 {
		readTable(r, n, append([]setting[T]{known.quiet()}, choices[i].settings...), t)
	}
}

// quiet is the setting for a value that is read already.
func (s setting[T]) quiet() setting[T] {
	s.reads.into = func(*reader, node, *T) {}
	return s
}

func describeChoices[T any](name string, choices []choice[T]) []Setting {
	var list []Setting
	for _, c := range choices {
		list = append(list, Setting{Path: "(" + c.word + ")", Type: "a choice", Required: true, Meaning: name + " = " + c.word})
		for _, s := range describe(c.settings) {
			s.Path = "(" + c.word + ")." + s.Path
			list = append(list, s)
		}
	}
	return list
}

var verifySecrets = hiddenList(func(v *Verify) *[]secret.Value { return &v.Secrets })

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
	{"zendesk", []setting[Verify]{
		{key: "secret", required: `write secret = "{{secret.NAME}}"`, meaning: "the webhook's signing secret", reads: verifySecrets},
		{key: "tolerance", def: "0s", meaning: "how far the signed time may be off; 0s: not checked, since retries may carry an old one",
			reads: duration(0, func(v *Verify) *time.Duration { return &v.Tolerance })}}},
}

func scheme(v *Verify) *string { return &v.Scheme }

// verify is one way or a list of ways.
func verify() reads[Source] {
	k := kind{"a table or a list of tables", `{ scheme = "bearer", token = "{{secret.NAME}}" }`}
	return reads[Source]{kind: k, inner: describeChoices("scheme", schemes), into: func(r *reader, n node, s *Source) {
		items, isList := n.items()
		if _, isTable := n.value.(map[string]any); isTable {
			items, isList = []node{n}, true
		}
		if !isList || len(items) == 0 {
			r.wrong(n, k)
			return
		}
		for _, item := range items {
			var v Verify
			readChoice(r, item, "scheme", schemes, scheme, &v)
			if v.Scheme == "none" && len(items) > 1 {
				r.fault(item, "none beside other schemes lets anyone in", `remove it, or write verify = { scheme = "none" } alone`)
			}
			s.Verify = append(s.Verify, v)
		}
	}}
}

// some is any text but an empty one or one of several lines.
func some[T any](field func(*T) *string) reads[T] {
	return word(kind{"a text of one line", `"…"`}, field, func(s string) bool { return s != "" && !strings.ContainsAny(s, "\r\n\x00") })
}

// headerName is what HTTP calls a token.
func headerName[T any](field func(*T) *string) reads[T] {
	return word(kind{"a header's name", `"x-api-key"`}, field, validHeader)
}

func validHeader(name string) bool {
	for i := range len(name) {
		if c := name[i]; !alphanumeric(c) && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return name != ""
}
