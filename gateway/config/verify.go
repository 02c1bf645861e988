package config

import (
	"fmt"
	"slices"
	"strings"
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

func scheme(v *Verify) *string { return &v.Scheme }

// verify is one way or a list of ways, any of which will do. A way is a scheme, or { all = […] }: schemes that must hold
// together.
func verify() reads[Source] {
	k := kind{"a table or a list of tables", `{ scheme = "bearer", token = "{{secret.NAME}}" }`}
	return reads[Source]{kind: k, inner: append(describeChoices("scheme", schemes), describeAll()...), into: func(r *reader, n node, s *Source) {
		items, isList := n.items()
		if _, isTable := n.value.(map[string]any); isTable {
			items, isList = []node{n}, true
		}
		if !isList || len(items) == 0 {
			r.wrong(n, k)
			return
		}
		for _, item := range items {
			v := r.way(item)
			if v.Scheme == "none" && len(items) > 1 {
				r.fault(item, "none beside other schemes lets anyone in", `remove it, or write verify = { scheme = "none" } alone`)
			}
			s.Verify = append(s.Verify, v)
		}
	}}
}

func describeAll() []Setting {
	return []Setting{
		{Path: "(all)", Type: "a choice", Required: true, Meaning: "several schemes that must hold together"},
		{Path: "(all).all", Type: allKind.wants, Required: true, Meaning: "the schemes"},
	}
}

var allKind = kind{"a list of two schemes or more", `[{ scheme = "ip", allow = ["203.0.113.0/24"] }, { scheme = "bearer", token = "{{secret.NAME}}" }]`}

// way is one item of verify.
func (r *reader) way(n node) (v Verify) {
	table, _ := n.value.(map[string]any)
	if _, together := table["all"]; !together {
		readChoice(r, n, "scheme", schemes, scheme, &v)
		r.notPublished(n, v)
		return v
	}
	v.Scheme = "all"
	readTable(r, n, []setting[Verify]{{key: "all", reads: reads[Verify]{kind: allKind, into: func(r *reader, n node, v *Verify) {
		items, ok := n.items()
		if ok && len(items) < 2 {
			r.invalid(n, allKind, fmt.Sprintf("%d", len(items)))
			return
		}
		if !ok {
			r.wrong(n, allKind)
			return
		}
		for _, item := range items {
			var one Verify
			readChoice(r, item, "scheme", schemes, scheme, &one)
			r.notPublished(item, one)
			if one.Scheme == "none" {
				r.fault(item, "none among schemes that must hold together says nothing", "remove it")
			}
			v.All = append(v.All, one)
		}
	}}}}, &v)
	return v
}

// zendeskTestSecret is what Zendesk signs test requests with, from before a webhook is saved. Its documentation shows it.
const zendeskTestSecret = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==" //nolint:gosec // it is public

// notPublished refuses a secret that everybody knows, unless that is asked for.
func (r *reader) notPublished(n node, v Verify) {
	if v.Scheme != "zendesk" || v.AllowTestSecret {
		return
	}
	items, isList := n.key("secret").items()
	if !isList {
		items = []node{n.key("secret")}
	}
	for i, s := range v.Secrets {
		if s.Reveal() == zendeskTestSecret {
			r.fault(items[min(i, len(items)-1)], "secret is the one that Zendesk publishes for test requests: anybody can sign with it",
				"put the webhook's own there (Admin Center, Webhooks, Reveal secret), or while setting up add allow_test_secret = true")
		}
	}
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
