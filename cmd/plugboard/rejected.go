package main

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/feed"
)

func newRejected() *cobra.Command {
	c := &cobra.Command{
		Use:   "rejected",
		Short: "List requests that were kept because they could not be read",
		Args:  cobra.NoArgs,
	}
	list := listing{path: "/v1/rejected", filters: []string{"source", "since", "until"}, print: printRejected,
		followed: func(n feed.Note) bool { return n.Kind == feed.Aside }}
	list.attach(c)
	return c
}

func printRejected(w io.Writer, items []json.RawMessage) error {
	tab := newColumns(w)
	tab.row("RECEIVED\tSOURCE\tID\tREASON")
	for _, item := range items {
		var r admin.RejectedRecord
		if err := json.Unmarshal(item, &r); err != nil {
			return err
		}
		tab.row("%s\t%s\t%s\t%s", clock(r.Received), r.Source, r.ID, r.Reason)
	}
	return tab.Flush()
}
