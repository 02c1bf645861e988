package sdk

import "github.com/plugboard/plugboard/sdk/jsondoc"

// Message is a vendor's request in the making, as encode rebuilds it. What is not set is a POST without a query; the
// link, the signature and the credentials are the gateway's business (plugboard send --as).
//
// A round trip wants receive to make of it the event that it was made of. What receive put under extensions is a good
// beginning, and the fields go back to their places over it:
//
//	body := out.JSON()
//	body.Merge(in.Extensions("acme"))
//	body.Str("agent.name", in.Get("data.agent.name").Str())
type Message struct{ q Outgoing }

// Method sets the method.
func (m *Message) Method(method string) { m.q.Method(method) }

// Path sets what stands behind the source's own path, its parts joined by slashes and each escaped, for a vendor that
// puts something there.
func (m *Message) Path(parts ...string) {
	var text []byte
	for _, p := range parts {
		text = appendSegment(append(text, '/'), p)
	}
	m.q.o.Str("path", view(text))
}

// Query sets a parameter of the link; it is escaped for you.
func (m *Message) Query(name, value string) { m.q.Query(name, value) }

// QueryAll sets a parameter that stands in the link once for each value.
func (m *Message) QueryAll(name string, values ...string) {
	m.q.o.Object("query").Append(jsondoc.Key(name), values...)
}

// Header sets a header line.
func (m *Message) Header(name, value string) { m.q.Header(name, value) }

// JSON is the body, as an object to fill.
func (m *Message) JSON() jsondoc.Obj { return m.q.JSON() }

// RawJSON sets the body to JSON text; false when it is none.
func (m *Message) RawJSON(json []byte) bool { return m.q.RawJSON(json) }

// Text sets the body to a text; its type is a header.
func (m *Message) Text(body string) { m.q.Text(body) }

// Bytes sets the body to bytes that need not be text.
func (m *Message) Bytes(body []byte) { m.q.Bytes(body) }

// Form sets a field of a body of the type application/x-www-form-urlencoded; it is escaped for you.
func (m *Message) Form(name, value string) { m.q.Form(name, value) }
