package event

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Unmapped is the type of what no reader knows.
const Unmapped = "vendor.unmapped"

// ErrNotJSON is what ReadPlain's errors wrap when the body is of a kind that it does not read at all.
var ErrNotJSON = errors.New("neither a CloudEvent nor JSON")

// ReadPlain reads what a source without a plugin takes: a CloudEvent in structured, batched or binary mode, or any other
// JSON, which becomes the data of one event of type vendor.unmapped. Data stays as it was sent. body must not change
// during the call; the result shares no memory with it.
func ReadPlain(headers []Header, body []byte, d Defaults) ([]Event, error) {
	if err := bounded(body); err != nil {
		return nil, err
	}
	content := mediaType(value(headers, "content-type"))
	switch {
	case content == "application/cloudevents+json":
		return readPlain(body, d, structured)
	case content == "application/cloudevents-batch+json":
		return readPlain(body, d, batch)
	case value(headers, "ce-specversion") != "":
		document, err := binaryMode(headers, content, body)
		if err != nil {
			return nil, err
		}
		return readPlain(document, d, structured)
	case content == "" || content == "application/json" || strings.HasSuffix(content, "+json") || content == "text/json":
		return readPlain(body, d, func(root jsondoc.Value, d Defaults) ([]Event, error) { return unmapped(headers, root, d) })
	}
	return nil, fmt.Errorf("%w: content type %s", ErrNotJSON, content)
}

func readPlain(body []byte, d Defaults, read func(jsondoc.Value, Defaults) ([]Event, error)) ([]Event, error) {
	doc := docs.Get().(*jsondoc.Doc)
	defer docs.Put(doc)
	if err := doc.Reset(body); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return read(doc.Root(), d)
}

func structured(root jsondoc.Value, d Defaults) ([]Event, error) {
	c := completer{Defaults: d, received: FormatTime(d.Received), sent: true}
	e, err := c.complete(root, 0)
	if err != nil {
		return nil, fmt.Errorf("event %w", err)
	}
	return []Event{e}, nil
}

func batch(root jsondoc.Value, d Defaults) ([]Event, error) {
	if root.Kind() != jsondoc.Array {
		return nil, errors.New("a batch is a list of events")
	}
	if n := root.Len(); n > maxEvents {
		return nil, fmt.Errorf("%d events; at most %d may come at once", n, maxEvents)
	}
	var events []Event
	for _, v := range root.Each {
		one, err := structured(v, d)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", len(events), err)
		}
		events = append(events, one...)
	}
	return events, unique(events)
}

// unmapped wraps any JSON. A sender that numbers its messages as Standard Webhooks asks has them recognised when it
// repeats them.
func unmapped(headers []Header, root jsondoc.Value, d Defaults) ([]Event, error) {
	c := completer{Defaults: d, received: FormatTime(d.Received)}
	e, err := c.wrap(value(headers, "webhook-id"), root)
	if err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

// binaryMode writes the structured form of an event whose attributes are headers and whose data is the body.
func binaryMode(headers []Header, content string, body []byte) ([]byte, error) {
	document := []byte{'{'}
	for _, h := range headers {
		name, isAttribute := strings.CutPrefix(h.Name, "ce-")
		if !isAttribute {
			continue
		}
		if name == "data" || name == "datacontenttype" {
			return nil, fmt.Errorf("header %s: binary mode has the body and content-type for it", h.Name)
		}
		text, err := url.PathUnescape(unquote(h.Value))
		if err != nil {
			return nil, fmt.Errorf("header %s is not percent-encoded as CloudEvents asks", h.Name)
		}
		document = jsondoc.AppendString(document, name)
		document = jsondoc.AppendString(append(document, ':'), text)
		document = append(document, ',')
	}
	if full := value(headers, "content-type"); full != "" {
		document = append(document, `"datacontenttype":`...)
		document = append(jsondoc.AppendString(document, full), ',')
	}
	switch {
	case len(body) == 0:
		document = document[:len(document)-1]
	case content == "" || content == "application/json" || strings.HasSuffix(content, "+json"):
		// Read on its own first: text behind the value would otherwise become attributes.
		if _, err := jsondoc.Parse(body); err != nil {
			return nil, fmt.Errorf("body is not JSON: %w", err)
		}
		document = append(append(document, `"data":`...), body...)
	default:
		document = append(document, `"data_base64":"`...)
		document = base64.StdEncoding.AppendEncode(document, body)
		document = append(document, '"')
	}
	return append(document, '}'), nil
}

// unquote takes a header's value out of the quotes of HTTP, which CloudEvents allows and does not ask for; a value that only
// looks like a quoted one stays as it is.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	text := make([]byte, 0, len(s))
	for i := 1; i < len(s)-1; i++ {
		switch {
		case s[i] == '"', s[i] == '\\' && i+1 == len(s)-1:
			return s
		case s[i] == '\\':
			i++
		}
		text = append(text, s[i])
	}
	return string(text)
}

func value(headers []Header, name string) string {
	for i := range headers {
		if headers[i].Name == name {
			return headers[i].Value
		}
	}
	return ""
}

// mediaType is a content type without its parameters, in lower case.
func mediaType(content string) string {
	content, _, _ = strings.Cut(content, ";")
	return strings.ToLower(strings.TrimSpace(content))
}
