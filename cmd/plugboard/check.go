package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
)

func newCheck() *cobra.Command {
	c := &cobra.Command{
		Use:   "check",
		Short: "Validate a configuration by really loading all of it",
		Long:  "Validate a configuration by really loading all of it, plugins and expressions included, and print each fault as\nFILE:LINE:COLUMN: WHAT; WHAT TO DO. A running gateway is not disturbed: it is asked\nwhich secrets are in its store. Without one the store is opened for a moment if the configuration names a secret in it.",
		Args:  cobra.NoArgs,
	}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		err := gateway.Check(c.Context(), beside(c, *file))
		if *asJSON {
			return checkJSON(c.OutOrStdout(), err)
		}
		if err != nil {
			return faults(c.OutOrStdout(), err)
		}
		_, err = fmt.Fprintf(c.OutOrStdout(), "%s: no faults\n", *file)
		return err
	}
	return c
}

// faults prints each fault of a configuration on a line of its own; any other error is passed on.
func faults(w io.Writer, err error) error {
	var fs config.Faults
	if !errors.As(err, &fs) {
		return err
	}
	for _, f := range fs {
		if _, err := fmt.Fprintln(w, f.Error()); err != nil {
			return err
		}
	}
	return errSilent
}

type faultJSON struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	What   string `json:"what"`
	Do     string `json:"do"`
}

func checkJSON(w io.Writer, err error) error {
	var fs config.Faults
	if err != nil && !errors.As(err, &fs) {
		return err
	}
	for _, f := range fs {
		if err := printJSON(w, faultJSON{f.File, f.Line, f.Column, f.What, f.Do}); err != nil {
			return err
		}
	}
	if len(fs) > 0 {
		return errSilent
	}
	return nil
}
