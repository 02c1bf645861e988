package config

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// The kinds of value a setting may have. Each takes where in T the value goes and, where that is not plain from the
// type, which values do.

func (r *reader) string(n node, k kind, use usage) (text, bool) {
	raw, ok := n.value.(string)
	if !ok {
		r.wrong(n, k)
		return text{}, false
	}
	return r.expand(n, raw, use)
}

// word is a text that has to be of a certain form.
func word[T any](k kind, field func(*T) *string, valid func(string) bool) reads[T] {
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		value, ok := r.string(n, k, usage{})
		switch {
		case !ok:
		case !valid(value.plain):
			r.invalid(n, k, strconv.Quote(value.shown))
		default:
			*field(t) = value.plain
		}
	}}
}

// expression is code for another package to compile: braces are its own.
func expression[T any](example string, field func(*T) *string) reads[T] {
	k := kind{"an expression", example}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		value, _ := r.string(n, k, usage{braces: true})
		*field(t) = value.plain
		r.expressionAt(n, value.plain)
	}}
}

// oneOf is one of a few words.
func oneOf[T any](words []string, field func(*T) *string) reads[T] {
	k := kind{listWords(words), strconv.Quote(words[0])}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		value, ok := r.string(n, k, usage{})
		if ok && !slices.Contains(words, value.plain) {
			if meant, near := nearest(value.plain, words); near {
				r.fault(n, fmt.Sprintf("%s wants %s, has %q", n.path.last(), k.wants, value.shown), fmt.Sprintf("did you mean %q?", meant))
				return
			}
			r.invalid(n, k, strconv.Quote(value.shown))
		}
		*field(t) = value.plain
	}}
}

// folder is a path, relative to the file.
func folder[T any](field func(*T) *string) reads[T] {
	k := kind{"a path", `"data"`}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		value, _ := r.string(n, k, usage{})
		*field(t) = r.beside(value.plain)
	}}
}

// duration is at least the given length.
func duration[T any](least time.Duration, field func(*T) *time.Duration) reads[T] {
	k := kind{`a duration such as "30s"`, `"30s"`}
	if least > 0 {
		k.wants += fmt.Sprintf(" (%v or longer)", least)
	}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		if value, ok := r.string(n, k, usage{}); ok {
			*field(t) = r.duration(n, k, value, least)
		}
	}}
}

func (r *reader) duration(n node, k kind, value text, least time.Duration) time.Duration {
	d, err := ParseDuration(value.plain)
	if err != nil || d < least {
		r.invalid(n, k, strconv.Quote(value.shown))
	}
	return d
}

// size is a number of bytes within bounds.
func size[T any](least, most int64, example string, field func(*T) *int64) reads[T] {
	k := kind{fmt.Sprintf("a size such as %s", example), example}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		value, ok := r.string(n, k, usage{})
		if !ok {
			return
		}
		bytes, err := ParseSize(value.plain)
		if err != nil || bytes < least || bytes > most {
			limits := k
			if err == nil {
				limits.wants = fmt.Sprintf("a size from %s to %s", formatSize(least), formatSize(most))
			}
			r.invalid(n, limits, strconv.Quote(value.shown))
		}
		*field(t) = bytes
	}}
}

// count is a whole number within bounds.
func count[T any](least, most int64, field func(*T) *int) reads[T] {
	k := kind{fmt.Sprintf("a whole number from %d to %d", least, most), strconv.FormatInt(max(least, min(10, most)), 10)}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		number, ok := n.value.(int64)
		if !ok {
			r.wrong(n, k)
			return
		}
		if number < least || number > most {
			r.invalid(n, k, strconv.FormatInt(number, 10))
			return
		}
		*field(t) = int(number)
	}}
}

// number is a number of at least one.
func number[T any](field func(*T) *float64) reads[T] {
	k := kind{"a number from 1 to 100", "2"}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		var value float64
		switch given := n.value.(type) {
		case int64:
			value = float64(given)
		case float64:
			value = given
		default:
			r.wrong(n, k)
			return
		}
		if !(value >= 1 && value <= 100) { // also when it is not a number
			r.invalid(n, k, fmt.Sprint(value))
		}
		*field(t) = value
	}}
}

func boolean[T any](field func(*T) *bool) reads[T] {
	k := kind{"true or false", "true"}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		value, ok := n.value.(bool)
		if !ok {
			r.wrong(n, k)
		}
		*field(t) = value
	}}
}

// words is a list of texts, each of a certain form, none twice.
func words[T any](list, item kind, field func(*T) *[]string, valid func(string) bool) reads[T] {
	return reads[T]{kind: list, into: func(r *reader, n node, t *T) {
		items, ok := n.items()
		if !ok {
			r.wrong(n, list)
			return
		}
		values := make([]string, 0, len(items))
		for _, n := range items {
			values = r.addWord(values, n, item, valid)
		}
		*field(t) = values
	}}
}

func (r *reader) addWord(values []string, n node, k kind, valid func(string) bool) []string {
	value, ok := r.string(n, k, usage{})
	switch {
	case !ok:
		return values
	case !valid(value.plain):
		r.invalid(n, k, strconv.Quote(value.shown))
	case slices.Contains(values, value.plain):
		r.fault(n, fmt.Sprintf("%q stands twice in %s", value.shown, n.path.parent().last()), "remove one of the two")
	}
	return append(values, value.plain)
}
