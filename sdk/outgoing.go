package sdk

import "github.com/plugboard/plugboard/sdk/jsondoc"

// Outgoing is a request in the making. What is not set comes from the destination's configuration.
type Outgoing struct{ outer, o jsondoc.Obj }

func newOutgoing(outer jsondoc.Obj) Outgoing { return Outgoing{outer, outer.Object("request")} }

// Method sets the method.
func (q *Outgoing) Method(method string) { q.o.Str("method", method) }

// URL sets the link. One without a host is relative to the destination's; Path makes such a one out of parts.
func (q *Outgoing) URL(url string) { q.o.Str("url", url) }

// Path sets the link to the parts joined by slashes, each escaped so that it stays one part: Path("api", "agents", id).
func (q *Outgoing) Path(parts ...string) {
	var text []byte
	for _, p := range parts {
		text = appendSegment(append(text, '/'), p)
	}
	q.o.Str("url", view(text))
}

// Query sets a parameter of the link; the gateway escapes it.
func (q *Outgoing) Query(name, value string) { q.o.Object("query").Str(jsondoc.Key(name), value) }

// Header sets a header line. A value of more than one line is refused by the gateway.
func (q *Outgoing) Header(name, value string) { q.o.Object("headers").Str(jsondoc.Key(name), value) }

// JSON is the body, as an object to fill.
func (q *Outgoing) JSON() jsondoc.Obj { return q.o.Object("json") }

// RawJSON sets the body to JSON text; false when it is none.
func (q *Outgoing) RawJSON(json []byte) bool { return q.o.Raw("json", json) }

// Text sets the body to a text; its type is a header.
func (q *Outgoing) Text(body string) { q.o.Str("body", body) }

// Bytes sets the body to bytes that need not be text.
func (q *Outgoing) Bytes(body []byte) { q.o.Str("body_base64", view(appendBase64(nil, body))) }

// Base64 sets the body to bytes that are in base64 already, as an event's data_base64 is.
func (q *Outgoing) Base64(text string) { q.o.Str("body_base64", text) }

// Form sets a field of a body of the type application/x-www-form-urlencoded; the gateway escapes it.
func (q *Outgoing) Form(name, value string) { q.o.Object("form").Str(jsondoc.Key(name), value) }

// Effect says what the delivery will cause, so that a source that soon reports just that is recognised as its echo. It counts
// from the next request on; judge takes it back with NoEffect.
func (q *Outgoing) Effect(key, value string) {
	q.outer.Str("effect.key", key)
	q.outer.Str("effect.value", value)
}

// Memo is carried to judge, to further steps and, with a retry, to the next attempt.
func (q *Outgoing) Memo() jsondoc.Obj { return q.outer.Object("memo") }
