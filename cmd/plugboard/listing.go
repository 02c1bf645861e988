package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/feed"
)

// listing is a command that prints records of the API: filtered, paged, or as they come.
type listing struct {
	path     string
	filters  []string          // query parameters, each a flag
	fixed    map[string]string // query parameters that it always has
	print    func(w io.Writer, items []json.RawMessage) error
	followed func(feed.Note) bool // which notes --follow prints
}

func (l listing) attach(c *cobra.Command) {
	file, asJSON := configFlag(c), jsonFlag(c)
	limit := c.Flags().Int("limit", 50, "how many, newest first; at most 1000")
	follow := c.Flags().BoolP("follow", "f", false, "print what happens from now on, until Ctrl-C")
	values := filterFlags(c, l.filters...)
	c.RunE = func(c *cobra.Command, _ []string) error {
		api, err := dial(c, *file)
		if err != nil {
			return err
		}
		for name, v := range l.fixed {
			values[name] = &v
		}
		if *follow {
			return l.follow(c, api, values, *asJSON)
		}
		return l.list(c, api, listQuery(*limit, values), *limit, *asJSON)
	}
}

var filterHelp = map[string]string{
	"source":      "only from this source",
	"type":        "only of this type, such as agent.state.changed",
	"subject":     "only about this subject, such as agent/8447388090494",
	"destination": "only for this destination",
	"event":       "only of the event with this `ID`",
	"state":       "only in this state: pending, delivered, dropped, superseded, dead, cancelled",
	"since":       "only from this time on: 2026-03-04T08:00:00Z, or 2h for two hours ago",
	"until":       "only before this time",
}

// list reads pages until there are as many as wanted: a page may be short, even empty, and have a next one.
func (l listing) list(c *cobra.Command, api *client, query url.Values, limit int, asJSON bool) error {
	var items []json.RawMessage
	for {
		var page struct {
			Items []json.RawMessage `json:"items"`
			Next  string            `json:"next"`
		}
		if err := api.get(c.Context(), l.path, query, &page); err != nil {
			return err
		}
		items = append(items, page.Items...)
		if page.Next == "" || len(items) >= limit {
			break
		}
		query.Set("cursor", page.Next)
		query.Set("limit", strconv.Itoa(limit-len(items)))
	}
	if !asJSON {
		return l.print(c.OutOrStdout(), items)
	}
	for _, item := range items {
		if _, err := fmt.Fprintf(c.OutOrStdout(), "%s\n", item); err != nil {
			return err
		}
	}
	return nil
}

func (l listing) follow(c *cobra.Command, api *client, values map[string]*string, asJSON bool) error {
	out := &printer{w: c.OutOrStdout(), colour: isTerminal(c.OutOrStdout())}
	started := func() (bool, error) { return true, nil }
	return api.follow(c.Context(), started, func(n feed.Note) bool {
		if !l.followed(n) || !matches(n, values) {
			return false
		}
		if asJSON {
			out.err = printJSON(out.w, n)
		} else {
			out.note(n)
		}
		return out.err != nil
	})
}

// matches applies a list's filters to a note; the times of a filter say nothing about what happens now.
func matches(n feed.Note, values map[string]*string) bool {
	has := map[string]string{"source": n.Source, "type": n.Type, "subject": n.Subject,
		"destination": n.Destination, "event": n.Event, "state": n.Result}
	for name, v := range values {
		if got, known := has[name]; known && *v != "" && *v != got {
			return false
		}
	}
	return true
}

// clock writes a time for people: local, to the millisecond; the day only when it is not today.
func clock(t time.Time) string {
	t = t.Local()
	if t.Format(time.DateOnly) == time.Now().Format(time.DateOnly) {
		return t.Format("15:04:05.000")
	}
	return t.Format("2006-01-02 15:04:05.000")
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// filterFlags gives a command the filters of those names.
func filterFlags(c *cobra.Command, names ...string) map[string]*string {
	values := map[string]*string{}
	for _, name := range names {
		values[name] = c.Flags().String(name, "", filterHelp[name])
	}
	return values
}

// listQuery is what the API is asked for.
func listQuery(limit int, filters map[string]*string) url.Values {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	for name, v := range filters {
		if *v != "" {
			query.Set(name, *v)
		}
	}
	return query
}

// listAll prints a list of the API from its first page to its last.
func listAll(c *cobra.Command, file, path string, query url.Values, asJSON bool, print func(io.Writer, []json.RawMessage) error) error {
	api, err := dial(c, file)
	if err != nil {
		return err
	}
	ask := url.Values{"limit": {"1000"}}
	maps.Copy(ask, query)
	var all []json.RawMessage
	for {
		var page struct {
			Items []json.RawMessage `json:"items"`
			Next  string            `json:"next"`
		}
		if err := api.get(c.Context(), path, ask, &page); err != nil {
			return err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			break
		}
		ask.Set("cursor", page.Next)
	}
	if !asJSON {
		return print(c.OutOrStdout(), all)
	}
	for _, item := range all {
		if _, err := fmt.Fprintf(c.OutOrStdout(), "%s\n", item); err != nil {
			return err
		}
	}
	return nil
}
