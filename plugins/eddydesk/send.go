package main

import (
	"cmp"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
)

// write makes the request that the rule would make.
func write(in *sdk.Incoming, out *sdk.Outgoing) error {
	if err := fires(in); err != nil {
		return err
	}
	value := func(tag string) string { return valueOf(fieldOf(tag), tag, in) }
	url, err := target.fill(value)
	if err != nil {
		return err
	}
	method := sdk.Config().Member("method").Str()
	out.Method(cmp.Or(method, "POST"))
	out.URL(url)
	if body == nil {
		return nil
	}
	html := sdk.Config().Member("escape").Str() == "html"
	text := body.Fill(func(slot int) string {
		if html {
			return escapeHTML(valueOf(fields[slot], body.Names()[slot], in))
		}
		return valueOf(fields[slot], body.Names()[slot], in)
	})
	out.Header("content-type", body.ContentType())
	out.Text(string(text))
	return nil
}

// fires says whether an event meets the rule's condition, where one is configured, and the further one on who replied last.
func fires(in *sdk.Incoming) error {
	if named != "" && in.Type() != rule.typ {
		return sdk.Drop("it is no " + rule.typ + ", which the condition \"" + named + "\" is about")
	}
	public := in.Get("data.comment.public").Str()
	if named != "" && rule.public != "" && public != "" && public != rule.public {
		return sdk.Drop("the comment is not of the kind that the condition \"" + named + "\" is about")
	}
	want := sdk.Config().Member("last_reply").Str()
	if want == "" {
		return nil
	}
	switch who := lastReply(in); who {
	case "":
		return sdk.Drop("nothing says who wrote the last reply, and only the " + want + "'s are sent")
	case want:
		return nil
	default:
		return sdk.Drop("the last reply is the " + who + "'s")
	}
}

// lastReply says on whose side the author of the last reply is: the vendor's word, else whether it is the requester.
func lastReply(in *sdk.Incoming) string {
	author := in.Get("data.comment.author")
	switch author.Member("staff").Str() {
	case "true":
		return "staff"
	case "false":
		return "requester"
	}
	id := author.Member("id").Str()
	requester := cmp.Or(in.Get("data.ticket.requester_id").Str(), in.Get("data.contact.id").Str())
	switch {
	case id == "" || requester == "":
		return ""
	case id == requester:
		return "requester"
	}
	return "staff"
}

// valueOf is what an event has for a tag: EddyDesk's own word where it has been here before, else the field's.
func valueOf(f field, tag string, in *sdk.Incoming) string {
	if s := layout.Kept(in.Extensions("eddydesk"), tag); s != "" {
		return s
	}
	if f.path == "" {
		return ""
	}
	data := in.Get("data")
	v := data.Get(f.path)
	s := v.Str()
	switch {
	case s == "" && f.also != "":
		s = data.Get(f.also).Str()
	case s == "" && (f.path == "ticket.status_code" || f.path == "ticket.status_label" && in.Vendor() != "eddydesk"):
		s = data.Get("ticket.status").Str()
	case s == "" && f.path == "ticket.priority_label" && in.Vendor() != "eddydesk":
		s = data.Get("ticket.priority").Str()
	case s == "" && v.Kind() == jsondoc.Array:
		s = string(v.Raw())
	}
	if f.kind == instant {
		return writeTime(s)
	}
	return s
}

// escapeHTML writes a text so that it means itself inside of HTML.
func escapeHTML(s string) string {
	var out []byte
	for i := range len(s) {
		switch c := s[i]; c {
		case '&':
			out = append(out, "&amp;"...)
		case '<':
			out = append(out, "&lt;"...)
		case '>':
			out = append(out, "&gt;"...)
		default:
			out = append(out, c)
		}
	}
	return string(out)
}
