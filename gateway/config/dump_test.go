package config_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/secret"
)

// minimal holds one of each part with nothing set that need not be: what a dump leaves out.
const minimal = `
[sources.x]
verify = { scheme = "none" }
[destinations.x]
url = "https://x.example.com"
[[routes]]
name = "x"
to = ["x"]
`

// dump prints what a file sets, a field a line. What is as it is without being set is left out, except for a file that
// sets nothing. Secrets that the gateway itself uses are shown in ‹ ›, so that it can be seen which one went where.
func dump(t *testing.T, file string) string {
	t.Helper()
	c, err := config.Load(file, options)
	if err != nil {
		t.Fatal(err)
	}
	standard, err := config.Parse("minimal.toml", []byte(minimal), options)
	if err != nil {
		t.Fatal(err)
	}
	defaults := map[string]string{}
	if file != "empty.toml" {
		for _, l := range fields(standard) {
			defaults[anyIndex.ReplaceAllString(l.path, "[0]")] = l.value
		}
	}
	var out strings.Builder
	for _, l := range fields(c) {
		if defaults[anyIndex.ReplaceAllString(l.path, "[0]")] != l.value {
			fmt.Fprintf(&out, "%s = %s\n", l.path, l.value)
		}
	}
	return out.String()
}

var anyIndex = regexp.MustCompile(`^(Sources|Destinations|Routes)\[\d+\]`)

type field struct{ path, value string }

func fields(c *config.Config) []field {
	var f flattener
	f.walk("", reflect.ValueOf(c).Elem(), nil)
	return f.fields
}

type flattener struct{ fields []field }

func (f *flattener) add(path, format string, args ...any) {
	f.fields = append(f.fields, field{path, fmt.Sprintf(format, args...)})
}

// walk adds the fields of a value; vault is of the part that they belong to.
func (f *flattener) walk(path string, v reflect.Value, vault *secret.Vault) {
	switch value := v.Interface().(type) {
	case secret.Value:
		if !value.Empty() {
			f.add(path, "‹%s›", value.Reveal())
		}
	case secret.Text:
		f.add(path, "%s, to plugins %s", value.Display, regexp.MustCompile("[0-9a-f]{36}").ReplaceAllString(value.Placeholder, "#"))
	case time.Duration:
		f.add(path, "%v", value)
	case config.Settings:
		f.add(path, "%s %q", vault.Display(string(value.JSON)), value.Grants)
	case netip.Prefix:
		f.add(path, "%v", value)
	case *secret.Vault:
	default:
		f.inside(path, v, vault)
	}
}

func (f *flattener) inside(path string, v reflect.Value, vault *secret.Vault) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		f.walk(path, v.Elem(), vault)
	case reflect.Struct:
		if own := v.FieldByName("Vault"); own.IsValid() {
			vault = own.Interface().(*secret.Vault)
		}
		for i := range v.NumField() {
			if name := v.Type().Field(i); name.IsExported() {
				f.walk(strings.TrimPrefix(path+"."+name.Name, "."), v.Field(i), vault)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			f.walk(fmt.Sprintf("%s[%d]", path, i), v.Index(i), vault)
		}
	case reflect.Map:
		for _, key := range sortedKeys(v) {
			f.walk(fmt.Sprintf("%s[%q]", path, key), v.MapIndex(reflect.ValueOf(key)), vault)
		}
	case reflect.String:
		if v.String() != "" {
			f.add(path, "%q", v.String())
		}
	default:
		f.add(path, "%v", v.Interface())
	}
}

func sortedKeys(v reflect.Value) []string {
	var keys []string
	for _, key := range v.MapKeys() {
		keys = append(keys, key.String())
	}
	slices.Sort(keys)
	return keys
}
