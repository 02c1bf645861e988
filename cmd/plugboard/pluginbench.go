package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/plugintool"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/casefile"
)

func newPluginBench() *cobra.Command {
	c := &cobra.Command{
		Use:   "bench [FOLDER|FILE]",
		Short: "Measure a plugin's calls: time, counter, memory",
		Long: `Measure each function of a plugin on a case: FOLDER's (by default the current one's) first case in testdata that calls
it, or the one that --case names. The counter counts function entries and loop turns; it is the same on every machine.`,
		Args: cobra.MaximumNArgs(1),
	}
	file := c.Flags().String("case", "", "the case's `FILE`: NAME.request.json, NAME.transform.json, NAME.encode.json or NAME.scenario.json")
	long := c.Flags().Duration("time", time.Second, "how long to measure each function")
	asJSON := jsonFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		path := "."
		if len(args) > 0 {
			path = args[0]
		}
		return withPlugin(c.Context(), path, func(ctx context.Context, s *plugintool.Subject, m *wasm.Module) error {
			figures, err := benchCases(ctx, s, m, *file, *long)
			if err != nil {
				return err
			}
			if *asJSON {
				for _, f := range figures {
					if err := printJSON(c.OutOrStdout(), f); err != nil {
						return err
					}
				}
				return nil
			}
			return printFigures(c, figures)
		})
	}
	return c
}

// benchCases measures each function once.
func benchCases(ctx context.Context, s *plugintool.Subject, m *wasm.Module, file string, long time.Duration) ([]plugintool.Figure, error) {
	if file != "" {
		return plugintool.Bench(ctx, m, casefile.Of(file), long)
	}
	cases, err := casefile.List(filepath.Join(s.Folder, "testdata"))
	if err != nil {
		return nil, fmt.Errorf("%w; name a case with --case", err)
	}
	var all []plugintool.Figure
	done := map[string]bool{}
	for _, c := range cases {
		if done[string(c.Kind)] {
			continue
		}
		figures, err := plugintool.Bench(ctx, m, c, long)
		if err != nil {
			return nil, err
		}
		done[string(c.Kind)] = true
		all = append(all, figures...)
	}
	return all, nil
}

func printFigures(c *cobra.Command, figures []plugintool.Figure) error {
	tab := newColumns(c.OutOrStdout())
	tab.row("FUNCTION\tTIME A CALL\tLEAST\tCOUNTER\tIN\tOUT\tHOST MEMORY\tGUEST\tCASE")
	for _, f := range figures {
		tab.row("%s\t%.1f µs\t%.1f µs\t%d\t%d B\t%d B\t%d B in %.1f\t%d KiB\t%s", f.Function, micros(f.Time), micros(f.Least),
			f.Counter, f.Input, f.Output, f.Memory, f.Objects, f.Guest>>10, f.Case)
	}
	return tab.Flush()
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
