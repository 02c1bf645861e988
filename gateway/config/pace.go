package config

import (
	"fmt"
	"slices"
)

// checkPace looks at what a destination says of order and of statuses.
func (r *reader) checkPace(at path, d *Destination) {
	if d.LatestOnly && d.OrderBy == "" {
		r.fault(node{path: at.key("latest_only")}, "latest_only replaces what has the same key, and order_by is \"\"", `write order_by = "subject", or remove latest_only`)
	}
	lists := []struct {
		key   string
		items []string
	}{{"success", d.Success}, {"permanent", d.Permanent}, {"retry_on", d.RetryOn}}
	for i, list := range lists {
		for _, before := range lists[:i] {
			for j, status := range list.items {
				if slices.Contains(before.items, status) {
					r.fault(node{path: at.key(list.key).index(j)}, fmt.Sprintf("%q stands in %s too", status, before.key), "keep it in one of the two lists")
				}
			}
		}
	}
}
