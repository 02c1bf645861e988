// Package admin is the API over the store and the running gateway: what happened to each event, lists, a stream of
// what happens now, health and metrics. It speaks JSON; errors are application/problem+json (RFC 9457).
//
// Everything under /v1 takes a bearer token, whose role says what it may do (package access, router.go); health does not,
// nor do metrics on this machine: they tell no one's data. The API never shows a secret: what it reads was redacted before
// it was stored.
package admin

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/plugboard/plugboard/gateway/access"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/replay"
	"github.com/plugboard/plugboard/gateway/shadow"
	"github.com/plugboard/plugboard/queue"
)

// Options are what the API serves.
type Options struct {
	Store       queue.Inspector
	Feed        *feed.Hub
	Endpoints   Endpoints
	Hand        Hand
	Probe       Prober
	SwitchRoute RouteSwitch
	Try         Trier
	Tokens      *access.Tokens              // who may use it
	Names       func() []string             // by which the API may be asked besides localhost and addresses, in lower case; nil: none
	Remote      bool                        // it listens beyond this machine: metrics then take a token too
	Setup       func() Setup                // what is configured now
	Steer       *replay.Runner              // queues again, and cancels
	Diff        Differ                      // what the plugins as they are now would make of what is stored
	Ready       func(context.Context) error // why the gateway cannot take events, nil if it can
	Secrets     Secrets
	Pausing     Pausing
	Metrics     http.Handler
	Logger      *slog.Logger
	Version     any // what /v1/version answers
}

// Setup is the configuration in force, as lists for people.
type Setup struct {
	Sources      []SourceInfo      `json:"sources"`
	Routes       []RouteInfo       `json:"routes"`
	Destinations []DestinationInfo `json:"destinations"`
	Plugins      []PluginInfo      `json:"plugins"`
	Tables       []TableInfo       `json:"tables"`
	Shadows      []ShadowInfo      `json:"shadows"`
}

// SourceInfo is a source.
type SourceInfo struct {
	Name   string   `json:"name"`
	Path   string   `json:"path"`
	Plugin string   `json:"plugin,omitempty"`
	Verify []string `json:"verify"` // schemes

	Echo *EchoInfo `json:"echo,omitempty"` // nil: it reports nothing that the gateway causes
}

// EchoInfo is how a source's echoes are known, and how many there were since the gateway was started.
type EchoInfo struct {
	Of     []string `json:"of"`     // destinations that it reports from
	Window string   `json:"window"` // "1m0s"
	Count  int64    `json:"count"`
}

// RouteInfo is a route.
type RouteInfo struct {
	Name    string   `json:"name"`
	From    []string `json:"from,omitempty"`
	Types   []string `json:"types,omitempty"`
	When    string   `json:"when,omitempty"`
	To      []string `json:"to"`
	Enabled bool     `json:"enabled"`

	Switched bool `json:"switched,omitempty"` // at run time: the file says the opposite
}

// DestinationInfo is a destination and its backlog.
type DestinationInfo struct {
	Name     string `json:"name"`
	Plugin   string `json:"plugin,omitempty"`
	URL      string `json:"url,omitempty"`      // secrets as {{secret.NAME}}
	Endpoint bool   `json:"endpoint,omitempty"` // set up at run time; its name is the endpoint's ID
	Pending  int    `json:"pending"`
	Leased   int    `json:"leased"`

	Configured bool      `json:"configured"`      // false: it is in the file no more, and something waits for it
	Oldest     time.Time `json:"oldest,omitzero"` // when what waits longest was accepted
	Paused     *Paused   `json:"paused,omitempty"`
	Failing    bool      `json:"failing,omitempty"`    // its breaker is open: one attempt at a time, as a probe
	QuietUntil time.Time `json:"quiet_until,omitzero"` // it is left alone until then, as its answers asked, as its breaker wants or as its rate says
}

// PluginInfo is a plugin: what is in use of its name, and why its file as it is now is not, where it is not.
type PluginInfo struct {
	Name        string   `json:"name"`
	Hash        string   `json:"hash,omitempty"` // SHA-256 of what is in use, in hex
	Functions   []string `json:"functions"`
	Version     string   `json:"version,omitempty"` // this and the next two as its manifest says
	Vendor      string   `json:"vendor,omitempty"`
	Description string   `json:"description,omitempty"`
	UsedBy      []string `json:"used_by,omitempty"` // "sources.zendesk"
	Refused     *Refusal `json:"refused,omitempty"`
}

