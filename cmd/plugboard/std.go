package main

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"
)

// stdio is the three standard streams.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// usageError is a command used wrongly: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errSilent ends a command with status 1 when it has already said why.
var errSilent = errors.New("failed")

// configFlag adds --config, the file that most commands read.
func configFlag(c *cobra.Command) *string {
	return c.Flags().String("config", "config.toml", "the configuration `FILE`")
}

// jsonFlag adds --json, for programs that read the output.
func jsonFlag(c *cobra.Command) *bool {
	return c.Flags().Bool("json", false, "print JSON, one document a line")
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
