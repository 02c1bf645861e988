package event

import (
	"errors"
	"fmt"
	"time"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Parse reads an event as it is stored. The Event keeps json as its JSON; its strings are its own.
func Parse(json []byte) (Event, error) {
	doc := docs.Get().(*jsondoc.Doc)
	defer docs.Put(doc)
	if err := doc.Reset(json); err != nil {
		return Event{}, fmt.Errorf("event: not JSON: %w", err)
	}
	return FromDoc(json, doc)
}

// FromDoc is Parse for JSON that was read into doc already.
func FromDoc(json []byte, doc *jsondoc.Doc) (Event, error) {
	root := doc.Root()
	e := Event{
		ID:           root.Member("id").Str(),
		Source:       root.Member("source").Str(),
		Type:         root.Member("type").Str(),
		Subject:      root.Member("subject").Str(),
		PartitionKey: root.Member("partitionkey").Str(),
		JSON:         json,
	}
	if e.ID == "" || e.Source == "" || e.Type == "" {
		return Event{}, errors.New("event: no CloudEvent: id, source or type is missing")
	}
	if text := root.Member("time").Str(); text != "" {
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return Event{}, fmt.Errorf("event: time %q is not RFC 3339", text)
		}
		e.Time = t.UTC()
	}
	e.own()
	return e, nil
}
