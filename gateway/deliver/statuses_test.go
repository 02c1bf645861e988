package deliver_test

import (
	"testing"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
)

// What a status means, by default and as a configuration says; the more exact rule counts.
func TestStatuses(t *testing.T) {
	type lists struct{ success, permanent, retryOn []string }
	tests := []struct {
		lists
		status int
		want   deliver.Class
	}{
		{lists{}, 204, deliver.Delivered}, {lists{}, 304, deliver.Dead}, {lists{}, 400, deliver.Dead}, {lists{}, 408, deliver.Retry}, {lists{}, 410, deliver.Disable},
		{lists{}, 425, deliver.Retry}, {lists{}, 429, deliver.Retry}, {lists{}, 500, deliver.Retry}, {lists{}, 599, deliver.Retry},
		{lists{permanent: []string{"501"}}, 501, deliver.Dead}, {lists{permanent: []string{"501"}}, 502, deliver.Retry},
		{lists{permanent: []string{"5xx"}, retryOn: []string{"503"}}, 503, deliver.Retry}, {lists{permanent: []string{"5xx"}, retryOn: []string{"503"}}, 500, deliver.Dead},
		{lists{permanent: []string{"429"}}, 429, deliver.Dead}, {lists{permanent: []string{"410"}}, 410, deliver.Dead},
		{lists{retryOn: []string{"404"}}, 404, deliver.Retry}, {lists{retryOn: []string{"4xx"}}, 410, deliver.Retry},
		{lists{retryOn: []string{"4xx"}, permanent: []string{"400"}}, 400, deliver.Dead},
		{lists{success: []string{"2xx", "404"}, retryOn: []string{"4xx"}}, 404, deliver.Delivered},
		{lists{success: []string{"2xx"}, permanent: []string{"202"}}, 202, deliver.Dead}, {lists{success: []string{"2xx"}, retryOn: []string{"202"}}, 202, deliver.Retry},
	}
	for _, tt := range tests {
		d := destination(t, &answers{list: []any{tt.status}}, func(o *deliver.Options) {
			c := *o.Config
			c.Success, c.Permanent, c.RetryOn = tt.success, tt.permanent, tt.retryOn
			o.Config = &c
		})
		if got := d.Attempt(t.Context(), owed()); got.Class != tt.want {
			t.Errorf("%d with %+v: %v (%s), want %v", tt.status, tt.lists, got.Class, got.Reason, tt.want)
		}
	}
}

func TestStatusesRefused(t *testing.T) {
	for _, bad := range []string{"", "2x", "20", "2000", "6xx", "099", "2xy", "xx2"} {
		if _, err := deliver.New(deliver.Options{Config: &config.Destination{Name: "d", RetryOn: []string{bad}}, Exchanger: &answers{}}); err == nil {
			t.Errorf("%q was taken for a status", bad)
		}
	}
}
