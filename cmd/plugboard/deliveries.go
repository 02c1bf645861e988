package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/feed"
)

func newDeliveries() *cobra.Command {
	c := &cobra.Command{
		Use:   "deliveries",
		Short: "List, show, follow and retry deliveries",
		Args:  cobra.NoArgs,
	}
	list := listing{path: "/v1/deliveries", print: printDeliveries,
		filters:  []string{"source", "type", "subject", "destination", "event", "state", "since", "until"},
		followed: func(n feed.Note) bool { return n.Kind == feed.Attempt || n.Kind == feed.Ended }}
	list.attach(c)
	c.AddCommand(newDeliveriesShow(), newDeliveriesRetry())
	return c
}

func newDeliveriesShow() *cobra.Command {
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show a delivery with every attempt made for it",
		Args:  cobra.ExactArgs(1),
	}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		api, err := dial(c, *file)
		if err != nil {
			return err
		}
		var d admin.DeliveryRecord
		if err := api.get(c.Context(), "/v1/deliveries/"+url.PathEscape(args[0]), nil, &d); err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), d)
		}
		return printDelivery(c.OutOrStdout(), d)
	}
	return c
}

func printDeliveries(w io.Writer, items []json.RawMessage) error {
	tab := newColumns(w)
	tab.row("CREATED\tTYPE\tSUBJECT\tDELIVERY\tSTATE")
	for _, item := range items {
		var d admin.DeliveryRecord
		if err := json.Unmarshal(item, &d); err != nil {
			return err
		}
		tab.row("%s\t%s\t%s\t%s\t%s", clock(d.Created), d.Type, d.Subject, d.ID, standing(d))
	}
	return tab.Flush()
}

func printDelivery(w io.Writer, d admin.DeliveryRecord) error {
	p := &printer{w: w}
	p.line("delivery  %s", d.ID)
	p.line("event     %s  %s  %s", d.Event, d.Type, d.Subject)
	p.line("route     %s", d.Route)
	p.line("created   %s", clock(d.Created))
	p.line("state     %s", standing(d))
	for i := range d.Attempts {
		p.line("")
		p.attempt(&d.Attempts[i])
	}
	return p.err
}

// attempt prints one attempt.
func (p *printer) attempt(a *admin.AttemptRecord) {
	p.line("attempt %d  %s  %s in %.1f ms", a.Number, clock(a.Started), a.Result, a.DurationMS)
	if a.Request != "" {
		p.line("  request   %s", a.Request)
	}
	if a.Status != 0 {
		p.line("  status    %d", a.Status)
	}
	if a.Response != "" {
		p.line("  response  %s", strings.TrimSpace(a.Response))
	}
	if a.Cut {
		p.line("            … cut here: there were %d bytes", a.Bytes)
	}
	if a.Error != "" {
		p.line("  error     %s", a.Error)
	}
	if a.Said != "" {
		p.line("  said      %s", strings.ReplaceAll(a.Said, "\n", "\n            "))
	}
	if a.Plugin != "" {
		p.line("  plugin    %s", a.Plugin)
	}
}

// standing says in a few words how a delivery stands.
func standing(d admin.DeliveryRecord) string {
	s := d.State
	if d.AttemptCount > 0 {
		s += fmt.Sprintf(" after %d %s", d.AttemptCount, plural(d.AttemptCount, "attempt"))
	}
	if d.State == "pending" && d.Due.After(time.Now()) {
		s += ", next at " + clock(d.Due)
	}
	if d.Reason != "" {
		s += ": " + d.Reason
	}
	return s
}
