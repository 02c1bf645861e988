package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/replay"
)

var (
	errNoSelection = errors.New("say which: IDs, or filters such as --state, --destination, --source, --since")
	errTwoWays     = errors.New("give IDs or filters, not both")
)

// steering is a command that does something to many deliveries: the API is asked call by call, so that a set of any size
// shows how far it is, and can be stopped in between.
type steering struct {
	path string // of the API
	done string // "queued", "cancelled"

	file           *string
	asJSON, dryRun *bool
	limit          *int
	filters        map[string]*string
}

// attach gives a command its flags.
func (s *steering) attach(c *cobra.Command, filters ...string) {
	s.file, s.asJSON = configFlag(c), jsonFlag(c)
	s.dryRun = c.Flags().Bool("dry-run", false, "only say how many")
	s.limit = c.Flags().Int("limit", 1000, "at most so many; 0: all")
	s.filters = filterFlags(c, filters...)
}

// selection is what the arguments and the flags pick.
func (s *steering) selection(args []string) (admin.Selection, error) {
	sel := admin.Selection{DryRun: *s.dryRun}
	if len(args) > 0 {
		sel.IDs = args
	}
	for name, v := range s.filters {
		if *v != "" {
			if sel.Filter == nil {
				sel.Filter = map[string]string{}
			}
			sel.Filter[name] = *v
		}
	}
	if len(args) > 0 && sel.Filter != nil {
		return sel, usageError{errTwoWays}
	}
	return sel, nil
}

// run asks until all of it is done, or as many as were allowed.
func (s *steering) run(c *cobra.Command, sel admin.Selection) error {
	if sel.IDs == nil && sel.Filter == nil {
		return usageError{errNoSelection}
	}
	api, err := dial(c, *s.file)
	if err != nil {
		return err
	}
	total := replay.Report{Skipped: map[string]int{}, DryRun: sel.DryRun}
	out := &printer{w: c.OutOrStdout()}
	for {
		sel.Limit = replay.MaxLimit
		if *s.limit > 0 {
			sel.Limit = min(sel.Limit, *s.limit-total.Done)
		}
		var r replay.Report
		if err := api.send(c.Context(), http.MethodPost, s.path, sel, &r); err != nil {
			s.sum(c.ErrOrStderr(), &total) // what was done is done
			return err
		}
		add(&total, &r)
		s.items(out, sel.IDs != nil, r.Items)
		if total.Next = r.Next; r.Next == "" || *s.limit > 0 && total.Done >= *s.limit || out.err != nil {
			break
		}
		sel.Cursor = r.Next
		if _, err := fmt.Fprintf(c.ErrOrStderr(), "%d %s so far, %d skipped\n", total.Done, s.done, total.Matched-total.Done); err != nil {
			return err
		}
	}
	if out.err != nil {
		return out.err
	}
	return s.end(c, sel.IDs != nil, &total)
}

func add(total, r *replay.Report) {
	total.Matched += r.Matched
	total.Done += r.Done
	for why, n := range r.Skipped {
		total.Skipped[why] += n
	}
}

// items prints each of what was named; of a filter only how many is told, unless a program reads it.
func (s *steering) items(out *printer, named bool, items []replay.Item) {
	for _, it := range items {
		switch {
		case *s.asJSON:
			out.err = errors.Join(out.err, printJSON(out.w, it))
		case !named:
		case it.Skipped != "":
			out.line("%s  not %s: %s", it.ID, s.done, it.Skipped)
		case len(it.Deliveries) > 0:
			for _, d := range it.Deliveries {
				out.line("%s  %s as %s", it.ID, s.done, d)
			}
		case *s.dryRun:
			out.line("%s  would be %s", it.ID, s.done)
		default:
			out.line("%s  %s", it.ID, s.done)
		}
	}
}

// end says how many, and fails when something that was named was not done.
func (s *steering) end(c *cobra.Command, named bool, total *replay.Report) error {
	to := c.OutOrStdout()
	if *s.asJSON {
		to = c.ErrOrStderr()
	}
	if !named || *s.asJSON {
		s.sum(to, total)
	}
	if named && total.Done < total.Matched {
		return errSilent
	}
	return nil
}

func (s *steering) sum(w io.Writer, total *replay.Report) {
	p := &printer{w: w}
	would := ""
	if total.DryRun {
		would = "would be "
	}
	p.line("%d %s%s", total.Done, would, s.done)
	for _, why := range slices.Sorted(maps.Keys(total.Skipped)) {
		p.line("%d skipped: %s", total.Skipped[why], why)
	}
	if total.Next != "" {
		p.line("there may be more: raise --limit, or --limit 0 for all")
	}
}
