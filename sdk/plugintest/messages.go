package plugintest

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Load reads a file of JSON; its numbers are json.Number, as they are written.
func Load(t *testing.T, file string) (v any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := decodeNumbers(b, &v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return v
}

// Body is the body that a .request.json has or names: a tree, or a text where it is no JSON; nil where there is none.
func Body(t *testing.T, file string) any {
	t.Helper()
	request := Load(t, file).(map[string]any)
	if name, ok := request["body_file"].(string); ok {
		return Load(t, filepath.Join(filepath.Dir(file), name))
	}
	return request["body"]
}

// EachLeaf calls do for each scalar that is not empty, with the way to it: ".data.agents.0.id".
func EachLeaf(v any, do func(path, value string)) { leaves(v, "", do) }

// Messages holds the expected events of folders against the messages that they are made of, each as a subtest: check gets a
// message, as read gives it, and the first event of it. read says false to messages that it has nothing to say about; those, and
// what makes no event, are passed over. It is a failure when fewer than least remain. Leaves is the same with a check that needs
// nothing to be said of the vendor; here it can be as narrow as the vendor's messages allow.
func Messages(t *testing.T, least int, read func(t *testing.T, file string) (any, bool), check func(t *testing.T, message any, event map[string]any), dirs ...string) {
	t.Helper()
	checked := 0
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.events.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			events, _ := Load(t, file).(map[string]any)["events"].([]any)
			name := strings.TrimSuffix(file, ".events.json")
			message, ok := read(t, name+".request.json")
			if !ok || len(events) == 0 {
				continue
			}
			checked++
			t.Run(filepath.Base(name), func(t *testing.T) { check(t, message, events[0].(map[string]any)) })
		}
	}
	if checked < least {
		t.Errorf("only %d messages were checked", checked)
	}
}

// Canonical holds a folder's expected events against its canonical ones (.event.json), field for field, of which there must be n.
// What is the gateway's to make, the id say, is left out.
func Canonical(t *testing.T, dir string, n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.event.json"))
	if err != nil || len(files) != n {
		t.Fatalf("%d canonical events, %v; want %d", len(files), err, n)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".event.json")
		want := Load(t, file).(map[string]any)
		got := Load(t, name+".events.json").(map[string]any)["events"].([]any)[0].(map[string]any)
		for _, gateways := range []string{"specversion", "datacontenttype", "id", "id_from"} {
			delete(want, gateways)
			delete(got, gateways)
		}
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s: want %v\n got %v", name, want, got)
		}
	}
}

// Members finds what is wrong about an event that was made of a message whose members are scalars: members that are nowhere in
// it, such that are in a field and under extensions.VENDOR too, and such under extensions that the message has not. carried says
// which values count as there though no field has them as they are; repeats are members that may stand twice.
func Members(message, event map[string]any, vendor string, carried func(name, value string, said map[string]bool) bool, repeats ...string) (faults []string) {
	data, _ := event["data"].(map[string]any)
	extensions, _ := data["extensions"].(map[string]any)
	kept, _ := extensions[vendor].(map[string]any)
	said, subject := saidBy(event), fmt.Sprint(event["subject"])
	for name, v := range message {
		EachLeaf(v, func(_, value string) {
			k, isKept := kept[name]
			there := said[value] || strings.HasSuffix(subject, "/"+value) || carried(name, value, said)
			if n, err := strconv.Atoi(value); err == nil && said[strconv.Itoa(n)] {
				there = true
			}
			switch {
			case !isKept && !there:
				faults = append(faults, fmt.Sprintf("%s: %s is nowhere in the event", name, value))
			case isKept && !strings.Contains(fmt.Sprint(k), value):
				faults = append(faults, fmt.Sprintf("%s: extensions have %v for %s", name, k, value))
			case isKept && said[value] && len(value) > 12 && !slices.Contains(repeats, name): // short ones may stand for something else
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

// saidBy are the values in an event's fields: not what is kept under extensions, nor what its id is made of.
func saidBy(event map[string]any) map[string]bool {
	said := map[string]bool{}
	for name, member := range event {
		if name == "id_from" {
			continue
		}
		EachLeaf(member, func(path, value string) {
			if name != "data" || !strings.HasPrefix(path, ".extensions.") {
				said[value] = true
			}
		})
	}
	return said
}
