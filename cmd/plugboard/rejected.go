package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

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
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "RECEIVED\tSOURCE\tID\tREASON") //nolint:errcheck // Flush reports it
	for _, item := range items {
		var r admin.RejectedRecord
		if err := json.Unmarshal(item, &r); err != nil {
			return err
		}
		fmt.Fprintf(tab, "%s\t%s\t%s\t%s\n", clock(r.Received), r.Source, r.ID, r.Reason) //nolint:errcheck // Flush reports it
	}
	return tab.Flush()
}
