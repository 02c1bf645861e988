package plugintest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/sdk/casefile"
)

// Leaves holds a folder's expected events against the messages that they are made of: each leaf of a message is in an event,
// in a field or under extensions.VENDOR, and not in both. A value counts as there as it is, in lower case, as a part of a
// text, or as the time that it stands for. Members named by dropped (credentials) must be in no event. Run shows that the
// plugin makes these events; this, that they are the right ones to expect. It gives how many messages there were; those that
// are neither JSON nor a form, or make no event, are not counted.
func Leaves(t *testing.T, dir, vendor string, dropped ...string) (checked int) {
	t.Helper()
	cases, err := casefile.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		text, err := os.ReadFile(strings.TrimSuffix(c.File, string(c.Kind)) + ".events.json")
		if c.Kind != casefile.OfRequest || err != nil {
			continue
		}
		r, err := casefile.ReadRequest(c.File)
		if err != nil {
			t.Fatal(err)
		}
		var made struct {
			Events []map[string]any `json:"events"`
		}
		message, ok := body(r)
		if err := decodeNumbers(text, &made); err != nil || !ok || len(made.Events) == 0 {
			continue
		}
		checked++
		for _, fault := range leavesOf(message, made.Events, vendor, dropped) {
			t.Errorf("%s: %s", c.Name, fault)
		}
	}
	return checked
}

func leavesOf(message any, events []map[string]any, vendor string, dropped []string) (faults []string) {
	var kept []string
	carried := []string{"1.0"} // specversion, which the gateway adds
	for _, e := range events {
		data, _ := e["data"].(map[string]any)
		extensions, _ := data["extensions"].(map[string]any)
		leaves(extensions[vendor], "", func(_, value string) { kept = append(kept, value) })
		for name, member := range e {
			if name == "data" {
				for field, v := range data {
					if field != "extensions" {
						leaves(v, "", func(_, value string) { carried = append(carried, value) })
					}
				}
				continue
			}
			if name != "id_from" { // what an id is made of stands nowhere
				leaves(member, "", func(_, value string) { carried = append(carried, value) })
			}
		}
	}
	times := map[string]int{}
	leaves(message, "", func(_, value string) { times[value]++ })
	leaves(message, "", func(path, value string) {
		name := path[strings.LastIndexByte(path, '.')+1:]
		as := forms(value)
		inField := slices.ContainsFunc(carried, func(c string) bool { return slices.Contains(as, c) || len(value) > 2 && strings.Contains(c, value) })
		inRest := slices.Contains(kept, value)
		switch {
		case slices.Contains(dropped, name) && strings.Count(path, ".") == 1:
			if slices.Contains(carried, value) || inRest {
				faults = append(faults, path+" is in an event")
			}
		case !inField && !inRest:
			faults = append(faults, fmt.Sprintf("%s: %s is nowhere in the events", path, value))
		case inRest && slices.Contains(carried, value) && times[value] == 1 && len(value) > 5:
			faults = append(faults, fmt.Sprintf("%s: %s is in a field and under extensions", path, value))
		}
	})
	return faults
}

// forms are the ways in which a value may be written in a field.
func forms(value string) []string {
	as := []string{value, strings.ToLower(value)}
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		as = append(as, at.UTC().Format(time.RFC3339Nano))
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		as = append(as, time.Unix(n, 0).UTC().Format(time.RFC3339Nano), time.UnixMilli(n).UTC().Format(time.RFC3339Nano))
	}
	return as
}

// body is a message as a tree, if it is one.
func body(r *casefile.Request) (v any, ok bool) {
	if strings.HasPrefix(r.Headers["content-type"], "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(r.Body))
		fields := map[string]any{}
		for name := range form {
			fields[name] = form.Get(name)
		}
		return fields, err == nil
	}
	err := decodeNumbers(r.Body, &v)
	return v, err == nil
}

func decodeNumbers(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

// leaves calls do for each scalar that is not empty.
func leaves(v any, path string, do func(path, value string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, m := range v {
			leaves(m, path+"."+name, do)
		}
	case []any:
		for i, m := range v {
			leaves(m, path+"."+strconv.Itoa(i), do)
		}
	case nil:
	default:
		if s := fmt.Sprint(v); s != "" {
			do(path, s)
		}
	}
}
