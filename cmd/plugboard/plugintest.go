package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/plugintool"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/casefile"
)

func newPluginTest() *cobra.Command {
	c := &cobra.Command{
		Use:   "test [FOLDER|FILE]",
		Short: "Run a plugin's cases in the gateway's own host",
		Long: `Build the plugin in FOLDER (by default the current one), or take FILE as it is, and run the cases in its testdata:
NAME.request.json beside the NAME.events.json or NAME.error.json that must come of it, NAME.transform.json likewise, NAME.encode.json beside its NAME.message.json,
NAME.scenario.json for deliveries. What differs is shown as a diff: a line with - is wanted, one with + was made.`,
		Args: cobra.MaximumNArgs(1),
	}
	t := &pluginTest{c: c}
	c.Flags().StringArrayVar(&t.dirs, "cases", nil, "run the cases in `DIR` instead of testdata (may be given several times)")
	c.Flags().BoolVar(&t.update, "update", false, "write the expected .events.json and .error.json files anew")
	c.Flags().BoolVarP(&t.verbose, "verbose", "v", false, "show the cases that pass, and what the plugin logs")
	asJSON := jsonFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		t.asJSON = *asJSON
		path := "."
		if len(args) > 0 {
			path = args[0]
		}
		return withPlugin(c.Context(), path, t.run)
	}
	return c
}

// withPlugin hands over a plugin that is loaded in a host.
func withPlugin(ctx context.Context, path string, do func(context.Context, *plugintool.Subject, *wasm.Module) error) error {
	s, err := plugintool.Open(ctx, path)
	if err != nil {
		return err
	}
	host, err := plugintool.NewHost(ctx)
	if err != nil {
		return err
	}
	m, err := host.LoadFile(ctx, s.File, s.Code)
	if err != nil {
		return errors.Join(err, host.Close(ctx))
	}
	return errors.Join(do(ctx, s, m), m.Close(ctx), host.Close(ctx))
}

// pluginTest is one run of the command.
type pluginTest struct {
	c                       *cobra.Command
	dirs                    []string
	update, verbose, asJSON bool
}

func (t *pluginTest) run(ctx context.Context, s *plugintool.Subject, m *wasm.Module) error {
	start := time.Now()
	dirs := t.dirs
	if len(dirs) == 0 {
		dirs = []string{filepath.Join(s.Folder, "testdata")}
	}
	ran, failed := 0, 0
	for _, dir := range dirs {
		cases, err := casefile.List(dir)
		if err != nil {
			return fmt.Errorf("%w; write one, or name a folder of cases with --cases", err)
		}
		for _, c := range cases {
			o := plugintool.Test(ctx, m, c, t.update)
			ran++
			if o.Fault != "" {
				failed++
			}
			if err := t.print(o); err != nil {
				return err
			}
		}
	}
	if !t.asJSON {
		if _, err := fmt.Fprintf(t.c.OutOrStdout(), "%s: %d cases, %d failed (%.1f s)\n", s.Name, ran, failed, time.Since(start).Seconds()); err != nil {
			return err
		}
	}
	if failed > 0 {
		return errSilent
	}
	return nil
}

func (t *pluginTest) print(o plugintool.Outcome) error {
	w := t.c.OutOrStdout()
	if t.asJSON {
		return printJSON(w, o)
	}
	var err error
	switch {
	case o.Fault != "":
		_, err = fmt.Fprintf(w, "FAIL %s\n%s\n", o.Case, indent(o.Fault))
	case o.Updated:
		_, err = fmt.Fprintf(w, "new  %s\n", o.Case)
	case t.verbose:
		_, err = fmt.Fprintf(w, "ok   %s\n", o.Case)
	}
	if err == nil && len(o.Log) > 0 && (o.Fault != "" || t.verbose) {
		_, err = fmt.Fprintf(w, "     log:\n%s\n", indent(strings.Join(o.Log, "\n")))
	}
	return err
}

func indent(s string) string { return "     " + strings.ReplaceAll(s, "\n", "\n     ") }
