package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/feed"
)

func newAttempts() *cobra.Command {
	c := &cobra.Command{
		Use:   "attempts",
		Short: "List, show and follow attempts, delivery after delivery",
		Args:  cobra.NoArgs,
	}
	list := listing{path: "/v1/attempts", print: printAttempts,
		filters:  []string{"source", "type", "subject", "destination", "event", "state", "since", "until"},
		followed: func(n feed.Note) bool { return n.Kind == feed.Attempt }}
	list.attach(c)
	c.AddCommand(newAttemptsShow())
	return c
}

func newAttemptsShow() *cobra.Command {
	c := &cobra.Command{
		Use:   "show DELIVERY [NUMBER]",
		Short: "Show the attempts of a delivery, or one of them",
		Args:  cobra.RangeArgs(1, 2),
	}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		number := 0
		if len(args) == 2 {
			var err error
			if number, err = strconv.Atoi(args[1]); err != nil || number < 1 {
				return usageError{fmt.Errorf("%q is no number of an attempt; they count from 1", args[1])}
			}
		}
		api, err := dial(c, *file)
		if err != nil {
			return err
		}
		var d admin.DeliveryRecord
		if err := api.get(c.Context(), "/v1/deliveries/"+url.PathEscape(args[0]), nil, &d); err != nil {
			return err
		}
		p, shown := &printer{w: c.OutOrStdout()}, 0
		for i := range d.Attempts {
			a := &d.Attempts[i]
			switch {
			case number != 0 && a.Number != number:
				continue
			case *asJSON:
				p.err = printJSON(p.w, a)
			default:
				p.attempt(a)
			}
			shown++
		}
		if shown == 0 {
			return fmt.Errorf("delivery %s has %d %s", args[0], len(d.Attempts), plural(len(d.Attempts), "attempt"))
		}
		return p.err
	}
	return c
}

func printAttempts(w io.Writer, items []json.RawMessage) error {
	tab := newColumns(w)
	tab.row("STARTED\tDELIVERY\tNO\tRESULT\tTOOK\tSTATUS\tREQUEST\tERROR")
	for _, item := range items {
		var a admin.AttemptEntry
		if err := json.Unmarshal(item, &a); err != nil {
			return err
		}
		status := ""
		if a.Status != 0 {
			status = strconv.Itoa(a.Status)
		}
		tab.row("%s\t%s\t%d\t%s\t%.1f ms\t%s\t%s\t%s",
			clock(a.Started), a.Delivery, a.Number, a.Result, a.DurationMS, status, a.Request, a.Error)
	}
	return tab.Flush()
}
