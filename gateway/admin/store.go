package admin

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/plugboard/plugboard/queue"
)

func (a *api) listEvents(w http.ResponseWriter, r *http.Request) {
	f, err := filter(r.URL.Query(), time.Now())
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	p, err := a.Store.Events(r.Context(), f)
	if err != nil {
		fail(w, err)
		return
	}
	a.answer(w, list(records(p.Items, eventRecord), p.Next))
}

func (a *api) showEvent(w http.ResponseWriter, r *http.Request) {
	info, err := a.Store.Event(r.Context(), r.PathValue("id"))
	if err != nil {
		fail(w, err)
		return
	}
	rec := eventRecord(info)
	rec.Event = info.Event.Body
	if r.URL.Query().Has("raw") {
		rec.Raw = rawJSON(info.Event.Raw)
	}
	a.answer(w, rec)
}

func (a *api) listDeliveries(w http.ResponseWriter, r *http.Request) {
	f, err := filter(r.URL.Query(), time.Now())
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	p, err := a.Store.Deliveries(r.Context(), f)
	if err != nil {
		fail(w, err)
		return
	}
	a.answer(w, list(records(p.Items, func(d queue.Delivery) DeliveryRecord { return deliveryRecord(&d) }), p.Next))
}

func (a *api) showDelivery(w http.ResponseWriter, r *http.Request) {
	d, attempts, err := a.Store.Delivery(r.Context(), r.PathValue("id"))
	if err != nil {
		fail(w, err)
		return
	}
	rec := deliveryRecord(&d)
	rec.Attempts = records(attempts, attemptRecord)
	a.answer(w, rec)
}

// listAttempts gives the attempts of the deliveries that a filter picks, delivery after delivery. limit counts deliveries;
// those without an attempt count too.
func (a *api) listAttempts(w http.ResponseWriter, r *http.Request) {
	f, err := filter(r.URL.Query(), time.Now())
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	p, err := a.Store.Deliveries(r.Context(), f)
	var entries []AttemptEntry
	for i := range p.Items {
		d := &p.Items[i]
		if d.Attempts == 0 || err != nil {
			continue
		}
		var attempts []queue.Attempt
		_, attempts, err = a.Store.Delivery(r.Context(), d.ID)
		if errors.Is(err, queue.ErrNotFound) {
			err = nil // its time has just ended
		}
		for _, at := range attempts {
			entries = append(entries, AttemptEntry{d.ID, d.Destination, d.Event.Type, d.Event.Subject, attemptRecord(at)})
		}
	}
	if err != nil {
		fail(w, err)
		return
	}
	a.answer(w, list(entries, p.Next))
}

// changeDelivery serves .../retry and .../cancel. A delivery's ID has a slash in it, so the verb is cut off here.
func (a *api) changeDelivery(w http.ResponseWriter, r *http.Request) {
	path := r.PathValue("id")
	cut := strings.LastIndexByte(path, '/')
	id, verb := path[:max(cut, 0)], path[cut+1:]
	var err error
	switch verb {
	case "retry":
		err = a.Store.RetryNow(r.Context(), id)
	case "cancel":
		err = a.Store.Cancel(r.Context(), id, "cancelled through the API")
	default:
		problem(w, http.StatusNotFound, "a delivery takes POST …/retry and …/cancel")
		return
	}
	if err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) listRejected(w http.ResponseWriter, r *http.Request) {
	f, err := filter(r.URL.Query(), time.Now())
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	p, err := a.Store.Rejected(r.Context(), f)
	if err != nil {
		fail(w, err)
		return
	}
	a.answer(w, list(records(p.Items, rejectedRecord), p.Next))
}

func (a *api) audit(w http.ResponseWriter, r *http.Request) {
	report, err := a.Store.Audit(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	a.answer(w, report)
}

func records[T, R any](items []T, record func(T) R) []R {
	rs := make([]R, len(items))
	for i, it := range items {
		rs[i] = record(it)
	}
	return rs
}
