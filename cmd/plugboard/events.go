package main

import (
	"encoding/json"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/feed"
)

func newEvents() *cobra.Command {
	c := &cobra.Command{
		Use:   "events",
		Short: "List, show and follow stored events",
		Args:  cobra.NoArgs,
	}
	list := listing{path: "/v1/events", filters: []string{"source", "type", "subject", "since", "until"}, print: printEvents,
		followed: func(n feed.Note) bool { return n.Kind == feed.Accepted || n.Kind == feed.Ended }}
	list.attach(c)
	c.AddCommand(newEventsShow())
	return c
}

func newEventsShow() *cobra.Command {
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show an event, what it became and, with --raw, the request it came in",
		Args:  cobra.ExactArgs(1),
	}
	file, asJSON := configFlag(c), jsonFlag(c)
	raw := c.Flags().Bool("raw", false, "also the vendor's request, as it came")
	c.RunE = func(c *cobra.Command, args []string) error {
		api, err := dial(c, *file)
		if err != nil {
			return err
		}
		query := url.Values{}
		if *raw {
			query.Set("raw", "1")
		}
		var e admin.EventRecord
		if err := api.get(c.Context(), "/v1/events/"+url.PathEscape(args[0]), query, &e); err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), e)
		}
		return printEvent(c.OutOrStdout(), e)
	}
	return c
}

// printEvents reads a page of events and prints it; it gives the next page's cursor.
func printEvents(w io.Writer, items []json.RawMessage) error {
	tab := newColumns(w)
	tab.row("RECEIVED\tSOURCE\tTYPE\tSUBJECT\tID\tDELIVERIES")
	for _, item := range items {
		var e admin.EventRecord
		if err := json.Unmarshal(item, &e); err != nil {
			return err
		}
		states := "none owed"
		for i, d := range e.Deliveries {
			if i == 0 {
				states = ""
			} else {
				states += ", "
			}
			states += d.Destination + " " + d.State
		}
		tab.row("%s\t%s\t%s\t%s\t%s\t%s", clock(e.Received), e.Source, e.Type, e.Subject, e.ID, states)
	}
	return tab.Flush()
}

func printEvent(w io.Writer, e admin.EventRecord) error {
	p := &printer{w: w}
	p.line("event     %s", e.ID)
	p.line("type      %s", e.Type)
	p.line("subject   %s", e.Subject)
	p.line("source    %s", e.Source)
	p.line("received  %s", clock(e.Received))
	for _, d := range e.Deliveries {
		p.line("delivery  %s  %s", d.ID, standing(d))
	}
	p.json("", e.Event)
	if e.Raw != nil {
		p.line("as it came:")
		p.json("", e.Raw)
	}
	return p.err
}
