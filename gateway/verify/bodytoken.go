package verify

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/plugboard/plugboard/gateway/config"
)

// bodyToken wants a member of the JSON body to hold a value, as Aircall sends it. The value is written over before
// anything else reads the body.
type bodyToken struct {
	name     string
	accepted digests
	first    string
}

func newBodyToken(way config.Verify, _ Options) (scheme, error) {
	values := reveal(way.Secrets)
	name := way.Name
	if name == "" {
		name = "token"
	}
	return &bodyToken{name: name, accepted: digest(values), first: values[0]}, nil
}

func (b *bodyToken) Verify(r *Request) error {
	value, _, fault := b.find(r.Body)
	if fault == "" && !b.accepted.match([]byte(value)) {
		fault = mismatch
	}
	if fault != "" {
		return &Error{Scheme: "body-token", What: "member " + b.name + " of the body " + fault}
	}
	return nil
}

// find gives the one member of that name in the outermost object and where its text ends, behind the closing quote. The
// whole body is read: of two members of one name a reader behind this one might take the other.
func (b *bodyToken) find(body []byte) (value string, end int, fault string) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return "", 0, "is missing: the body is not a JSON object"
	}
	found := false
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return "", 0, "is missing: the body is not JSON"
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return "", 0, "is missing: the body is not JSON"
		}
		if name != b.name {
			continue
		}
		if found {
			return "", 0, twice
		}
		if found, end = true, int(d.InputOffset()); json.Unmarshal(raw, &value) != nil || raw[0] != '"' {
			return "", 0, form
		}
	}
	switch {
	case !found:
		return "", 0, missing
	case value == "":
		return "", 0, empty
	}
	return value, end, ""
}

// Conceal writes over the text's characters, so that the body stays JSON of the same length.
func (b *bodyToken) Conceal(r *Request) {
	_, end, fault := b.find(r.Body)
	if fault != "" {
		return
	}
	for i := end - 2; i >= 0; i-- {
		if r.Body[i] == '"' && !behindBackslash(r.Body[:i]) {
			return
		}
		r.Body[i] = '*'
	}
}

// behindBackslash says whether what follows b is escaped.
func behindBackslash(b []byte) bool {
	return (len(b)-len(bytes.TrimRight(b, `\`)))%2 == 1
}

func (b *bodyToken) sign(r *Request) error {
	var members map[string]json.RawMessage
	if json.Unmarshal(r.Body, &members) != nil || members == nil {
		return errors.New("scheme body-token signs JSON objects alone")
	}
	value, err := json.Marshal(b.first)
	if err != nil {
		return err
	}
	members[b.name] = value
	r.Body, err = json.Marshal(members)
	return err
}
