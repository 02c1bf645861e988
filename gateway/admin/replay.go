package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/plugboard/plugboard/gateway/access"
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
	s, f, ok := selection(w, r)
	switch {
	case !ok:
		return
	case s.Why != "":
		problem(w, http.StatusBadRequest, "why belongs to /v1/cancel")
		return
	}
	report, err := a.Steer.Replay(r.Context(), replay.Request{IDs: s.IDs, Filter: f, Rejected: s.Rejected, Unrouted: s.Unrouted,
		To: s.To, Again: s.Again, DryRun: s.DryRun, Limit: s.Limit, Cursor: s.Cursor})
	a.steered(w, r, report, err)
}

func (a *api) cancel(w http.ResponseWriter, r *http.Request) {
	s, f, ok := selection(w, r)
	switch {
	case !ok:
		return
	case s.Rejected || s.Unrouted || s.Again || s.To != "":
		problem(w, http.StatusBadRequest, "rejected, unrouted, to and again belong to /v1/replay")
		return
	}
	report, err := a.Steer.Cancel(r.Context(), replay.Cancellation{IDs: s.IDs, Filter: f, Why: s.Why, DryRun: s.DryRun,
		Limit: s.Limit, Cursor: s.Cursor})
	a.steered(w, r, report, err)
}

// steered answers with a report, and says in the log who had it done: what was done before an error too. Asking again goes on.
func (a *api) steered(w http.ResponseWriter, r *http.Request, report replay.Report, err error) {
	if report.Done > 0 && !report.DryRun {
		a.Logger.Info("done by request", "path", r.URL.Path, "deliveries", report.Done, "by", access.From(r.Context()).Name)
	}
	switch {
	case err == nil:
		a.answer(w, report)
	case replay.Refused(err):
		problem(w, http.StatusBadRequest, err.Error())
	default:
		fail(w, err)
	}
}

// selection reads the request. When it cannot, it has answered and gives false.
func selection(w http.ResponseWriter, r *http.Request) (s Selection, f *queue.Filter, ok bool) {
	body, ok := jsonOf(w, r, maxSelection)
	if !ok {
		return s, nil, false
	}
	f, err := s.read(body)
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
	}
	return s, f, err == nil
}

// read reads a body, and the filter in it; nil for none.
func (s *Selection) read(body []byte) (*queue.Filter, error) {
	if err := strictly(body, s); err != nil {
		return nil, fmt.Errorf("the body: %w; send for example {\"filter\":{\"state\":\"dead\"},\"dry_run\":true}", err)
	}
	if s.Filter == nil && (s.IDs != nil || !s.Rejected && !s.Unrouted) {
		return nil, nil
	}
	q := url.Values{}
	for name, v := range s.Filter {
		if name == "limit" || name == "cursor" {
			return nil, fmt.Errorf("%s stands beside the filter, not in it", name)
		}
		q.Set(name, v)
	}
	f, err := filter(q, time.Now())
	return &f, err
}
