package admin

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/queue"
)

// page is the form of every list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"` // the cursor of the next page
}

func list[T any](items []T, next string) page[T] {
	if items == nil {
		items = []T{} // an empty list is [], not null
	}
	return page[T]{items, next}
}

func (a *api) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		a.Logger.Debug("answer not sent", "err", err)
	}
}

// Problem is an error as RFC 9457 writes it.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`

	Faults []ProblemFault `json:"faults,omitempty"` // of a body: each mistake in it
}

// ProblemFault is one mistake in a body.
type ProblemFault struct {
	Pointer string `json:"pointer"` // RFC 6901
	What    string `json:"what"`
	Do      string `json:"do"`
}

func problem(w http.ResponseWriter, status int, detail string) {
	answerProblem(w, Problem{Title: http.StatusText(status), Status: status, Detail: detail})
}

// problemAt answers with what is wrong in a body, each fault with its place.
func problemAt(w http.ResponseWriter, status int, faults config.Faults) {
	p := Problem{Title: http.StatusText(status), Status: status, Detail: faults.Error()}
	for _, f := range faults {
		p.Faults = append(p.Faults, ProblemFault{f.File, f.What, f.Do})
	}
	answerProblem(w, p)
}

func answerProblem(w http.ResponseWriter, p Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	// The status line is out; a failed write has nobody left to tell.
	_ = json.NewEncoder(w).Encode(p)
}

// fail answers with the status that fits an error of the store.
func fail(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, queue.ErrNotFound):
		problem(w, http.StatusNotFound, "no such record; it may be past its retention")
	case errors.Is(err, queue.ErrEnded):
		problem(w, http.StatusConflict, "the delivery has ended already; replay it instead")
	case errors.Is(err, queue.ErrFull):
		w.Header().Set("Retry-After", "30")
		problem(w, http.StatusServiceUnavailable, "no room on disk")
	case errors.Is(err, queue.ErrClosed):
		problem(w, http.StatusServiceUnavailable, "the gateway is stopping")
	default:
		problem(w, http.StatusInternalServerError, err.Error())
	}
}
