package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/queue"
)

func newAudit() *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "Recount the store and say whether the promises hold",
		Long:  "Recount the store from disk: every delivery that a stored event owes must be there, in exactly one state. A running\ngateway is asked to do it; otherwise the queue's folder is read directly. Exit status 1 when something is amiss.",
		Args:  cobra.NoArgs,
	}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		report, err := audit(c, *file)
		if err != nil {
			return faults(c.ErrOrStderr(), err)
		}
		if *asJSON {
			err = printJSON(c.OutOrStdout(), report)
		} else {
			err = printAudit(c.OutOrStdout(), report)
		}
		if err == nil && report.FaultCount > 0 {
			err = errSilent
		}
		return err
	}
	return c
}

func audit(c *cobra.Command, file string) (report queue.AuditReport, err error) {
	if far, err := farClient(c); far != nil || err != nil {
		if err == nil {
			err = far.get(c.Context(), "/v1/audit", nil, &report)
		}
		return report, err
	}
	cfg, err := config.Load(file, config.Options{Lenient: true})
	if err != nil {
		return report, err
	}
	api, err := newClient(cfg)
	if err == nil {
		err = api.get(c.Context(), "/v1/audit", nil, &report)
	}
	if errors.Is(err, errNotRunning) {
		return gateway.Audit(c.Context(), cfg)
	}
	return report, err
}

func printAudit(w io.Writer, r queue.AuditReport) error {
	p := &printer{w: w}
	p.line("%d events owe %d deliveries", r.Events, r.Owed)
	for _, state := range slices.Sorted(maps.Keys(r.States)) {
		p.line("  %-10s %d", state, r.States[state])
	}
	p.line("%d requests set aside", r.Rejected)
	for _, f := range r.Faults {
		p.line("fault: %s", f)
	}
	if r.FaultCount == 0 {
		p.line("nothing is missing")
	} else if more := r.FaultCount - len(r.Faults); more > 0 {
		p.line("and %d more faults", more)
	}
	if p.err != nil {
		return fmt.Errorf("printing the audit: %w", p.err)
	}
	return nil
}
