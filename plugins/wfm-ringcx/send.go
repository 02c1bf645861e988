package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/form"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// write makes the first request: of an event that makes two messages the second one, where an earlier attempt has brought
// the first.
func write(in *sdk.Incoming, out *sdk.Outgoing) error {
	list, err := reports(in)
	if err != nil {
		return err
	}
	n, _ := in.Memo().Member("sent").Int()
	list[min(max(n, 0), int64(len(list))-1)].request(out)
	return nil
}

// decide goes on to the second message when the first has arrived. All else the status says.
func decide(a *sdk.Answer, v *sdk.Verdict) error {
	list, err := reports(a.Event())
	if err != nil {
		return err
	}
	n, _ := a.Memo().Member("sent").Int()
	if n++; a.Status() < 200 || a.Status() > 299 || n >= int64(len(list)) || n < 1 {
		return nil
	}
	v.Memo().Int("sent", n)
	list[n].request(v.Next())
	return nil
}

// request writes a message as the destination takes it.
func (r *report) request(q *sdk.Outgoing) {
	url := set.agentURL
	if r.call {
		url = set.callURL
	}
	q.Method(set.method)
	if !set.json {
		q.URL(withQuery(url, r.query()))
		return
	}
	q.URL(url)
	q.Header("content-type", "application/json")
	body := q.JSON()
	for _, f := range r.fields {
		f.in(body)
	}
}

// in sets the field in a JSON body: all are texts, an empty one too. The feed's names have nothing in them that a path would
// read otherwise.
func (f field) in(body jsondoc.Obj) {
	switch {
	case f.null:
		body.Raw(f.name, []byte("null"))
	case f.value != "":
		body.Str(f.name, f.value)
	default:
		body.Raw(f.name, []byte(`""`))
	}
}

// query writes the fields as a link's parameters.
func (r *report) query() string {
	var out []byte
	for _, f := range r.fields {
		if f.value == "" && set.omitEmpty {
			continue
		}
		if len(out) > 0 {
			out = append(out, '&')
		}
		out = append(append(out, f.name...), '=')
		out = form.AppendEscaped(out, f.value) // a space as the plus that the vendor is taken to send
	}
	return string(out)
}

// withQuery puts parameters behind those that a link has.
func withQuery(link, pairs string) string {
	for i := range len(link) {
		if link[i] == '?' {
			return link + "&" + pairs
		}
	}
	return link + "?" + pairs
}
