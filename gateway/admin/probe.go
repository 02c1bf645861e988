package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// Probe is what POST /v1/destinations/{name}/test and /v1/endpoints/{id}/test take; an empty body will do.
type Probe struct {
	Event json.RawMessage `json:"event,omitempty"` // a CloudEvent; left out, a sample of a type that the destination takes
}

// Probed is what came of a test: a real attempt with an event that is not stored.
type Probed struct {
	Outcome    string          `json:"outcome"` // delivered, retry, dead, dropped, as for a delivery
	Reason     string          `json:"reason,omitempty"`
	Status     int             `json:"status,omitempty"`   // of the last answer
	Requests   []string        `json:"requests"`           // "POST https://host/path → 200", one for each exchange
	Response   string          `json:"response,omitempty"` // the first 4 KiB of the last one
	DurationMS float64         `json:"duration_ms"`
	Event      json.RawMessage `json:"event"`
}

// Prober makes a test. Its error is ErrNoDestination, or what is wrong with the event.
type Prober func(ctx context.Context, destination string, p Probe) (Probed, error)

// probeLimit is how long a test may take: less than the API's server lets an answer take.
const probeLimit = 50 * time.Second

func (a *api) probe(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name") + r.PathValue("id")
	var p Probe
	if r.ContentLength != 0 && !read(w, r, &p) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), probeLimit)
	defer cancel()
	result, err := a.Probe(ctx, name, p)
	switch {
	case errors.Is(err, ErrNoDestination):
		problem(w, http.StatusNotFound, err.Error())
	case err != nil:
		problem(w, http.StatusUnprocessableEntity, err.Error())
	default:
		a.answer(w, result)
	}
}

// RouteSwitch turns a route of the file on or off, durably; ErrNoRoute.
type RouteSwitch func(ctx context.Context, name string, enabled bool) error

// ErrNoRoute says that the file has no route of that name.
var ErrNoRoute = errors.New("there is no such route")

func (a *api) switchRoute(enabled bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch err := a.SwitchRoute(r.Context(), r.PathValue("name"), enabled); {
		case errors.Is(err, ErrNoRoute):
			problem(w, http.StatusNotFound, err.Error())
		case err != nil:
			fail(w, err)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}
}

// Trial is what POST /v1/try takes: a request in the form of NAME.request.json, when it is to arrive, and what receivers
// are to answer.
type Trial struct {
	Method  string            `json:"method"`
	Target  string            `json:"target"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"` // a text stands for itself, everything else for its JSON
	Now     time.Time         `json:"now,omitzero"`   // zero: now
	Answers json.RawMessage   `json:"answers,omitempty"`
}

// Trier plays a request through the whole pipeline; its result is the document that `plugboard try` prints.
type Trier func(ctx context.Context, t Trial) (any, error)

func (a *api) try(w http.ResponseWriter, r *http.Request) {
	var t Trial
	body, ok := jsonOf(w, r, maxEvents)
	if !ok {
		return
	}
	if err := strictly(body, &t); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	if t.Method == "" || t.Target == "" {
		problem(w, http.StatusUnprocessableEntity, `/method and /target say which request: "POST" and "/hooks/zendesk/main"`)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), probeLimit)
	defer cancel()
	result, err := a.Try(ctx, t)
	if err != nil {
		problem(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	a.answer(w, result)
}
