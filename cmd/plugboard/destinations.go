package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/admin"
)

func newDestinations() *cobra.Command {
	c := &cobra.Command{Use: "destinations", Short: "List destinations and what waits for them; pause, resume, test them", Args: cobra.NoArgs}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return listAll(c, *file, "/v1/destinations", nil, *asJSON, printDestinations)
	}
	c.AddCommand(newDestinationPause(), newDestinationResume(), newTest("test NAME", "/v1/destinations/"))
	return c
}

func newDestinationPause() *cobra.Command {
	c := &cobra.Command{Use: "pause NAME", Short: "Send nothing more to a destination: its events wait", Args: cobra.ExactArgs(1),
		Long: "Send nothing more to a destination until it is resumed: its events wait in the queue, over restarts too, and none is\nlost. What is in flight goes on."}
	why := c.Flags().String("why", "", "a reason, for others to read")
	steerDestination(c, "pause", func() any { return admin.PauseOrder{Why: *why} })
	return c
}

func newDestinationResume() *cobra.Command {
	c := &cobra.Command{Use: "resume NAME", Short: "Send what waits for a destination that was paused", Args: cobra.ExactArgs(1)}
	steerDestination(c, "resume", func() any { return nil })
	return c
}

func steerDestination(c *cobra.Command, what string, body func() any) {
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		api, err := dial(c, *file)
		if err != nil {
			return err
		}
		var d json.RawMessage
		if err := api.send(c.Context(), http.MethodPost, "/v1/destinations/"+url.PathEscape(args[0])+"/"+what, body(), &d); err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), d)
		}
		return printDestinations(c.OutOrStdout(), []json.RawMessage{d})
	}
}

func printDestinations(w io.Writer, items []json.RawMessage) error {
	tab := newColumns(w)
	tab.row("NAME\tSTATE\tWAITING\tOLDEST\tPLUGIN\tURL")
	for _, item := range items {
		var d admin.DestinationInfo
		if err := json.Unmarshal(item, &d); err != nil {
			return err
		}
		oldest := ""
		if !d.Oldest.IsZero() {
			oldest = time.Since(d.Oldest).Round(time.Second).String()
		}
		tab.row("%s\t%s\t%d\t%s\t%s\t%s", d.Name, stands(&d), d.Pending, oldest, d.Plugin, d.URL)
	}
	return tab.Flush()
}

// stands says in a few words how a destination is.
func stands(d *admin.DestinationInfo) string {
	var words []string
	if !d.Configured {
		words = append(words, "not configured")
	}
	if d.Paused != nil {
		by := "paused"
		if d.Paused.Why != "" {
			by += " (" + d.Paused.Why + ")"
		}
		words = append(words, by)
	}
	if d.Failing {
		words = append(words, "failing")
	}
	if !d.QuietUntil.IsZero() {
		words = append(words, "held back until "+d.QuietUntil.Local().Format(time.TimeOnly))
	}
	if words == nil {
		return "ok"
	}
	return strings.Join(words, ", ")
}
