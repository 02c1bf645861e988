package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/form"
	"github.com/plugboard/plugboard/sdk/layout"
)

// link is where a destination sends, with tags in it.
type link struct{ parts []linkPart }

type linkPart struct {
	text  string
	tag   string // "": the text stands as it is
	query bool   // it stands behind the question mark
}

// readLink reads a link. A tag may stand in its path or query, not where it would choose the host.
func readLink(written string) (link, error) {
	l := link{}
	rest, at := written, 0
	if i := strings.Index(written, "://"); i >= 0 {
		at = i + len("://")
		for at < len(written) && written[at] != '/' && written[at] != '?' {
			at++
		}
	}
	query := false
	for from, i := 0, 0; ; {
		raw, name := "", ""
		if i < len(rest) {
			raw, name = layout.Tags.At(rest[i:])
		}
		if raw == "" && i < len(rest) {
			query = query || rest[i] == '?'
			i++
			continue
		}
		if from < i {
			l.parts = append(l.parts, linkPart{text: rest[from:i], query: query})
		}
		if raw == "" {
			return l, nil
		}
		if i < at {
			return l, sdk.Reject("link: " + raw + " stands where it would choose the host; write the host out")
		}
		l.parts = append(l.parts, linkPart{tag: name, query: query})
		i += len(raw)
		from = i
	}
}

// fill writes the link. A tag in its path without a value leads nowhere.
func (l link) fill(value func(tag string) string) (string, error) {
	var out []byte
	for _, p := range l.parts {
		if p.tag == "" {
			out = append(out, p.text...)
			continue
		}
		s := value(p.tag)
		switch {
		case p.query:
		case s == "":
			return "", sdk.Drop("{" + p.tag + "} has no value, and the link leads nowhere without it")
		case s == "." || s == "..":
			return "", sdk.Fail("{" + p.tag + "} is \"" + s + "\", which would lead out of the link's path")
		}
		out = form.AppendPercent(out, s)
	}
	return string(out), nil
}