// Refusal is why a plugin's file is not in use.
type Refusal struct {
	Hash   string    `json:"hash,omitempty"` // of the file that is refused; none when there is none
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// ShadowInfo is a candidate that runs beside a destination's plugin, and how the two compare.
type ShadowInfo struct {
	Route       string                `json:"route"`
	Destination string                `json:"destination"`
	InForce     PluginRef             `json:"in_force"`
	Candidate   PluginRef             `json:"candidate"`
	Since       time.Time             `json:"since"` // when these two files were first compared here
	Calls       map[shadow.Result]int `json:"calls"`
	Differences []shadow.Seen         `json:"differences,omitempty"` // the latest, at most 50
}

// PluginRef names a plugin's file.
type PluginRef struct {
	Name string `json:"name"`
	Hash string `json:"hash"`
}

// TableInfo is a look-up table, without its rows.
type TableInfo struct {
	Name    string    `json:"name"`
	File    string    `json:"file"`
	Rows    int       `json:"rows"`
	Hash    string    `json:"hash"` // SHA-256 of the file in use, in hex
	Loaded  time.Time `json:"loaded"`
	Refused string    `json:"refused,omitempty"` // why the file as it is now is not in use
}

type api struct {
	Options
	*router
	throttle access.Throttle
}

// New makes the handler. It is safe for concurrent use.
func New(o Options) http.Handler {
	a := newAPI(o)
	mux := http.NewServeMux()
	mux.Handle("/v1/", a.here(a.authenticated(a.mux)))
	mux.Handle("GET /metrics", a.here(a.metrics()))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { a.answer(w, map[string]string{"status": "ok"}) })
	mux.HandleFunc("GET /readyz", a.ready)
	return mux
}

// Rules are everything under /v1, and the role that each takes.
func Rules() []Rule { return newAPI(Options{}).rules }

// newAPI says what is under /v1, and who may have it.
func newAPI(o Options) *api {
	a := &api{Options: o, router: newRouter()}
	a.handle("GET /v1/events", access.Viewer, a.listEvents)
	a.handle("GET /v1/events/{id...}", access.Viewer, a.showEvent)
	a.handle("GET /v1/deliveries", access.Viewer, a.listDeliveries)
	a.handle("GET /v1/deliveries/{id...}", access.Viewer, a.showDelivery)
	a.handle("POST /v1/deliveries/{id...}", access.Operator, a.changeDelivery)
	a.handle("GET /v1/rejected", access.Viewer, a.listRejected)
	a.handle("POST /v1/replay", access.Operator, a.replay)
	a.handle("POST /v1/cancel", access.Operator, a.cancel)
	a.handle("GET /v1/attempts", access.Viewer, a.listAttempts)
	a.handle("GET /v1/replay/diff", access.Operator, a.diff) // it keeps the plugins busy
	a.handle("GET /v1/stream", access.Viewer, a.stream)
	a.handle("GET /v1/audit", access.Viewer, a.audit)
	a.handle("GET /v1/openapi.json", access.Viewer, a.openAPI)
	a.handle("GET /v1/version", access.Viewer, func(w http.ResponseWriter, _ *http.Request) { a.answer(w, a.Version) })
	a.handle("GET /v1/sources", access.Viewer, a.listSources)
	a.handle("GET /v1/routes", access.Viewer, a.listRoutes)
	a.handle("GET /v1/plugins", access.Viewer, a.listPlugins)
	a.handle("GET /v1/shadows", access.Viewer, a.listShadows)
	a.handle("GET /v1/tables", access.Viewer, a.listTables)
	a.handle("GET /v1/secrets", access.Admin, a.listSecrets)
	a.handle("PUT /v1/secrets/{name}", access.Admin, a.putSecret)
	a.handle("DELETE /v1/secrets/{name}", access.Admin, a.deleteSecret)
	a.handle("POST /v1/secrets/reseal", access.Admin, a.resealSecrets)
	a.handle("GET /v1/destinations", access.Viewer, a.listDestinations)
	a.handle("GET /v1/endpoints", access.Viewer, a.listEndpoints)
	a.handle("POST /v1/endpoints", access.Admin, a.createEndpoint)
	a.handle("GET /v1/endpoints/{id}", access.Viewer, a.showEndpoint)
	a.handle("PATCH /v1/endpoints/{id}", access.Operator, a.changeEndpoint) // more than on and off takes an admin
	a.handle("DELETE /v1/endpoints/{id}", access.Admin, a.removeEndpoint)
	a.handle("POST /v1/destinations/{name}/pause", access.Operator, a.pauseDestination)
	a.handle("POST /v1/destinations/{name}/resume", access.Operator, a.resumeDestination)
	a.handle("POST /v1/endpoints/{id}/test", access.Operator, a.probe)
	a.handle("POST /v1/destinations/{name}/test", access.Operator, a.probe)
	a.handle("POST /v1/routes/{name}/enable", access.Operator, a.switchRoute(true))
	a.handle("POST /v1/routes/{name}/disable", access.Operator, a.switchRoute(false))
	a.handle("POST /v1/events", access.Sender, a.handIn)
	a.handle("POST /v1/try", access.Operator, a.try) // it keeps the plugins busy
	a.handle("GET /v1/tokens", access.Admin, a.listTokens)
	a.handle("POST /v1/tokens", access.Admin, a.createToken)
	a.handle("DELETE /v1/tokens/{id}", access.Admin, a.removeToken)
	return a
}

func (a *api) ready(w http.ResponseWriter, r *http.Request) {
	if err := a.Ready(r.Context()); err != nil {
		problem(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	a.answer(w, map[string]string{"status": "ready"})
}
