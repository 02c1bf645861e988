package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/plugboard/plugboard/gateway/replay"
	"github.com/plugboard/plugboard/queue"
)

// Selection is what POST /v1/replay and /v1/cancel take. Either IDs, or a filter with the names of a list's parameters.
type Selection struct {
	IDs    []string          `json:"ids,omitempty"`
	Filter map[string]string `json:"filter,omitempty"` // source, type, subject, destination, event, state, since, until
	DryRun bool              `json:"dry_run,omitempty"`
	Limit  int               `json:"limit,omitempty"`  // of records picked in this call, skipped ones too: at most 1000, which 0 stands for
	Cursor string            `json:"cursor,omitempty"` // Next of the answer before

	Rejected bool   `json:"rejected,omitempty"` // replay: requests set aside, read again; needs no filter
	Unrouted bool   `json:"unrouted,omitempty"` // replay: only events that owe nothing; needs no filter
	To       string `json:"to,omitempty"`       // replay: to this destination
	Again    bool   `json:"again,omitempty"`    // replay: also what was replayed already

	Why string `json:"why,omitempty"` // cancel: kept as the reason
}

// maxSelection is the size of a request that names a thousand deliveries with long ids.
const maxSelection = 1 << 20

func (a *api) replay(w http.ResponseWriter, r *http.Request) {
	s, f, err := selection(w, r)
	if err == nil && s.Why != "" {
		err = fmt.Errorf("why belongs to /v1/cancel")
	}
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	report, err := a.Steer.Replay(r.Context(), replay.Request{IDs: s.IDs, Filter: f, Rejected: s.Rejected, Unrouted: s.Unrouted,
		To: s.To, Again: s.Again, DryRun: s.DryRun, Limit: s.Limit, Cursor: s.Cursor})
	a.steered(w, report, err)
}

func (a *api) cancel(w http.ResponseWriter, r *http.Request) {
	s, f, err := selection(w, r)
	if err == nil && (s.Rejected || s.Unrouted || s.Again || s.To != "") {
		err = fmt.Errorf("rejected, unrouted, to and again belong to /v1/replay")
	}
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	report, err := a.Steer.Cancel(r.Context(), replay.Cancellation{IDs: s.IDs, Filter: f, Why: s.Why, DryRun: s.DryRun,
		Limit: s.Limit, Cursor: s.Cursor})
	a.steered(w, report, err)
}

// steered answers with a report. What was done before an error stands in the log; asking again goes on.
func (a *api) steered(w http.ResponseWriter, report replay.Report, err error) {
	switch {
	case err == nil:
		a.answer(w, report)
	case replay.Refused(err):
		problem(w, http.StatusBadRequest, err.Error())
	default:
		fail(w, err)
	}
}

// selection reads the request.
func selection(w http.ResponseWriter, r *http.Request) (s Selection, f *queue.Filter, err error) {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSelection))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return s, nil, fmt.Errorf("the body: %w; send for example {\"filter\":{\"state\":\"dead\"},\"dry_run\":true}", err)
	}
	if s.Filter == nil && (s.IDs != nil || !s.Rejected && !s.Unrouted) {
		return s, nil, nil
	}
	q := url.Values{}
	for name, v := range s.Filter {
		if name == "limit" || name == "cursor" {
			return s, nil, fmt.Errorf("%s stands beside the filter, not in it", name)
		}
		q.Set(name, v)
	}
	read, err := filter(q, time.Now())
	return s, &read, err
}
