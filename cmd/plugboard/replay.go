package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/admin"
)

var errNoDiff = errors.New("replay compares alone as yet: write replay --diff")

func newReplay() *cobra.Command {
	c := &cobra.Command{
		Use:   "replay --diff",
		Short: "Show what the plugins as they are now would make of stored deliveries, beside what was sent",
		Args:  cobra.NoArgs,
	}
	file, asJSON := configFlag(c), jsonFlag(c)
	diff := c.Flags().Bool("diff", false, "compare alone: nothing is queued or sent")
	changed := c.Flags().Bool("changed", false, "only deliveries that would differ")
	limit := c.Flags().Int("limit", 50, "how many, newest first; at most 1000")
	values := filterFlags(c, "source", "type", "subject", "destination", "event", "state", "since", "until")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if !*diff {
			return usageError{errNoDiff}
		}
		api, err := dial(*file)
		if err != nil {
			return err
		}
		query := listQuery(*limit, values)
		var page struct {
			Items []admin.DiffRecord `json:"items"`
		}
		if err := api.get(c.Context(), "/v1/replay/diff", query, &page); err != nil {
			return err
		}
		p := &printer{w: c.OutOrStdout()}
		for i := range page.Items {
			if r := &page.Items[i]; len(r.Changes) > 0 || !*changed {
				if *asJSON {
					p.err = printJSON(p.w, r)
				} else {
					p.diff(r)
				}
			}
		}
		return p.err
	}
	return c
}

// diff prints one delivery: what was sent, what would be, and where they part.
func (p *printer) diff(r *admin.DiffRecord) {
	p.line("%s", r.Delivery)
	if r.Sent.Request != "" {
		p.line("  sent     %s  %d %s  by %s", r.Sent.Request, r.Sent.Status, r.Sent.Result, r.Sent.Plugin)
	}
	for _, q := range r.Would.Requests {
		p.line("  would    %s %s  by %s", q.Method, q.URL, r.Would.Plugin)
		if q.Body != "" {
			p.line("           %s", q.Body)
		}
	}
	if len(r.Would.Requests) == 0 || r.Would.Reason != "" {
		p.line("  would    %s: %s", r.Would.Outcome, r.Would.Reason)
	}
	for _, c := range r.Changes {
		at := c.What
		if c.Path != "" {
			at += " " + c.Path
		}
		p.line("  differs  %s: %s → %s", at, c.Was, c.Now)
	}
	if len(r.Changes) == 0 {
		p.line("  nothing differs")
	}
}
