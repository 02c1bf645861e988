package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// parseCSV reads a file whose first line names its columns. The separator is the first of comma, semicolon (as some
// spreadsheets write) and tab that the line has.
func parseCSV(o Options, text []byte) (rows, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = separator(text)
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, &Error{Line: 1, Column: 1, What: "it is empty", Do: "write the columns' names into its first line"}
	}
	if err != nil {
		return nil, csvError(err)
	}
	c, err := newColumns(o, slices.Clone(head))
	if err != nil {
		return nil, err
	}
	r.ReuseRecord = true
	out, lines := rows{}, map[string]int{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, csvError(err)
		}
		key := record[c.key]
		line, column := r.FieldPos(c.key)
		if first, taken := lines[key]; taken {
			return nil, &Error{Line: line, Column: column, What: fmt.Sprintf("%q stands in line %d already", short(key), first), Do: "keep one of the two"}
		}
		key = strings.Clone(key)
		lines[key] = line
		out[key] = c.answer(record)
	}
}

func separator(text []byte) rune {
	head, _, _ := bytes.Cut(text, []byte("\n"))
	for _, c := range ",;\t" {
		if bytes.ContainsRune(head, c) {
			return c
		}
	}
	return ','
}

// columns say which of a row's fields are what.
type columns struct {
	key, value int // value -1: the whole row
	names      [][]byte
}

func newColumns(o Options, head []string) (*columns, error) {
	c := &columns{value: -1}
	for i, name := range head {
		if slices.Index(head, name) != i || name == "" {
			return nil, &Error{Line: 1, Column: 1, What: fmt.Sprintf("column %d has no name of its own", i+1), Do: "give each column one"}
		}
		c.names = append(c.names, quoted(name))
	}
	find := func(setting, name string, otherwise int) (int, error) {
		if name == "" {
			return otherwise, nil
		}
		if i := slices.Index(head, name); i >= 0 {
			return i, nil
		}
		return 0, &Error{Line: 1, Column: 1, What: fmt.Sprintf("there is no column %q, which %s names", short(name), setting),
			Do: "name one of " + strings.Join(head, ", ")}
	}
	var err error
	if c.key, err = find("key", o.Key, 0); err != nil {
		return nil, err
	}
	if len(head) == 2 {
		c.value = 1 - c.key
	}
	c.value, err = find("value", o.Value, c.value)
	return c, err
}

func (c *columns) answer(record []string) []byte {
	if c.value >= 0 {
		return []byte(record[c.value])
	}
	out := []byte{'{'}
	for i, field := range record {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, c.names[i]...), ':')
		out = append(out, quoted(field)...)
	}
	return append(out, '}')
}

// quoted writes a text as JSON does; it is UTF-8, so that nothing can fail.
func quoted(text string) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(text)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

func csvError(err error) error {
	var e *csv.ParseError
	if !errors.As(err, &e) {
		return err
	}
	do := `put a field that holds quotes, separators or line ends in "quotes", its own quotes doubled`
	if errors.Is(e.Err, csv.ErrFieldCount) {
		return &Error{Line: e.Line, Column: e.Column, What: "the row has not as many fields as the first line has", Do: "complete it"}
	}
	return &Error{Line: e.Line, Column: e.Column, What: e.Err.Error(), Do: do}
}

// short cuts what is shown of a file to a sensible length.
func short(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:60], "") + "…"
}
