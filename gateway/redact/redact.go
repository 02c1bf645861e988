// Package redact takes out of events and requests what must never be stored: fields are removed, or replaced by a keyed hash
// that stays the same for the same value, so that events of one caller can still be told to be one caller's.
//
// A field is named by its path from the top of the event, as data.call.from. A step may be * for any name, or ** for any
// number of steps, none included: data.**.phone. Lists are looked through without being named. What a path names is taken out
// whole, an object with all that is in it.
//
// A hash is HMAC-SHA-256 under a key that is not in the store, cut to 128 bits: without the key nobody finds a telephone number
// by trying them all. Of an object or list every text and number in it is hashed.
//
// An event that has nothing to redact comes back as it is, without a copy.
package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"slices"
	"strings"
	"sync"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// HashPrefix begins every hash.
const HashPrefix = "hash:"

// act is what becomes of a field; the greater one counts where two paths name the same.
type act uint8

const (
	keep act = iota
	hashed
	removed
)

// node is a step of the paths, as a tree.
type node struct {
	act   act
	names map[string]*node
	any   *node // "*"
	deep  *node // "**"
	loops bool  // it stands for **: any step stays in it
}

func (n *node) next(step string) *node {
	switch step {
	case "*":
		if n.any == nil {
			n.any = &node{}
		}
		return n.any
	case "**":
		if n.deep == nil {
			n.deep = &node{loops: true}
		}
		return n.deep
	}
	if n.names == nil {
		n.names = map[string]*node{}
	}
	if n.names[step] == nil {
		n.names[step] = &node{}
	}
	return n.names[step]
}

func (n *node) add(path string, a act) {
	for step := range strings.SplitSeq(path, ".") {
		n = n.next(step)
	}
	n.act = max(n.act, a)
}

// Fields redacts JSON documents. It does not change, and is safe for concurrent use. A nil one redacts nothing.
type Fields struct {
	root node
	macs sync.Pool // of hash.Hash
}

// NewFields makes a Fields of good paths (Check). key is for hash; it may be nil where nothing is hashed.
func NewFields(remove, hash []string, key []byte) *Fields {
	f := &Fields{}
	for _, path := range hash {
		f.root.add(path, hashed)
	}
	for _, path := range remove {
		f.root.add(path, removed)
	}
	f.macs.New = func() any { return hmac.New(sha256.New, key) }
	return f
}

var docs = sync.Pool{New: func() any { return new(jsondoc.Doc) }}

// Document redacts one document. It gives json itself when there is nothing to redact. The error is that it is not JSON.
func (f *Fields) Document(json []byte) ([]byte, error) {
	if f == nil {
		return json, nil
	}
	doc := docs.Get().(*jsondoc.Doc)
	defer docs.Put(doc)
	if err := doc.Reset(json); err != nil {
		return nil, err
	}
	var room [8]*node
	at := enter(room[:0], &f.root)
	if !f.touches(doc.Root(), at) {
		return json, nil
	}
	return f.write(make([]byte, 0, len(json)+64), doc.Root(), at, false), nil
}

// enter adds a node, and those that stand in the same place because ** may be no step at all.
func enter(at []*node, n *node) []*node {
	for ; n != nil && !slices.Contains(at, n); n = n.deep {
		at = append(at, n)
	}
	return at
}

// step says which nodes a member stands at whose object stands at those.
func step(to, at []*node, name string) []*node {
	for _, n := range at {
		if n.loops {
			to = enter(to, n)
		}
		to = enter(to, n.names[name])
		to = enter(to, n.any)
	}
	return to
}

// element says which nodes a list's element stands at: the list's own, and those that * leads to.
func element(to, at []*node) []*node {
	to = append(to, at...)
	for _, n := range at {
		to = enter(to, n.any)
	}
	return to
}

func verdict(at []*node) (a act) {
	for _, n := range at {
		a = max(a, n.act)
	}
	return a
}

// touches says whether there is anything to redact in a value.
func (f *Fields) touches(v jsondoc.Value, at []*node) bool {
	if verdict(at) != keep {
		return true
	}
	if len(at) == 0 || v.Kind() != jsondoc.Object && v.Kind() != jsondoc.Array {
		return false
	}
	var room [8]*node
	list := v.Kind() == jsondoc.Array
	for name, member := range v.Each {
		to := room[:0]
		if list {
			to = element(to, at)
		} else {
			to = step(to, at, name)
		}
		if f.touches(member, to) {
			return true
		}
	}
	return false
}

// write writes a value without what is to be redacted; within what is hashed, everything is.
func (f *Fields) write(dst []byte, v jsondoc.Value, at []*node, within bool) []byte {
	within = within || verdict(at) == hashed
	object := v.Kind() == jsondoc.Object
	switch {
	case object || v.Kind() == jsondoc.Array:
	case within:
		return f.hash(dst, v)
	default:
		return append(dst, v.Raw()...)
	}
	if len(at) == 0 && !within {
		return append(dst, v.Raw()...)
	}
	opening, closing := byte('['), byte(']')
	if object {
		opening, closing = '{', '}'
	}
	var room [8]*node
	dst = append(dst, opening)
	first := len(dst)
	for name, member := range v.Each {
		to := room[:0]
		if object {
			to = step(to, at, name)
		} else {
			to = element(to, at)
		}
		if verdict(to) == removed {
			continue
		}
		if len(dst) > first {
			dst = append(dst, ',')
		}
		if object {
			dst = append(jsondoc.AppendString(dst, name), ':')
		}
		dst = f.write(dst, member, to, within)
	}
	return append(dst, closing)
}

// hash writes a scalar's hash. True, false, null and the empty text say nothing of anybody.
func (f *Fields) hash(dst []byte, v jsondoc.Value) []byte {
	if k := v.Kind(); k != jsondoc.String && k != jsondoc.Number || v.Empty() {
		return append(dst, v.Raw()...)
	}
	dst = append(dst, '"')
	return append(f.appendHash(dst, v.Str()), '"')
}

func (f *Fields) appendHash(dst []byte, text string) []byte {
	mac := f.macs.Get().(hash.Hash)
	defer f.macs.Put(mac)
	mac.Reset()
	_, _ = mac.Write([]byte(text)) // never fails
	var sum [sha256.Size]byte
	dst = append(dst, HashPrefix...)
	return base64.RawURLEncoding.AppendEncode(dst, mac.Sum(sum[:0])[:16])
}

// Hash gives the hash of a text, as it stands in a redacted document.
func (f *Fields) Hash(text string) string { return string(f.appendHash(nil, text)) }
