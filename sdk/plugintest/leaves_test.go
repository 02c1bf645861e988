package plugintest

import (
	"encoding/json"
	"testing"
)

// What Leaves is there to find: a leaf that is lost, one that stands twice, a credential that came through.
func TestLeavesFinds(t *testing.T) {
	message := map[string]any{"id": "agent-4711", "at": json.Number("1741075202"), "note": "something", "token": "a-secret"}
	event := func(data string) []map[string]any {
		var v map[string]any
		if err := json.Unmarshal([]byte(data), &v); err != nil {
			t.Fatal(err)
		}
		return []map[string]any{{"subject": "agent/agent-4711", "time": "2025-03-04T08:00:02Z", "data": v}}
	}
	for data, want := range map[string]int{
		`{"agent":{"id":"agent-4711"},"extensions":{"v":{"note":"something"}}}`:                    0,
		`{"agent":{"id":"agent-4711"}}`:                                                            1,
		`{"agent":{"id":"agent-4711"},"extensions":{"v":{"note":"something","id":"agent-4711"}}}`:  1,
		`{"agent":{"id":"agent-4711"},"extensions":{"v":{"note":"something","token":"a-secret"}}}`: 1,
	} {
		if got := leavesOf(message, event(data), "v", []string{"token"}); len(got) != want {
			t.Errorf("%s: %q, want %d faults", data, got, want)
		}
	}
}
