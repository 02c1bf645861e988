package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// columns writes a list for people: rows of cells, parted by tabs, that stand under one another. What cannot be written is
// told by Flush.
type columns struct{ *tabwriter.Writer }

func newColumns(w io.Writer) columns { return columns{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)} }

func (c columns) row(format string, cells ...any) {
	fmt.Fprintf(c, format+"\n", cells...) //nolint:errcheck // Flush reports it
}
