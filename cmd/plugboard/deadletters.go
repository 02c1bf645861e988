package main

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/feed"
)

var deadFilters = []string{"source", "type", "subject", "destination", "event", "since", "until"}

// newDeadLetters is deliveries --state dead, with what one does about them.
func newDeadLetters() *cobra.Command {
	c := &cobra.Command{Use: "dead-letters", Short: "List, replay and put away deliveries that could not be made", Args: cobra.NoArgs}
	list := listing{path: "/v1/deliveries", fixed: map[string]string{"state": "dead"}, filters: deadFilters, print: printDeadLetters,
		followed: func(n feed.Note) bool { return n.Kind == feed.Ended }}
	list.attach(c)
	c.AddCommand(newDeadReplay(), newDeadCancel())
	return c
}

func newDeadReplay() *cobra.Command {
	c := &cobra.Command{Use: "replay [ID…]", Short: "Queue dead letters again: by ID, by filter, or all of them"}
	s := &steering{path: "/v1/replay", done: "queued"}
	s.attach(c, deadFilters...)
	to := c.Flags().String("to", "", "to this destination instead")
	c.RunE = func(c *cobra.Command, args []string) error {
		sel, err := s.dead(args)
		if err != nil {
			return err
		}
		sel.To = *to
		return s.run(c, sel)
	}
	return c
}

func newDeadCancel() *cobra.Command {
	c := &cobra.Command{Use: "cancel [ID…]", Short: "Put dead letters away: by ID, by filter, or all of them"}
	s := &steering{path: "/v1/cancel", done: "cancelled"}
	s.attach(c, deadFilters...)
	why := whyFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		sel, err := s.dead(args)
		if err != nil {
			return err
		}
		sel.Why = *why
		return s.run(c, sel)
	}
	return c
}

// dead is the selection among dead letters; without IDs and filters all of them.
func (s *steering) dead(args []string) (admin.Selection, error) {
	sel, err := s.selection(args)
	if len(args) == 0 {
		if sel.Filter == nil {
			sel.Filter = map[string]string{}
		}
		sel.Filter["state"] = "dead"
	}
	return sel, err
}

func printDeadLetters(w io.Writer, items []json.RawMessage) error {
	tab := newColumns(w)
	tab.row("ENDED\tTYPE\tSUBJECT\tDELIVERY\tATTEMPTS\tREASON")
	for _, item := range items {
		var d admin.DeliveryRecord
		if err := json.Unmarshal(item, &d); err != nil {
			return err
		}
		tab.row("%s\t%s\t%s\t%s\t%d\t%s", clock(d.Ended), d.Type, d.Subject, d.ID, d.AttemptCount, d.Reason)
	}
	return tab.Flush()
}
