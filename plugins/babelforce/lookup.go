package main

import (
	"strconv"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// maxPages is how many pages of a look-up are followed. One is enough when the server filters; many pages say that it
// does not, and an attempt may make 16 requests.
const maxPages = 13

// lookUp asks for the agents with that sourceId.
func lookUp(q *sdk.Outgoing, agent string, page int) {
	q.Method("GET")
	q.Path("api", "v2", "agents")
	q.Query("sourceId", agent)
	if page > 1 {
		q.Query(pageParameter(), strconv.Itoa(page))
	}
	q.Header("content-type", "application/json") // babelforce's own article sends it with the look-up
}

// pageParameter is how a page is asked for. babelforce documents how it numbers its answers' pages, not this.
func pageParameter() string {
	return orDefault(sdk.Config().Member("page_parameter").Str(), "page")
}

// lookedUp reads one page of a look-up.
func lookedUp(a *sdk.Answer, v *sdk.Verdict, want change) {
	if a.Status() != 200 {
		failed(a, v, "look-up")
		return
	}
	doc, err := a.JSON()
	if err != nil {
		v.Retry("look-up answered 200, but not with JSON: " + err.Error())
		return
	}
	items := doc.Member("items")
	if items.Kind() != jsondoc.Array {
		v.Dead("look-up answered without a list of agents")
		return
	}
	page := pageOf(a)
	f := recall(a.Memo(), want)
	if page == 1 { // it starts anew, whatever an earlier attempt left
		f.candidate, f.presence = "", ""
	}
	if n := f.search(items, want.agent); n > 1 {
		v.Dead("ambiguous: " + strconv.Itoa(n) + " agents have sourceId " + want.agent + "; none was changed")
		return
	}
	more, fault := furtherPages(doc.Member("pagination"), page)
	switch {
	case fault != "":
		v.Dead(fault)
	case more:
		f.keep(v.Memo(), want)
		lookUp(v.Next(), want.agent, page+1)
	default:
		f.found(v, want)
	}
}

// found goes on from a look-up that is complete.
func (f findings) found(v *sdk.Verdict, want change) {
	switch {
	case f.candidate == "":
		v.Dead("agent not found")
	case f.presence == want.presence && sdk.Config().Member("unchanged").Str() != "send":
		v.Delivered()
		v.NoEffect() // nothing is set, so nothing will be reported
	default:
		f.uuid, f.candidate, f.presence = f.candidate, "", ""
		f.keep(v.Memo(), want)
		f.next(v.Next(), want)
	}
}

// pageOf is the page that was asked for.
func pageOf(a *sdk.Answer) int {
	if n, ok := a.Request().Member("query").Member(pageParameter()).Int(); ok {
		return int(n)
	}
	return 1
}

// furtherPages says whether another page follows, or why it cannot be had.
func furtherPages(p jsondoc.Value, page int) (more bool, fault string) {
	if current, ok := p.Member("current").Int(); ok && page > 1 && current != int64(page) {
		return false, "look-up: page " + strconv.Itoa(page) + " was asked for and page " + strconv.FormatInt(current, 10) +
			" came; set page_parameter"
	}
	pages, ok := p.Member("pages").Int()
	if ok && pages > maxPages {
		return false, "look-up by sourceId has " + strconv.FormatInt(pages, 10) + " pages; it seems that the server does not filter"
	}
	return ok && pages > int64(page), ""
}

// search adds a page's agents to what was found, and gives how many that makes. It compares for itself: a server that
// ignores the filter would otherwise have the wrong person's presence changed. The same agent on two pages, as happens
// when the list moves meanwhile, counts once.
func (f *findings) search(items jsondoc.Value, sourceID string) (n int) {
	if f.candidate != "" {
		n = 1
	}
	from := sdk.Config().Member("agent_source").Str()
	for _, agent := range items.Each {
		id := agent.Member("id").Str()
		if agent.Member("sourceId").Str() != sourceID || id == "" || id == f.candidate {
			continue
		}
		if from != "" && agent.Member("agentSource").Str() != from {
			continue
		}
		n++
		f.candidate, f.presence = id, agent.Get("presence.name").Str()
	}
	return n
}
