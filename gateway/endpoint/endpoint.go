// Package endpoint keeps destinations that are set up at run time: what was asked for, who asked, and how it stands.
//
//	POST /v1/endpoints ─► Settings (JSON) ─► config.Endpoint ─► a lane and a route, as for a destination of the file
//	                          │                                          │
//	                          ▼                                          ▼ attempts
//	                    queue.Registry ◄──── failing since, disabled ── Health
//
// A Record is durable before it takes effect. It holds the settings as they were given, not what they came to: after a
// restart, a reload of the file or a new plugin they are read anew, and an endpoint that cannot be made any more is out of
// use, with the reason, until it can; it keeps nothing else back.
//
// An endpoint ends up disabled in three ways, and only the first is anybody's wish:
//
//	asked for    PATCH {"enabled": false}
//	gone         its receiver answered 410, or its plugin's judge said disable
//	failing      it failed for five days ([endpoints] disable_after) and nothing was delivered in between
//
// Nothing is queued for a disabled endpoint; what waits for it goes on when it is enabled again.
package endpoint

import (
	"maps"
	"time"

	"github.com/plugboard/plugboard/gateway/access"
)

// Kind is the registry's name for endpoints.
const Kind = "endpoint"

// Record is one endpoint.
type Record struct {
	ID       string    `json:"id"`
	Created  time.Time `json:"created"`
	Changed  time.Time `json:"changed"`
	By       string    `json:"by"`       // whose token changed it last
	Settings Settings  `json:"settings"` // secrets in it are "[redacted]"
	Secrets  Secrets   `json:"secrets,omitempty"`
	Sealed   bool      `json:"sealed,omitempty"`   // Secrets are kept sealed, apart from this
	Disabled *Disabled `json:"disabled,omitempty"` // by the gateway; nil: not
	Failing  *Failing  `json:"failing,omitempty"`  // nil: the last attempt that came to something was good
	Tried    string    `json:"tried,omitempty"`    // the plugins that took these settings, with their hashes
}

// Disabled is why the gateway itself disabled an endpoint.
type Disabled struct {
	Cause  string    `json:"cause"` // gone or failing
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// The causes.
const (
	Gone   = "gone"
	Failed = "failing"
)

// Failing is how long nothing but failures has come of an endpoint. For is the time that the gateway ran meanwhile, by a
// clock that nobody sets: a machine whose clock jumps by a year disables nothing.
type Failing struct {
	Since  time.Time     `json:"since"`
	For    time.Duration `json:"for_ns"`
	Reason string        `json:"reason"` // the last one
}

// New makes a record without settings.
func New(by string, now time.Time) Record {
	now = now.UTC()
	return Record{ID: access.NewID("ep_", now), Created: now.Truncate(time.Millisecond), Changed: now.Truncate(time.Millisecond), By: by}
}

// Enabled says whether the endpoint is to be used.
func (r *Record) Enabled() bool { return r.Settings["enabled"] != false && r.Disabled == nil }

// Merged are the settings after a change: each member of it takes the place of the one before as a whole, and null takes
// one away.
func (r *Record) Merged(change Settings) Settings {
	next := r.Full()
	for key, value := range change {
		if value == nil {
			delete(next, key)
		} else {
			next[key] = value
		}
	}
	return next
}

// With gives the record with other settings, of which those at the pointers are secrets. To enable an endpoint that the
// gateway disabled gives it a new start.
func (r Record) With(full Settings, hidden []string, by string, now time.Time) Record {
	r.Settings, r.Secrets = full.part(hidden)
	r.By, r.Changed, r.Tried = by, now.UTC().Truncate(time.Millisecond), ""
	return r
}

// Restarted is the record with what the gateway noted of its failing forgotten.
func (r Record) Restarted() Record {
	r.Disabled, r.Failing = nil, nil
	return r
}

// Steers says whether a change touches only what anyone may who may steer: enabled and the description.
func (s Settings) Steers() bool {
	rest := maps.Clone(s)
	delete(rest, "enabled")
	delete(rest, "description")
	return len(rest) == 0
}
