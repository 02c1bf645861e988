package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestCanonical holds the expected events against the canonical ones, field for field. An id is the gateway's to make.
func TestCanonical(t *testing.T) {
	files, err := filepath.Glob("testdata/*.event.json")
	if err != nil || len(files) != 3 {
		t.Fatalf("%d canonical events, %v", len(files), err)
	}
	for _, file := range files {
		want := load(t, file).(map[string]any)
		name := strings.TrimSuffix(filepath.Base(file), ".event.json")
		got := load(t, "testdata/"+name+".events.json").(map[string]any)["events"].([]any)[0].(map[string]any)
		for _, gateways := range []string{"specversion", "datacontenttype", "id", "id_from"} {
			delete(want, gateways)
			delete(got, gateways)
		}
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s: want %v\n got %v", name, want, got)
		}
	}
}

// TestNothingIsLost holds the expected events against the messages they were made of: each field is in the event, in one
// place, and what is under extensions stands there as it stood in the message.
func TestNothingIsLost(t *testing.T) {
	checked := 0
	for _, pattern := range []string{"testdata/*.events.json", "testdata/cases/*.events.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			message := fields(t, strings.TrimSuffix(file, ".events.json")+".request.json")
			events, _ := load(t, file).(map[string]any)["events"].([]any)
			if message == nil || len(events) == 0 {
				continue
			}
			checked++
			t.Run(strings.TrimSuffix(filepath.Base(file), ".events.json"), func(t *testing.T) { held(t, message, events[0].(map[string]any)) })
		}
	}
	if checked < 45 {
		t.Errorf("only %d messages were checked", checked)
	}
	t.Run("control", func(t *testing.T) {
		event := load(t, "testdata/04-call-ended.events.json").(map[string]any)["events"].([]any)[0].(map[string]any)
		message := fields(t, "testdata/04-call-ended.request.json")
		delete(event["data"].(map[string]any)["call"].(map[string]any), "recording_file")
		delete(event, "id_from") // where it stands as well
		event["data"].(map[string]any)["extensions"].(map[string]any)["ziwo"].(map[string]any)["otherLegCallID"] = message["otherLegCallID"]
		if faults := compare(message, event); len(faults) != 2 {
			t.Errorf("a lost field and a doubled one: %v", faults)
		}
	})
}

func held(t *testing.T, message, event map[string]any) {
	t.Helper()
	delete(event, "id_from")
	for _, fault := range compare(message, event) {
		t.Error(fault)
	}
}

// compare finds fields that are nowhere in an event, and such that are in extensions and in a field too.
func compare(message, event map[string]any) (faults []string) {
	data := event["data"].(map[string]any)
	extensions, _ := data["extensions"].(map[string]any)
	kept, _ := extensions[vendor].(map[string]any)
	delete(data, "extensions")
	said, sub := map[string]bool{}, fmt.Sprint(event["subject"])
	leaves(event, func(value string) { said[value] = true })
	for name, v := range message {
		leaves(v, func(value string) {
			k, isKept := kept[name]
			there := said[value] || said[strings.ToLower(value)] || name == "startedAtEpoch" || instant(value) || strings.HasSuffix(sub, "/"+value)
			if n, err := strconv.Atoi(value); err == nil && said[strconv.Itoa(n)] {
				there = true
			}
			switch {
			case !isKept && !there:
				faults = append(faults, fmt.Sprintf("%s: %s is nowhere in the event", name, value))
			case isKept && !strings.Contains(fmt.Sprint(k), value):
				faults = append(faults, fmt.Sprintf("%s: extensions have %v for %s", name, k, value))
			case isKept && said[value] && len(value) > 12 && name != "action": // short ones may stand for something else, and action repeats the type
				faults = append(faults, fmt.Sprintf("%s: %s is in a field and under extensions", name, value))
			}
		})
	}
	for name := range kept {
		if _, ok := message[name]; !ok && name != "body" {
			faults = append(faults, name+": under extensions, and not in the message")
		}
	}
	return faults
}

// instant says whether a text is a time, which an event has in another spelling; other tests compare them.
func instant(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// leaves calls do for each scalar that is not empty.
func leaves(v any, do func(value string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, m := range v {
			leaves(m, do)
		}
	case []any:
		for _, m := range v {
			leaves(m, do)
		}
	case nil:
	default:
		if s := fmt.Sprint(v); s != "" {
			do(s)
		}
	}
}

// fields are a message's; nil where it is no object.
func fields(t *testing.T, file string) map[string]any {
	t.Helper()
	r := load(t, file).(map[string]any)
	body := r["body"]
	if name, ok := r["body_file"].(string); ok {
		body = load(t, filepath.Join(filepath.Dir(file), name))
	}
	message, _ := body.(map[string]any)
	return message
}

func load(t *testing.T, file string) (v any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return v
}
