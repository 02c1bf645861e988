package main

import (
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

const cancelLong = `Cancel deliveries that wait, by their IDs or by filter, and put dead letters away (--state dead). One that is being
attempted ends cancelled unless that attempt delivers it. A cancelled delivery stays listed and can be replayed.

  plugboard cancel --destination crm --until 2h --dry-run`

func newCancel() *cobra.Command {
	c := &cobra.Command{Use: "cancel [ID…]", Short: "Cancel deliveries that wait", Long: cancelLong}
	s := &steering{path: "/v1/cancel", done: "cancelled"}
	s.attach(c, "source", "type", "subject", "destination", "event", "state", "since", "until")
	why := whyFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		sel, err := s.selection(args)
		if err != nil {
			return err
		}
		sel.Why = *why
		return s.run(c, sel)
	}
	return c
}

func whyFlag(c *cobra.Command) *string {
	return c.Flags().String("why", "", "kept as the deliveries' reason")
}

// newDeliveriesRetry makes deliveries that wait for their time due at once.
func newDeliveriesRetry() *cobra.Command {
	c := &cobra.Command{Use: "retry ID…", Short: "Try deliveries now that wait for their time", Args: cobra.MinimumNArgs(1)}
	file := configFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		api, err := dial(c, *file)
		if err != nil {
			return err
		}
		for _, id := range args {
			if err := api.send(c.Context(), http.MethodPost, "/v1/deliveries/"+url.PathEscape(id)+"/retry", nil, nil); err != nil {
				return err
			}
		}
		return nil
	}
	return c
}
