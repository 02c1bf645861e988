package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard"
	"github.com/plugboard/plugboard/gateway/plugintool"
)

func newPluginNew() *cobra.Command {
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Make a plugin's folder that builds and passes its test",
		Long: `Make the folder NAME (its last part is the plugin's name) with a small plugin, its cases in testdata, and the SDK beside
it, so that it builds with no registry.`,
		Args: cobra.ExactArgs(1),
	}
	language := c.Flags().String("lang", "go", "the `LANGUAGE`: "+strings.Join(plugboard.Templates(), ", "))
	asJSON := jsonFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		files, err := plugintool.New(args[0], *language)
		if err != nil {
			return err
		}
		w := c.OutOrStdout()
		if *asJSON {
			return printJSON(w, map[string]any{"folder": args[0], "language": *language, "files": files})
		}
		p := &printer{w: w}
		for _, f := range files {
			p.line("%s", filepath.Join(args[0], f))
		}
		p.line("\nNext:\n  %s plugin test %s", self(), args[0])
		p.line("  %s plugin build %s", self(), args[0])
		return p.err
	}
	return c
}

func newPluginInspect() *cobra.Command {
	c := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Say what is in a plugin, and whether the gateway runs it",
		Long:  "Say what is in a plugin's FILE (or FOLDER, which is built first): kind, functions, imports, exports, manifest, size,\nhash. Exit status 1 when the gateway refuses it, with the reason.",
		Args:  cobra.ExactArgs(1),
	}
	asJSON := jsonFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := plugintool.Open(c.Context(), args[0])
		if err != nil {
			return err
		}
		host, err := plugintool.NewHost(c.Context())
		if err != nil {
			return err
		}
		defer host.Close(c.Context()) //nolint:errcheck // nothing is lost with it
		r, err := plugintool.Inspect(c.Context(), host, s)
		if err != nil {
			return err
		}
		if *asJSON {
			err = printJSON(c.OutOrStdout(), r)
		} else {
			err = printReport(&printer{w: c.OutOrStdout()}, r)
		}
		if err == nil && r.Refused != "" {
			err = errSilent
		}
		return err
	}
	return c
}

func printReport(p *printer, r *plugintool.Report) error {
	p.line("plugin     %s", r.Name)
	if r.Refused != "" {
		p.line("refused    %s", r.Refused)
	}
	p.line("size       %s", bytesText(uint64(r.Size)))
	p.line("hash       %s", r.Hash)
	list := func(what string, items []string) {
		if len(items) > 0 {
			p.line("%-10s %s", what, strings.Join(items, "\n           "))
		}
	}
	list("kind", []string{r.Kind}[:min(1, len(r.Kind))])
	list("made with", r.MadeWith)
	list("functions", []string{strings.Join(r.Functions, ", ")}[:min(1, len(r.Functions))])
	list("exports", r.Exports)
	list("imports", r.Imports)
	if r.Manifest != nil {
		p.line("manifest")
		p.json("           ", r.Manifest)
	}
	return p.err
}

// bytesText is a size for people.
func bytesText(n uint64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 10<<10:
		return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}
