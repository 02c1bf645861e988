package manifest

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// schema is the part of JSON Schema that configurations need. A keyword that is not among these refuses the manifest:
// a rule that nobody holds would be worse than none. What only describes (title, description, default, examples, $schema,
// $comment) may stand there.
type schema struct {
	Type       types              `json:"type"`
	Enum       []any              `json:"enum"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Additional *additional        `json:"additionalProperties"`
	Items      *schema            `json:"items"`
	MinItems   *int               `json:"minItems"`
	MaxItems   *int               `json:"maxItems"`
	Minimum    *float64           `json:"minimum"`
	Maximum    *float64           `json:"maximum"`
	MinLength  *int               `json:"minLength"`
	MaxLength  *int               `json:"maxLength"`
	Pattern    string             `json:"pattern"`

	Title       string `json:"title"`
	Description string `json:"description"`
	Default     any    `json:"default"`
	Examples    []any  `json:"examples"`
	Schema      string `json:"$schema"`
	Comment     string `json:"$comment"`

	pattern *regexp.Regexp
}

// types is one type or a list of them.
type types []string

func (t *types) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*t = types{one}
	} else if err := json.Unmarshal(text, (*[]string)(t)); err != nil {
		return err
	}
	for _, name := range *t {
		if !slices.Contains([]string{"object", "array", "string", "number", "integer", "boolean", "null"}, name) {
			return fmt.Errorf("there is no type %q", name)
		}
	}
	return nil
}

// additional is false, true, or a schema.
type additional struct {
	no     bool
	schema *schema
}

func (a *additional) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case "false":
		a.no = true
		return nil
	case "true":
		return nil
	}
	return decode(text, &a.schema)
}

// maxDepth bounds how deep schemas lie in schemas.
const maxDepth = 32

func compile(text []byte) (*schema, error) {
	s := &schema{}
	if err := decode(text, s); err != nil {
		return nil, err
	}
	return s, s.finish(0)
}

func decode(text []byte, into any) error {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	d.UseNumber()
	return d.Decode(into)
}

func (s *schema) finish(depth int) (err error) {
	if depth > maxDepth {
		return fmt.Errorf("it is nested deeper than %d", maxDepth)
	}
	if s.Pattern != "" {
		if s.pattern, err = regexp.Compile(s.Pattern); err != nil {
			return err
		}
	}
	inner := slices.Collect(maps.Values(s.Properties))
	inner = append(inner, s.Items)
	if s.Additional != nil {
		inner = append(inner, s.Additional.schema)
	}
	for _, i := range inner {
		if i != nil {
			if err := i.finish(depth + 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// Fault is a place in a configuration that does not match. What and Do are without a full stop; no value is in them,
// because it may be a secret.
type Fault struct {
	Path     []any // keys (string) and indexes (int)
	What, Do string
}

type checker struct{ faults []Fault }

func (c *checker) fault(path []any, what, do string, a ...any) {
	if s := at(path); s != "" {
		what = s + " " + what
	} else {
		what = "the configuration " + what
	}
	c.faults = append(c.faults, Fault{slices.Clone(path), what, fmt.Sprintf(do, a...)})
}

// at writes a path as people do: "teams[2].name".
func at(path []any) string {
	var out strings.Builder
	for _, p := range path {
		switch p := p.(type) {
		case string:
			if out.Len() > 0 {
				out.WriteByte('.')
			}
			out.WriteString(p)
		case int:
			out.WriteString("[" + strconv.Itoa(p) + "]")
		}
	}
	return out.String()
}

func (c *checker) check(s *schema, path []any, value any) {
	if s == nil {
		return
	}
	if len(s.Type) > 0 && !slices.ContainsFunc(s.Type, func(t string) bool { return isOf(t, value) }) {
		c.fault(path, "is "+kindOf(value), "make it %s%s", words(s.Type, "%s"), about(s))
		return
	}
	if len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(v any) bool { return fmt.Sprint(v) == fmt.Sprint(value) }) {
		var may []string
		for _, v := range s.Enum {
			may = append(may, fmt.Sprint(v))
		}
		c.fault(path, "is none of what it may be", "write %s", words(may, "%q"))
	}
	switch value := value.(type) {
	case map[string]any:
		c.object(s, path, value)
	case []any:
		c.bounds(path, "items", float64(len(value)), number(s.MinItems), number(s.MaxItems))
		for i, item := range value {
			c.check(s.Items, append(path, i), item)
		}
	case string:
		c.bounds(path, "characters", float64(utf8.RuneCountInString(value)), number(s.MinLength), number(s.MaxLength))
		if s.pattern != nil && !s.pattern.MatchString(value) {
			c.fault(path, "does not have the form that is asked for", "write something that matches %s%s", s.Pattern, about(s))
		}
	case json.Number:
		f, _ := value.Float64()
		c.bounds(path, "", f, s.Minimum, s.Maximum)
	}
}

func (c *checker) object(s *schema, path []any, value map[string]any) {
	for _, name := range s.Required {
		if _, ok := value[name]; !ok {
			c.fault(path, fmt.Sprintf("has no %s", name), "write %s%s", name, about(s.Properties[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(value)) {
		inner := append(slices.Clone(path), name)
		switch known, ok := s.Properties[name]; {
		case ok:
			c.check(known, inner, value[name])
		case s.Additional != nil && s.Additional.no:
			c.fault(inner, "is not a key that it knows", "remove it; the keys are %s", strings.Join(slices.Sorted(maps.Keys(s.Properties)), ", "))
		case s.Additional != nil:
			c.check(s.Additional.schema, inner, value[name])
		}
	}
}

func (c *checker) bounds(path []any, of string, n float64, least, most *float64) {
	if of != "" {
		of = " " + of
	}
	if least != nil && n < *least {
		c.fault(path, fmt.Sprintf("has less than %v%s", *least, of), "write at least %v", *least)
	}
	if most != nil && n > *most {
		c.fault(path, fmt.Sprintf("has more than %v%s", *most, of), "write at most %v", *most)
	}
}

func number(n *int) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}

// about adds what a schema says about itself.
func about(s *schema) string {
	if s == nil || s.Description == "" {
		return ""
	}
	return ": " + strings.TrimSuffix(s.Description, ".")
}

func isOf(t string, value any) bool {
	switch value := value.(type) {
	case json.Number:
		f, err := value.Float64()
		return t == "number" || t == "integer" && err == nil && f == float64(int64(f))
	case nil:
		return t == "null"
	case map[string]any:
		return t == "object"
	case []any:
		return t == "array"
	case string:
		return t == "string"
	case bool:
		return t == "boolean"
	}
	return false
}

func kindOf(value any) string {
	switch value.(type) {
	case json.Number:
		return "a number"
	case nil:
		return "null"
	case map[string]any:
		return "a table"
	case []any:
		return "a list"
	case string:
		return "a text"
	}
	return "true or false"
}

var kinds = map[string]string{"object": "a table", "array": "a list", "string": "a text", "number": "a number",
	"integer": "a whole number", "boolean": "true or false", "null": "null"}

// words joins alternatives.
func words(list []string, format string) string {
	var out []string
	for _, w := range list {
		if k, ok := kinds[w]; ok && format == "%s" {
			w = k
		}
		out = append(out, fmt.Sprintf(format, w))
	}
	return strings.Join(out, " or ")
}
