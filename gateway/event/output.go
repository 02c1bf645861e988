package event

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// maxEvents bounds what one call of a plugin, or one batch, may become. A vendor's batch has tens.
const maxEvents = 1000

// Defaults is what the gateway knows when a reader leaves an attribute out.
type Defaults struct {
	Vendor   string    // ccvendor: the plugin's name, or the source's where there is no plugin
	Account  string    // of the connection's configuration; "" when there is none
	Received time.Time // ccreceived, and time when nobody knows better

	Echo bool // Event.Echo is wanted

	// Base is the event that a transform was given: what its events leave out, data aside, they take from it. The
	// second and later ones without an id take its id with their place appended, so that a retry makes the same ids.
	Base *Event
}

// Output is what a plugin's receive or transform wrote.
type Output struct {
	Events []Event
	Reply  *Reply // nil: the gateway's own answer
}

// Reply is the answer that a vendor's handshake wants.
type Reply struct {
	Status  int
	Headers []Header
	Body    []byte
}

// docs holds the tapes of documents read before; reading the next one then takes no memory.
var docs = sync.Pool{New: func() any { return new(jsondoc.Doc) }}

// ReadOutput reads {"events":[…],"reply":{…}} and completes each event's envelope. The result shares no memory with
// doc. An error says which event and which attribute; then nothing of the output is to be used.
func ReadOutput(doc []byte, d Defaults) (Output, error) {
	parsed := docs.Get().(*jsondoc.Doc)
	defer docs.Put(parsed)
	if err := parsed.Reset(doc); err != nil {
		return Output{}, fmt.Errorf("output is not JSON: %w", err)
	}
	root := parsed.Root()
	if root.Kind() != jsondoc.Object {
		return Output{}, errors.New(`output is not an object {"events":[…]}`)
	}
	var out Output
	var err error
	if out.Events, err = readEvents(root.Member("events"), d); err != nil {
		return Output{}, err
	}
	if out.Reply, err = readReply(root.Member("reply")); err != nil {
		return Output{}, err
	}
	return out, nil
}

func readEvents(list jsondoc.Value, d Defaults) ([]Event, error) {
	switch list.Kind() {
	case jsondoc.Absent, jsondoc.Null:
		return nil, nil
	case jsondoc.Array:
	default:
		return nil, errors.New("events is not a list")
	}
	n := list.Len()
	if n > maxEvents {
		return nil, fmt.Errorf("%d events; at most %d may come at once", n, maxEvents)
	}
	c, err := newCompleter(d)
	if err != nil {
		return nil, err
	}
	defer c.close()
	events := make([]Event, 0, n)
	for _, v := range list.Each {
		e, err := c.complete(v, len(events))
		if err != nil {
			return nil, fmt.Errorf("events[%d]: %w", len(events), err)
		}
		events = append(events, e)
	}
	return events, unique(events)
}

// unique refuses two events of the same identity: the second would pass for a repeat of the first and be lost.
func unique(events []Event) error {
	if len(events) < 2 {
		return nil
	}
	type identity struct{ source, id string }
	first := make(map[identity]int, len(events))
	for i := range events {
		key := identity{events[i].Source, events[i].ID}
		if j, ok := first[key]; ok {
			return fmt.Errorf("events[%d] has the id of events[%d], %q; each needs its own", i, j, key.id)
		}
		first[key] = i
	}
	return nil
}

func readReply(v jsondoc.Value) (*Reply, error) {
	if v.Empty() {
		return nil, nil
	}
	if v.Kind() != jsondoc.Object {
		return nil, errors.New("reply is not an object")
	}
	r := &Reply{Status: 200}
	if s := v.Member("status"); !s.Empty() {
		n, ok := s.Int()
		if !ok || n < 200 || n > 599 {
			return nil, errors.New("reply.status is not a number from 200 to 599")
		}
		r.Status = int(n)
	}
	typed := false
	for name, h := range v.Member("headers").Each {
		name, value := LowerName(name), h.Str()
		if !validReplyHeader(name, value) {
			return nil, fmt.Errorf("reply.headers: %q may not be set, or not to that", name)
		}
		typed = typed || name == "content-type"
		r.Headers = append(r.Headers, Header{Name: name, Value: string(append([]byte(nil), value...))})
	}
	switch body := v.Member("body"); body.Kind() {
	case jsondoc.Object, jsondoc.Array:
		r.Body = append(r.Body, body.Raw()...)
		if !typed {
			r.Headers = append(r.Headers, Header{Name: "content-type", Value: "application/json"})
		}
	default:
		r.Body = body.AppendStr(nil)
	}
	return r, nil
}

// validReplyHeader refuses what would break the answer's framing, or open another line in it.
func validReplyHeader(name, value string) bool {
	switch name {
	case "content-length", "transfer-encoding", "connection", "trailer", "upgrade", "te", "keep-alive", "set-cookie":
		return false
	}
	if !ValidHeaderName(name) {
		return false
	}
	return ValidHeaderValue(value)
}
