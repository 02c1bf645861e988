package config

import "github.com/plugboard/plugboard/gateway/secret"

// hidden is a secret: {{secret.NAME}}, or as it is.
func hidden[T any](field func(*T) *secret.Value) reads[T] {
	return reads[T]{kind: secretKind, into: func(r *reader, n node, t *T) { *field(t), _ = r.hidden(n) }}
}

var secretKind = kind{"a secret", `"{{secret.NAME}}"`}

func (r *reader) hidden(n node) (secret.Value, bool) {
	value, ok := r.string(n, secretKind, usage{})
	if ok && value.plain == "" {
		r.fault(n, n.path.last()+" is empty", "write {{secret.NAME}} and set that secret")
		return secret.Value{}, false
	}
	hidden := secret.New(value.plain)
	if ok && value.shown == value.plain { // written out: has no name to be shown by
		r.hide(n.path)
		r.all.Hide("", hidden)
		if r.vault != nil {
			r.vault.Hide("", hidden)
		}
	}
	return hidden, ok
}

// hiddenList is a secret, or a list of them while one replaces the other.
func hiddenList[T any](field func(*T) *[]secret.Value) reads[T] {
	k := kind{"a secret, or a list of them", secretKind.example}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		items, isList := n.items()
		if !isList {
			items = []node{n}
		}
		if len(items) == 0 {
			r.wrong(n, k)
		}
		for _, item := range items {
			if value, ok := r.hidden(item); ok {
				*field(t) = append(*field(t), value)
			}
		}
	}}
}
