package event

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

const (
	maxAttribute  = 1024 // bytes of one attribute: they become keys in the store and headers on the way out
	maxAttributes = 64   // of one event
)

// completer turns what a reader wrote into whole events.
type completer struct {
	Defaults
	received string        // Defaults.Received as text
	base     jsondoc.Value // Defaults.Base
	baseDoc  *jsondoc.Doc
	sent     bool // the sender made the event itself: it must name itself, and its data stays as it is
}

func newCompleter(d Defaults) (*completer, error) {
	c := &completer{Defaults: d, received: FormatTime(d.Received)}
	if d.Base != nil {
		c.baseDoc = docs.Get().(*jsondoc.Doc)
		if err := c.baseDoc.Reset(d.Base.JSON); err != nil {
			docs.Put(c.baseDoc)
			return nil, fmt.Errorf("the event it was made from is not JSON: %w", err)
		}
		c.base = c.baseDoc.Root()
	}
	return c, nil
}

func (c *completer) close() {
	if c.baseDoc != nil {
		docs.Put(c.baseDoc)
	}
}

// FormatTime writes a time as the canonical model asks: UTC, no trailing zeros.
func FormatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// envelope is one event while its attributes are being found.
type envelope struct {
	e        Event
	time     string
	content  string
	vendor   string
	kind     string // cctype
	account  string
	received string
	derived  bool // time was not known
}

// complete makes the i-th event of an output whole.
func (c *completer) complete(v jsondoc.Value, i int) (Event, error) {
	if v.Kind() != jsondoc.Object {
		return Event{}, errors.New("is not an object")
	}
	var n envelope
	if err := c.attributes(v, i, &n); err != nil {
		return Event{}, err
	}
	dst := n.appendHead(make([]byte, 0, len(v.Raw())+512))
	dst, err := appendExtensions(dst, v, jsondoc.Value{})
	if err != nil {
		return Event{}, err
	}
	if dst, err = appendExtensions(dst, c.base, v); err != nil {
		return Event{}, err
	}
	dst = appendData(dst, v, n.derived && !c.sent)
	if c.Echo {
		n.e.Echo = reported(&n.e, v)
	}
	return n.finish(append(dst, '}')), nil
}

// wrap makes an event around data that nobody read.
func (c *completer) wrap(id string, data jsondoc.Value) (Event, error) {
	n := envelope{content: "application/json", vendor: c.Vendor, account: c.Account, received: c.received}
	n.e.Type, n.e.ID = Unmapped, id
	if err := c.identity(jsondoc.Value{}, 0, &n); err != nil {
		return Event{}, err
	}
	if err := c.when(jsondoc.Value{}, &n); err != nil {
		return Event{}, err
	}
	if err := n.check(); err != nil {
		return Event{}, err
	}
	dst := n.appendHead(make([]byte, 0, len(data.Raw())+512))
	dst = append(append(dst, `,"data":`...), data.Raw()...)
	return n.finish(append(dst, '}')), nil
}

// appendHead writes the attributes that the gateway knows, in the canonical order.
func (n *envelope) appendHead(dst []byte) []byte {
	dst = appendMember(dst, '{', "specversion", "1.0")
	dst = appendMember(dst, ',', "id", n.e.ID)
	dst = appendMember(dst, ',', "source", n.e.Source)
	dst = appendMember(dst, ',', "type", n.e.Type)
	dst = appendUnlessEmpty(dst, "subject", n.e.Subject)
	dst = appendMember(dst, ',', "time", n.time)
	dst = appendUnlessEmpty(dst, "datacontenttype", n.content)
	dst = appendUnlessEmpty(dst, "ccvendor", n.vendor)
	dst = appendUnlessEmpty(dst, "cctype", n.kind)
	dst = appendUnlessEmpty(dst, "ccaccount", n.account)
	dst = appendMember(dst, ',', "ccreceived", n.received)
	return appendUnlessEmpty(dst, "partitionkey", n.e.PartitionKey)
}

// finish gives the event its JSON, and strings of its own.
func (n *envelope) finish(json []byte) Event {
	n.e.JSON = json
	n.e.own()
	return n.e
}

func appendUnlessEmpty(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendMember(dst, ',', name, value)
}

// text is an attribute as the reader gave it, or as the base event has it.
func (c *completer) text(v jsondoc.Value, name string) string {
	if a := v.Member(name); !a.Empty() {
		return a.Str()
	}
	return c.base.Member(name).Str()
}

