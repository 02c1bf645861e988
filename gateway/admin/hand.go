package admin

import (
	"net/http"
	"slices"

	"github.com/plugboard/plugboard/queue"
)

// Hand takes in events that somebody hands in, as events of a source.
type Hand func(source, contentType string, body []byte) (status int, reason string, receipts []queue.Receipt)

// HandedIn is the answer: as the edge's.
type HandedIn struct {
	ID         string   `json:"id"`
	Events     []string `json:"events"`
	Deliveries int      `json:"deliveries"`
}

// maxEvents is the longest body of events that the API takes, in bytes.
const maxEvents = 1 << 20

// handIn takes one CloudEvent or a list of them. Plain JSON is taken for one of the two, which it is here.
func (a *api) handIn(w http.ResponseWriter, r *http.Request) {
	types := []string{"application/cloudevents+json", "application/cloudevents-batch+json"}
	body, ok := jsonOf(w, r, maxEvents, types...)
	if !ok {
		return
	}
	media := r.Header.Get("Content-Type")
	if !slices.ContainsFunc(types, func(t string) bool { return len(media) >= len(t) && media[:len(t)] == t }) {
		media = types[0]
		if len(body) > 0 && firstOf(body) == '[' {
			media = types[1]
		}
	}
	status, reason, receipts := a.Hand(r.URL.Query().Get("source"), media, body)
	if status != http.StatusAccepted {
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "5")
		}
		problem(w, status, reason)
		return
	}
	in := HandedIn{Events: []string{}}
	for _, e := range receipts {
		in.Events = append(in.Events, e.ID)
		in.Deliveries += e.Deliveries
	}
	if len(receipts) > 0 {
		in.ID = receipts[0].ID
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	a.answer(w, in)
}

// firstOf is the first byte that is no white space.
func firstOf(body []byte) byte {
	for _, c := range body {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
	}
	return 0
}
