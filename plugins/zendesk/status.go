package main

import (
	"cmp"
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/form"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// statusList is where the account's statuses are: the default ones and its own.
const statusList = "/api/v2/agent_availabilities/agent_statuses"

// maxPages is how many pages of statuses are read; an attempt may make 16 requests.
const maxPages = 12

// longestName is the length, in bytes, of a name that is worth remembering.
const longestName = 200

// found is a status of the account.
type found struct {
	id   string
	name string // as Zendesk's events spell it
}

// remembered is what an earlier delivery to this destination found for the wanted name.
func (w wanted) remembered() (f found, ok bool) {
	kept, ok := sdk.State("status/" + w.status)
	if !ok {
		return f, false
	}
	f.id, f.name, ok = strings.Cut(kept, " ")
	return f, ok
}

func (w wanted) remember(f found) {
	if len(w.status) <= longestName {
		sdk.SetState("status/"+w.status, f.id+" "+f.name, set.remember)
	}
}

func (w wanted) forget() { sdk.SetState("status/"+w.status, "", 0) }

// begin asks for what is still to be known, or does what is wanted.
func (w wanted) begin(q *sdk.Outgoing) {
	if f, ok := w.remembered(); ok {
		w.proceed(q, f)
		return
	}
	listStatuses(q, "")
}

// proceed sets the status, or first asks which one the agent has.
func (w wanted) proceed(q *sdk.Outgoing, f found) {
	if set.skipUnchanged {
		q.Method("GET")
		q.Path("api", "v2", "agent_availabilities", w.agent)
		return
	}
	w.put(q, f)
}

// put sets the status.
func (w wanted) put(q *sdk.Outgoing, f found) {
	q.Method("PUT")
	q.Path("api", "v2", "agent_availabilities", "agent_statuses", "agents", w.agent)
	q.Header("content-type", "application/json")
	if !q.JSON().Raw(set.statusKey, []byte(f.id)) {
		q.JSON().Str(set.statusKey, f.id)
	}
	q.Effect("agent/"+w.agent, f.name)
}

func listStatuses(q *sdk.Outgoing, after string) {
	q.Method("GET")
	q.URL(statusList)
	if after != "" {
		q.Query("page[after]", after)
	}
}

// statusesListed looks for the wanted name in one page.
func statusesListed(a *sdk.Answer, v *sdk.Verdict, want wanted) {
	if a.Status() != 200 {
		failed(a, v, "list of statuses")
		return
	}
	doc, err := a.JSON()
	if err != nil {
		v.Retry("list of statuses: answered 200, but not with JSON: " + err.Error())
		return
	}
	names := a.Memo().Member("names").Str()
	spare := found{a.Memo().Member("id").Str(), a.Memo().Member("name").Str()}
	f, ok := want.search(doc, &names, &spare)
	after := nextPage(doc)
	switch {
	case ok:
	case after != "" && a.Step() < maxPages:
		v.Memo().Str("names", names)
		v.Memo().Str("id", spare.id)
		v.Memo().Str("name", spare.name)
		listStatuses(v.Next(), after)
		return
	case spare.id != "":
		f = spare
	default:
		v.Dead("status \"" + want.status + "\" does not exist in Zendesk, which has " + cmp.Or(names, "none") +
			"; create it there, or give another in status_map")
		return
	}
	want.remember(f)
	v.Memo().Str("id", f.id)
	v.Memo().Str("name", f.name)
	want.proceed(v.Next(), f)
}

// search looks through a page: under default and custom, as documented, or data, as JSON:API has it. It adds the names that
// it sees to names, for the reason of a dead letter, and puts what will do otherwise into spare.
func (w wanted) search(page jsondoc.Value, names *string, spare *found) (f found, ok bool) {
	for _, list := range [...]string{"default", "custom", "data"} {
		for _, s := range page.Member(list).Each {
			name, id := cmp.Or(s.Get("attributes.name").Str(), s.Member("name").Str()), plain(s.Member("id"))
			if name == "" || id == "" {
				continue
			}
			if sdk.SameName(name, w.status) {
				return found{id, reportedAs(name)}, true
			}
			if w.otherwise != "" && spare.id == "" && sdk.SameName(name, w.otherwise) {
				*spare = found{id, reportedAs(name)}
			}
			if len(*names) < 300 {
				if *names != "" {
					*names += ", "
				}
				*names += sdk.Excerpt(name, 60)
			}
		}
	}
	return f, false
}

// reportedAs is how Zendesk's events spell a status: the table of the four default ones writes Transfers Only.
func reportedAs(name string) string {
	for _, d := range defaultStatuses {
		if sdk.SameName(name, d.name) {
			return d.name
		}
	}
	return name
}

// nextPage is the cursor of the page that follows; "" when none does. The link is not followed as it stands: where requests
// go, with the account's credentials, is not for an answer to say.
func nextPage(doc jsondoc.Value) string {
	if more, ok := doc.Get("meta.has_more").Bool(); ok && !more {
		return ""
	}
	if after := doc.Get("meta.after_cursor").Str(); after != "" {
		return after
	}
	_, query, _ := strings.Cut(doc.Get("links.next").Str(), "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if unescape(name) == "page[after]" {
			return unescape(value)
		}
	}
	return ""
}

// unescape takes the escapes out of a part of a query.
func unescape(s string) string { return string(form.AppendUnescaped(nil, s)) }

// availabilityShown goes on unless the agent has the status already: what is set again is not reported again, so nothing
// would come of what is expected.
func availabilityShown(a *sdk.Answer, v *sdk.Verdict, want wanted) {
	f, ok := want.remembered()
	if id := a.Memo().Member("id").Str(); id != "" {
		f, ok = found{id, a.Memo().Member("name").Str()}, true
	}
	switch {
	case a.Status() == 404:
		v.Dead("agent " + want.agent + " not found in Zendesk")
		return
	case a.Status() != 200:
		failed(a, v, "availability of agent "+want.agent)
		return
	case !ok: // its time ended between two steps
		listStatuses(v.Next(), "")
		return
	}
	if doc, err := a.JSON(); err == nil {
		for _, path := range [...]string{"data.attributes.agent_status.id", "attributes.agent_status.id"} {
			if doc.Get(path).Str() == f.id {
				v.Delivered()
				return
			}
		}
	}
	want.put(v.Next(), f)
}

// statusSet reads the answer to the PUT.
func statusSet(a *sdk.Answer, v *sdk.Verdict, want wanted) {
	status := a.Status()
	looked := a.Memo().Member("id").Exists() // in this attempt
	switch {
	case status >= 200 && status < 300:
		v.Delivered()
	case (status == 400 || status == 404 || status == 422) && !looked:
		want.forget() // the id was remembered: the status may have been deleted since, or made anew
		listStatuses(v.Next(), "")
	case status == 404:
		v.Dead("agent " + want.agent + " not found in Zendesk, or the status has gone")
	default:
		failed(a, v, "status \""+want.status+"\"")
	}
}
