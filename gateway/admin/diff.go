package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// Differ plays stored deliveries with the plugins and the configuration as they are on disk now. Nothing is sent or stored.
type Differ func(ctx context.Context, f queue.Filter) (records []DiffRecord, next string, err error)

// DiffRecord is a stored delivery, and what would be made of it now.
type DiffRecord struct {
	Delivery    string `json:"delivery"`
	Event       string `json:"event"`
	Source      string `json:"source"`
	Destination string `json:"destination"`
	Route       string `json:"route"` // by which it went
	Sent        Sent   `json:"sent"`
	Would       Would  `json:"would"`
	// Changes are where the two part, and where a candidate parts from the plugin in force; none: nowhere.
	Changes []Change `json:"changes"`
}

// Sent is what the last attempt did.
type Sent struct {
	Request string `json:"request,omitempty"` // its last one: "PUT https://host/path"
	Status  int    `json:"status,omitempty"`
	Result  string `json:"result,omitempty"`
	Plugin  string `json:"plugin,omitempty"` // "babelforce@1f3a…"
}

// Would is what an attempt would do now, up to its first request. Secrets stand as {{secret.NAME}}.
type Would struct {
	Outcome  string         `json:"outcome"` // send, dropped, failed
	Reason   string         `json:"reason,omitempty"`
	Plugin   string         `json:"plugin,omitempty"`
	Requests []WouldRequest `json:"requests"`
}

// WouldRequest is a request that would be sent.
type WouldRequest struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// Change is one difference.
type Change struct {
	What string `json:"what"`           // "event": what the source's plugin reads; "route"; "request": its method and link; "candidate"
	Path string `json:"path,omitempty"` // within it
	Was  string `json:"was"`            // of a candidate: what the plugin in force writes
	Now  string `json:"now"`
}

// diffLimit is how long the plugins may work for one answer.
const diffLimit = 50 * time.Second

func (a *api) diff(w http.ResponseWriter, r *http.Request) {
	f, err := filter(r.URL.Query(), time.Now())
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), diffLimit)
	defer cancel()
	records, next, err := a.Diff(ctx, f)
	if err != nil {
		problem(w, http.StatusConflict, err.Error())
		return
	}
	a.answer(w, list(records, next))
}
