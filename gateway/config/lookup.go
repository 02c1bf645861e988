package config

import (
	"path/filepath"
	"strconv"
	"strings"
)

// Table is a file in which plugins look things up.
type Table struct {
	Name  string
	File  string // .csv or .json
	Key   string // the column looked up; "": the first, or a JSON object's members
	Value string // the column that is the answer; "": the other one of two, else the whole row
}

var tableSettings = []setting[Table]{
	{key: "file", required: `write file = "agents.csv"`, meaning: "a CSV file whose first line names the columns, or a JSON file", reads: tableFile()},
	{key: "key", meaning: "the column that is looked up",
		why:   "the first column, as people write such files",
		reads: column(func(t *Table) *string { return &t.Key })},
	{key: "value", meaning: "the column that is the answer",
		why:   "of two columns the other one is meant",
		reads: column(func(t *Table) *string { return &t.Value })},
}

func beginTable(_ *reader, name string) *Table { return &Table{Name: name} }

func tableFile() reads[Table] {
	k := kind{"a path that ends in .csv or .json", `"agents.csv"`}
	return reads[Table]{kind: k, into: func(r *reader, n node, t *Table) {
		value, ok := r.string(n, k, usage{})
		switch strings.ToLower(filepath.Ext(value.plain)) {
		case ".csv", ".json":
			t.File = r.beside(value.plain)
		default:
			if ok {
				r.invalid(n, k, strconv.Quote(value.shown))
			}
		}
	}}
}

func column(field func(*Table) *string) reads[Table] {
	return word(kind{"a column's name", `"id"`}, field, func(s string) bool { return s != "" })
}
