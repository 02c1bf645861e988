package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/toolchain"
)

func newPlugin() *cobra.Command {
	c := &cobra.Command{Use: "plugin", Short: "Make plugins", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(newPluginNew(), newPluginBuild(), newPluginTest(), newPluginBench(), newPluginInspect())
	return c
}

func newPluginBuild() *cobra.Command {
	c := &cobra.Command{
		Use:   "build [FOLDER...]",
		Short: "Build plugins from source",
		Long:  "Build each FOLDER to DIR/NAME.wasm, where NAME is the folder's name; without FOLDER, every source folder in plugins.",
		Args:  cobra.ArbitraryArgs,
	}
	out := c.Flags().String("out", "", "the `DIR` to write to (default: the folder that holds FOLDER)")
	asJSON := jsonFlag(c)
	c.RunE = func(c *cobra.Command, folders []string) error {
		if len(folders) == 0 {
			var err error
			if folders, err = toolchain.Sources("plugins"); err != nil {
				return fmt.Errorf("no FOLDER given, and plugins cannot be read: %w", err)
			}
			if len(folders) == 0 {
				return fmt.Errorf("no FOLDER given, and no folder of plugins holds source")
			}
		}
		for _, folder := range folders {
			if err := buildOne(c, folder, *out, *asJSON); err != nil {
				return err
			}
		}
		return nil
	}
	return c
}

func buildOne(c *cobra.Command, folder, out string, asJSON bool) error {
	if out == "" {
		abs, err := filepath.Abs(folder)
		if err != nil {
			return err
		}
		out = filepath.Dir(abs)
		if here, err := os.Getwd(); err == nil {
			if rel, err := filepath.Rel(here, out); err == nil && filepath.IsLocal(rel) {
				out = rel // shorter to read, and the same place
			}
		}
	}
	file, changed, err := toolchain.Build(c.Context(), folder, out)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(c.OutOrStdout(), map[string]any{"folder": folder, "file": file, "changed": changed})
	}
	state := "unchanged"
	if changed {
		state = "built"
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", file, state)
	return err
}
