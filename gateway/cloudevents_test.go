package gateway_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// Two gateways: one signs by Standard Webhooks and sends CloudEvents in each mode, the other verifies and reads them. What
// comes out there is what went in here, under the same id. The control is a key that the other does not have.
func TestCloudEventsBetweenGateways(t *testing.T) {
	type arrival struct {
		path, id string
		body     []byte
	}
	arrived := make(chan arrival, 16)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		arrived <- arrival{r.URL.Path, r.Header.Get("webhook-id"), body}
	}))
	defer receiver.Close()
	modes := []string{"plain", "structured", "binary", "batch"}
	const head = "[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[queue]\ndir = \"data\"\nmin_free = \"1MiB\"\n[plugins]\n%s"
	var second, first strings.Builder
	fmt.Fprintf(&second, head, gatewaytest.PluginsTable(t))
	for _, m := range append(modes, "forged") {
		fmt.Fprintf(&second, "[sources.%s]\nverify = { scheme = \"standard-webhooks\", secret = %q }\n", m, firstKey)
		fmt.Fprintf(&second, "[destinations.%s]\nurl = %q\nallow_http = true\nallow_private = true\n[[routes]]\nname = %q\nfrom = [%q]\nto = [%q]\n", m, receiver.URL+"/"+m, m, m, m)
	}
	b := start(t, gatewaytest.Write(t, second.String()))
	fmt.Fprintf(&first, head+"[sources.events]\nverify = { scheme = \"none\" }\n", gatewaytest.PluginsTable(t))
	for _, m := range append(modes, "forged") {
		key, plugin := firstKey, fmt.Sprintf("plugin = \"webhook\"\nconfig = { format = \"cloudevent\", mode = %q }\n", m)
		switch m {
		case "plain":
			plugin = "" // a destination without a plugin
		case "forged":
			key, plugin = secondKey, ""
		}
		fmt.Fprintf(&first, "[destinations.%s]\nurl = %q\nallow_http = true\nallow_private = true\nsign = { scheme = \"standard-webhooks\", secret = %q }\n%s", m, b.url("/hooks/"+m), key, plugin)
		fmt.Fprintf(&first, "[[routes]]\nname = %q\ntypes = [%q]\nto = [%q]\n", m, "t."+m, m)
	}
	a := start(t, gatewaytest.Write(t, first.String()))
	event := map[string]any{"specversion": "1.0", "source": "/zendesk/22129848", "subject": `agent/Müller "A" 100% مرحبا`, "time": "2025-03-04T08:00:01Z",
		"ccvendor": "zendesk", "cctype": "x", "data": map[string]any{"agent": map[string]any{"id": "8447388090494123456"}, "n": json.Number("12345678901234567890"), "e": "🦊"}}
	for _, m := range modes {
		event["type"], event["id"] = "t."+m, "id %"+m
		body, _ := json.Marshal(event)
		if n := a.attempts(t, "events", "t."+m+"-1", body, nil)[0]; n.Result != "delivered" {
			t.Fatalf("%s: %s, %s", m, n.Result, n.Reason)
		}
		var got arrival
		select {
		case got = <-arrived:
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: nothing arrived", m)
		}
		event["id"] = "t." + m + "-1"
		var was map[string]any
		d := json.NewDecoder(strings.NewReader(string(got.body)))
		d.UseNumber()
		if err := d.Decode(&was); err != nil || got.path != "/"+m || got.id != event["id"] {
			t.Fatalf("%s: %s as %s, %v", m, got.path, got.id, err)
		}
		for _, added := range []string{"ccreceived", "ccaccount", "partitionkey", "datacontenttype"} {
			delete(was, added)
		}
		if d := cmp.Diff(event, was); d != "" {
			t.Errorf("%s (-in here +out there):\n%s", m, d)
		}
	}
	event["type"] = "t.forged"
	body, _ := json.Marshal(event)
	if n := a.attempts(t, "events", "t.forged-1", body, nil)[0]; n.Result != "dead" || n.Status != http.StatusUnauthorized {
		t.Errorf("with a key that nobody gave the other: %s, %d %s", n.Result, n.Status, n.Reason)
	}
}
