package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/admin"
)

const replayLong = `Queue stored events again: deliveries by their IDs or by filter, events by their IDs, requests that were set aside by
theirs. They go from the oldest on and stand behind what waits, so that the order within each key is kept.

A filter may be run twice: what was replayed since, or still waits, is skipped (--again replays it all the same). Of a set
of any size the command says how far it is; stopped half way, it can be run again.

  plugboard replay --state dead --destination crm --dry-run     how many would be queued
  plugboard replay --state dead --destination crm
  plugboard replay --state dead --destination old --to crm      to another destination
  plugboard replay --unrouted --since 2h                        events that no route took, by the routes as they are now
  plugboard replay --rejected --source zendesk                  requests set aside, read by the plugin as it is now
  plugboard replay --diff --since 1h                            compare alone: what would be sent, beside what was`

var (
	errDiffAlone  = errors.New("--diff compares deliveries by filter and queues nothing: leave out IDs, --to, --rejected, --unrouted, --again and --dry-run")
	errOnlyToDiff = errors.New("--changed belongs to --diff")
)

func newReplay() *cobra.Command {
	c := &cobra.Command{Use: "replay [ID…]", Short: "Queue stored events again, or compare what would be sent with what was", Long: replayLong}
	s := &steering{path: "/v1/replay", done: "queued"}
	s.attach(c, "source", "type", "subject", "destination", "event", "state", "since", "until")
	to := c.Flags().String("to", "", "to this destination instead, each event once")
	rejected := c.Flags().Bool("rejected", false, "requests that were set aside, read again")
	unrouted := c.Flags().Bool("unrouted", false, "only events that owe no delivery")
	again := c.Flags().Bool("again", false, "also what was replayed already")
	diff := c.Flags().Bool("diff", false, "compare alone: nothing is queued or sent")
	changed := c.Flags().Bool("changed", false, "with --diff: only deliveries that would differ")
	c.RunE = func(c *cobra.Command, args []string) error {
		switch {
		case *diff && (len(args) > 0 || *to != "" || *rejected || *unrouted || *again || *s.dryRun):
			return usageError{errDiffAlone}
		case *diff:
			return s.diff(c, *changed)
		case *changed:
			return usageError{errOnlyToDiff}
		}
		sel, err := s.selection(args)
		if err != nil {
			return err
		}
		sel.To, sel.Rejected, sel.Unrouted, sel.Again = *to, *rejected, *unrouted, *again
		if sel.Filter == nil && len(args) == 0 && (*rejected || *unrouted) {
			sel.Filter = map[string]string{}
		}
		return s.run(c, sel)
	}
	return c
}

// diffDefault is how many deliveries are compared unless it is said: each is played in full.
const diffDefault = 50

func (s *steering) diff(c *cobra.Command, changed bool) error {
	api, err := dial(c, *s.file)
	if err != nil {
		return err
	}
	limit := *s.limit
	if !c.Flags().Changed("limit") {
		limit = diffDefault
	}
	var page struct {
		Items []admin.DiffRecord `json:"items"`
	}
	if err := api.get(c.Context(), "/v1/replay/diff", listQuery(limit, s.filters), &page); err != nil {
		return err
	}
	p := &printer{w: c.OutOrStdout()}
	for i := range page.Items {
		if r := &page.Items[i]; len(r.Changes) > 0 || !changed {
			if *s.asJSON {
				p.err = printJSON(p.w, r)
			} else {
				p.diff(r)
			}
		}
	}
	return p.err
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
