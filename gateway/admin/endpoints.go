package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/plugboard/plugboard/gateway/access"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/endpoint"
)

// Endpoints are the destinations that are set up at run time. Errors: endpoint.ErrUnknown, ErrTooMany, config.Faults with
// pointers into the settings; else the queue's.
type Endpoints interface {
	List() []EndpointInfo
	Get(id string) (EndpointInfo, error)
	// Create and Change give the endpoint, with its secret where that was made just now: it is shown this once.
	Create(ctx context.Context, s endpoint.Settings, by access.Caller) (EndpointInfo, error)
	Change(ctx context.Context, id string, s endpoint.Settings, by access.Caller) (EndpointInfo, error)
	Remove(ctx context.Context, id string, by access.Caller) error
}

// ErrTooMany says that there may not be another endpoint.
var ErrTooMany = errors.New("there are as many endpoints as may be")

// Statuses of an endpoint.
const (
	EndpointActive   = "active"
	EndpointDisabled = "disabled" // because somebody wished it, or Cause
	EndpointBroken   = "broken"   // enabled, and cannot be made any more: Reason
)

// EndpointInfo is an endpoint. In JSON its settings stand beside the rest, their secrets as "[redacted]".
type EndpointInfo struct {
	ID       string            `json:"id"`
	Status   string            `json:"status"`
	Cause    string            `json:"cause,omitempty"`  // of disabled: "gone", "failing"; none: as was wished
	Reason   string            `json:"reason,omitempty"` // of disabled and broken
	Since    time.Time         `json:"since,omitzero"`   // disabled by the gateway
	Failing  *EndpointFailing  `json:"failing,omitempty"`
	Created  time.Time         `json:"created"`
	Changed  time.Time         `json:"changed"`
	By       string            `json:"by"` // whose token changed it last
	Pending  int               `json:"pending"`
	Leased   int               `json:"leased"`
	Settings endpoint.Settings `json:"-"`
}

// EndpointFailing is how long nothing but failures has come of an endpoint.
type EndpointFailing struct {
	Since  time.Time `json:"since"`
	For    string    `json:"for"` // that the gateway ran: "26h0m0s"
	Reason string    `json:"reason"`
}

// MarshalJSON writes the settings behind the rest.
func (e EndpointInfo) MarshalJSON() ([]byte, error) {
	type plain EndpointInfo
	head, err := json.Marshal(plain(e))
	if err != nil || len(e.Settings) == 0 {
		return head, err
	}
	tail, err := json.Marshal(e.Settings)
	if err != nil {
		return nil, err
	}
	return append(append(bytes.TrimSuffix(head, []byte("}")), ','), tail[1:]...), nil
}

func (a *api) listEndpoints(w http.ResponseWriter, r *http.Request) {
	status := r.URL.Query().Get("status")
	all := a.Endpoints.List()
	if status != "" {
		kept := all[:0]
		for _, e := range all {
			if e.Status == status {
				kept = append(kept, e)
			}
		}
		all = kept
	}
	items, next, err := cut(r.URL.Query(), all, func(e EndpointInfo) string { return e.ID }, "status")
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := a.backlog(r.Context(), items); err != nil {
		fail(w, err)
		return
	}
	a.answer(w, list(items, next))
}

// backlog fills in what waits.
func (a *api) backlog(ctx context.Context, items []EndpointInfo) error {
	depth, err := a.Store.Depth(ctx)
	for i := range items {
		d := depth[items[i].ID]
		items[i].Pending, items[i].Leased = d.Pending, d.Leased
	}
	return err
}

func (a *api) showEndpoint(w http.ResponseWriter, r *http.Request) {
	e, err := a.Endpoints.Get(r.PathValue("id"))
	one := []EndpointInfo{e}
	if err == nil {
		err = a.backlog(r.Context(), one)
	}
	if err != nil {
		endpointFailed(w, err)
		return
	}
	a.answer(w, one[0])
}

func (a *api) createEndpoint(w http.ResponseWriter, r *http.Request) {
	s, ok := endpointSettings(w, r)
	if !ok {
		return
	}
	e, err := a.Endpoints.Create(r.Context(), s, access.From(r.Context()))
	if err != nil {
		endpointFailed(w, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	a.made(w, "/v1/endpoints/"+e.ID, e)
}

func (a *api) changeEndpoint(w http.ResponseWriter, r *http.Request) {
	s, ok := endpointSettings(w, r)
	if !ok {
		return
	}
	by := access.From(r.Context())
	if !s.Steers() && !by.Role.May(access.Admin) {
		problem(w, http.StatusForbidden, "to change more of an endpoint than enabled and description takes a token with the role admin; this one's is "+by.Role.String())
		return
	}
	e, err := a.Endpoints.Change(r.Context(), r.PathValue("id"), s, by)
	if err != nil {
		endpointFailed(w, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	a.answer(w, e)
}

func (a *api) removeEndpoint(w http.ResponseWriter, r *http.Request) {
	if err := a.Endpoints.Remove(r.Context(), r.PathValue("id"), access.From(r.Context())); err != nil {
		endpointFailed(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func endpointSettings(w http.ResponseWriter, r *http.Request) (endpoint.Settings, bool) {
	body, ok := jsonOf(w, r, maxBody, "application/merge-patch+json")
	if !ok {
		return nil, false
	}
	s, err := endpoint.Parse(body)
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return nil, false
	}
	return s, true
}

// endpointFailed answers with the status that fits.
func endpointFailed(w http.ResponseWriter, err error) {
	var faults config.Faults
	switch {
	case errors.Is(err, endpoint.ErrUnknown):
		problem(w, http.StatusNotFound, err.Error())
	case errors.Is(err, ErrTooMany):
		problem(w, http.StatusConflict, err.Error())
	case errors.As(err, &faults):
		problemAt(w, http.StatusUnprocessableEntity, faults)
	default:
		fail(w, err)
	}
}
