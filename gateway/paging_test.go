package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// Every list of what is configured is read page by page.
func TestListsInPages(t *testing.T) {
	t.Parallel()
	var more strings.Builder
	want := map[string][]string{"/v1/sources": {"any"}, "/v1/destinations": {"there"}, "/v1/routes": {"all"}}
	for _, name := range []string{"zoe", "adam", "mia"} {
		fmt.Fprintf(&more, "[sources.%[1]s]\nverify = { scheme = \"none\" }\n[destinations.%[1]s]\nurl = \"https://%[1]s.example.com\"\n[[routes]]\nname = \"to %[1]s\"\nfrom = [%[1]q]\nto = [%[1]q]\n", name)
		want["/v1/sources"] = append(want["/v1/sources"], name)
		want["/v1/destinations"] = append(want["/v1/destinations"], name)
		want["/v1/routes"] = append(want["/v1/routes"], "to "+name)
	}
	g := start(t, gatewaytest.Minimal(t, "data", "http://127.0.0.1:9", more.String()))
	type page struct {
		Items []struct{ Name string }
		Next  string
	}
	for path, names := range want {
		var whole page
		g.api(t, path, &whole)
		var got []string
		for _, item := range whole.Items {
			got = append(got, item.Name)
		}
		slices.Sort(names)
		if sorted := slices.Sorted(slices.Values(got)); !slices.Equal(sorted, names) {
			t.Errorf("%s: %q, want %q", path, got, names)
		}
		var paged []string
		for cursor := ""; ; {
			var p page
			if g.api(t, path+"?limit=2&cursor="+url.QueryEscape(cursor), &p); len(p.Items) > 2 {
				t.Errorf("%s: %d in a page", path, len(p.Items))
			}
			for _, item := range p.Items {
				paged = append(paged, item.Name)
			}
			if cursor = p.Next; cursor == "" {
				break
			}
		}
		if !slices.Equal(paged, got) {
			t.Errorf("%s: in pages %q, at once %q", path, paged, got)
		}
	}
	for _, path := range []string{"/v1/sources", "/v1/routes", "/v1/destinations", "/v1/plugins", "/v1/tables", "/v1/shadows", "/v1/secrets"} {
		for query, words := range map[string]string{"limit=0": "limit", "limit=x": "limit", "cursor=gone": "begin without", "colour=red": "no parameter"} {
			status, header, body := g.call(t, g.local(t), "GET", path+"?"+query, "")
			wantProblem(t, status, header, body, 400, words)
		}
		var none struct{ Items json.RawMessage }
		if g.api(t, path+"?limit=1", &none); none.Items[0] != '[' {
			t.Errorf("%s: %s", path, none.Items)
		}
	}
}
