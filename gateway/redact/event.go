package redact

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/gateway/event"
)

// fixed are the attributes without which an event is none.
var fixed = []string{"specversion", "source", "type", "time", "datacontenttype", "ccreceived", "ccvendor", "cctype", "data_base64"}

// Check says what is wrong with a path; "" when nothing is. hash is what it is for.
func Check(path string, hash bool) (what, do string) {
	steps := strings.Split(path, ".")
	switch {
	case slices.Contains(steps, ""):
		return fmt.Sprintf("%q is no path of a field", path), `write one such as "data.call.from", with * for any name and ** for any number of them`
	case slices.Contains(fixed, path):
		return path + " stands in every event and cannot be redacted", "name a field below data, subject, or id (under hash)"
	case path == "id" && !hash:
		return "an event without its id cannot be told from another", "put id under hash"
	case !hash && (path == "data" || path == "*" || path == "**") || hash && (path == "*" || path == "**"):
		return fmt.Sprintf("%q leaves nothing of an event", path), "name the fields below data"
	case (steps[0] == "*" || steps[0] == "**") && len(steps) > 1:
		return fmt.Sprintf("%q would take attributes that stand in every event", path), "begin it with data"
	}
	return "", ""
}

// CheckBody is Check for a path in a vendor's own body.
func CheckBody(path string) (what, do string) {
	if steps := strings.Split(path, "."); slices.Contains(steps, "") || path == "*" || path == "**" {
		return fmt.Sprintf("%q is no path of a field in a body", path), `write one such as "detail.phone", with * for any name and ** for any number of them`
	}
	return "", ""
}

// Events redacts whole events.
type Events struct {
	fields *Fields
	binary bool // a path leads into data: bytes cannot be looked through, and go
}

// NewEvents makes an Events of good paths (Check).
func NewEvents(remove, hash []string, key []byte) *Events {
	e := &Events{}
	remove, hash = whole(remove), whole(hash)
	for _, path := range slices.Concat(remove, hash) {
		e.binary = e.binary || path == "data" || strings.HasPrefix(path, "data.")
	}
	if e.binary {
		remove = append(remove, "data_base64")
	}
	e.fields = NewFields(remove, hash, key)
	return e
}

// whole adds the partition key, which is the subject once more.
func whole(paths []string) []string {
	paths = slices.Clone(paths)
	if slices.Contains(paths, "subject") {
		paths = append(paths, "partitionkey")
	}
	return paths
}

// Apply gives the event without what must not be stored.
func (r *Events) Apply(e event.Event) (event.Event, error) {
	json, err := r.fields.Document(e.JSON)
	if err != nil || len(json) == len(e.JSON) && &json[0] == &e.JSON[0] {
		return e, err
	}
	out, err := event.Parse(json)
	out.Echo = e.Echo
	return out, err
}

// Source is what is redacted of everything that a source sends.
type Source struct {
	*Events
	Request *Request
}