func (c *completer) attributes(v jsondoc.Value, i int, n *envelope) error {
	if n.e.Type = c.text(v, "type"); n.e.Type == "" {
		return errors.New("type is missing; it is the one attribute that nothing can be put in place of")
	}
	if version := c.text(v, "specversion"); version != "" && version != "1.0" {
		return fmt.Errorf("specversion is %q; this gateway reads 1.0", version)
	}
	n.e.Subject = c.text(v, "subject")
	n.e.PartitionKey = c.partitionKey(v, n.e.Subject)
	n.vendor = or(c.text(v, "ccvendor"), c.Vendor)
	n.account = or(c.text(v, "ccaccount"), c.Account)
	n.received = or(c.text(v, "ccreceived"), c.received)
	n.kind = c.text(v, "cctype")
	if n.content = c.text(v, "datacontenttype"); n.content == "" && !v.Member("data_base64").Exists() {
		n.content = "application/json"
	}
	if err := c.when(v, n); err != nil {
		return err
	}
	if err := c.identity(v, i, n); err != nil {
		return err
	}
	return n.check()
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// partitionKey is the subject unless the reader says otherwise; an event made from another keeps that one's key as long
// as it keeps its subject.
func (c *completer) partitionKey(v jsondoc.Value, subject string) string {
	if key := v.Member("partitionkey").Str(); key != "" {
		return key
	}
	if v.Member("subject").Empty() {
		return or(c.base.Member("partitionkey").Str(), subject)
	}
	return subject
}

func (n *envelope) check() error {
	for _, a := range [...]struct{ name, value string }{
		{"id", n.e.ID}, {"source", n.e.Source}, {"type", n.e.Type}, {"subject", n.e.Subject},
		{"partitionkey", n.e.PartitionKey}, {"datacontenttype", n.content}, {"ccvendor", n.vendor},
		{"cctype", n.kind}, {"ccaccount", n.account}, {"ccreceived", n.received},
	} {
		if err := checkAttribute(a.name, a.value); err != nil {
			return err
		}
	}
	return nil
}

// identity finds source and id; the time is known by then.
func (c *completer) identity(v jsondoc.Value, i int, n *envelope) error {
	given := or(v.Member("id").Str(), n.e.ID)
	n.e.Source = c.text(v, "source")
	if c.sent && (given == "" || n.e.Source == "" || v.Member("specversion").Empty()) {
		return errors.New("is no CloudEvent: specversion, id, source and type must be there")
	}
	if n.e.Source == "" {
		n.e.Source = "/" + n.vendor
		if n.account != "" {
			n.e.Source += "/" + n.account
		}
	}
	if n.e.ID = given; given != "" {
		return nil
	}
	if parts := v.Member("id_from"); !parts.Empty() {
		switch {
		case parts.Kind() == jsondoc.Array:
			n.e.ID = hashParts(parts)
		case parts.Kind() == jsondoc.String && parts.Str() == ofData:
			n.e.ID = n.hashData(v)
		default:
			return errors.New(`id_from is neither a list nor "data"`)
		}
		return nil
	}
	if c.Base != nil {
		if n.e.ID = c.Base.ID; i > 0 {
			n.e.ID = fmt.Sprintf("%s-%d", c.Base.ID, i)
		}
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("no random numbers for an id: %w", err)
	}
	n.e.ID = id.String()
	return nil
}

func (c *completer) when(v jsondoc.Value, n *envelope) error {
	given := c.text(v, "time")
	if given == "" {
		n.e.Time, n.time, n.derived = c.Received, c.received, true
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, given)
	if err != nil || t.UTC().Year() > 9999 || t.UTC().Year() < 0 {
		return fmt.Errorf("time %q is not RFC 3339", given)
	}
	n.e.Time, n.time = t.UTC(), FormatTime(t)
	return nil
}

func checkAttribute(name, value string) error {
	if len(value) > maxAttribute {
		return fmt.Errorf("%s has %d bytes; at most %d may be", name, len(value), maxAttribute)
	}
	for i := range len(value) {
		if value[i] < ' ' || value[i] == 0x7F {
			return fmt.Errorf("%s holds a control character", name)
		}
	}
	return nil
}

// own copies what is read from elsewhere into one string of the event's own, so that whoever keeps a key or an id does
// not keep the whole message alive.
func (e *Event) own() {
	all := strings.Join([]string{e.ID, e.Source, e.Type, e.Subject}, "")
	same := e.PartitionKey == e.Subject
	cut := func(n int) string {
		s := all[:n]
		all = all[n:]
		return s
	}
	e.ID, e.Source, e.Type, e.Subject = cut(len(e.ID)), cut(len(e.Source)), cut(len(e.Type)), cut(len(e.Subject))
	if same {
		e.PartitionKey = e.Subject
	} else {
		e.PartitionKey = strings.Clone(e.PartitionKey)
	}
}
