package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/access"
)

// Pausing is what holds destinations back at run time, by name.
type Pausing interface {
	// Pause makes no further attempts until Resume. ErrNoDestination.
	Pause(ctx context.Context, destination string, p Paused) error
	// Resume ends a pause. ErrNoDestination, ErrNotPaused.
	Resume(ctx context.Context, destination string) error
	// Paused lists what is paused.
	Paused() map[string]Paused
}

// Errors of Pausing.
var (
	ErrNoDestination = errors.New("no such destination")
	ErrNotPaused     = errors.New("the destination is not paused")
)

// Paused is a destination that somebody holds back. Its events wait; none is lost.
type Paused struct {
	Since time.Time `json:"since"`
	By    string    `json:"by,omitempty"` // name of the token
	Why   string    `json:"why,omitempty"`
}

// maxWhy is how long a reason may be, in bytes.
const maxWhy = 500

// PauseOrder is what a pause may be asked with.
type PauseOrder struct {
	Why string `json:"why"`
}

func (a *api) pauseDestination(w http.ResponseWriter, r *http.Request) {
	order := PauseOrder{}
	if r.ContentLength != 0 && !read(w, r, &order) {
		return
	}
	if len(order.Why) > maxWhy {
		problem(w, http.StatusUnprocessableEntity, "/why is longer than 500 bytes")
		return
	}
	name := r.PathValue("name")
	p := Paused{Since: time.Now().UTC().Truncate(time.Second), By: access.From(r.Context()).Name, Why: strings.TrimSpace(order.Why)}
	a.standing(w, r, name, a.Pausing.Pause(r.Context(), name, p))
}

func (a *api) resumeDestination(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	a.standing(w, r, name, a.Pausing.Resume(r.Context(), name))
}

// standing answers with how the destination stands.
func (a *api) standing(w http.ResponseWriter, r *http.Request, name string, err error) {
	switch {
	case errors.Is(err, ErrNoDestination):
		problem(w, http.StatusNotFound, "no destination "+name+" is configured, and nothing waits for one")
	case errors.Is(err, ErrNotPaused):
		problem(w, http.StatusConflict, name+" is not paused")
	case err != nil:
		fail(w, err)
	default:
		all, err := a.destinations(r.Context())
		if err != nil {
			fail(w, err)
			return
		}
		if i := slices.IndexFunc(all, func(d DestinationInfo) bool { return d.Name == name }); i >= 0 {
			a.answer(w, all[i])
		}
	}
}

// destinations are those configured, and behind them those that are not any more and for which something waits: it goes on
// when they come back, and can be replayed to another one or cancelled.
func (a *api) destinations(ctx context.Context) ([]DestinationInfo, error) {
	depth, err := a.Store.Depth(ctx)
	if err != nil {
		return nil, err
	}
	all := a.Setup().Destinations
	paused := a.Pausing.Paused()
	for i := range all {
		all[i].Configured = true
	}
	for name, d := range depth {
		if d.Pending > 0 && !slices.ContainsFunc(all, func(d DestinationInfo) bool { return d.Name == name }) {
			all = append(all, DestinationInfo{Name: name})
		}
	}
	slices.SortStableFunc(all, func(x, y DestinationInfo) int { // those configured stay in the file's order
		if x.Configured || y.Configured {
			return 0
		}
		return strings.Compare(x.Name, y.Name)
	})
	for i := range all {
		d := depth[all[i].Name]
		all[i].Pending, all[i].Leased, all[i].Oldest = d.Pending, d.Leased, d.Oldest
		if p, ok := paused[all[i].Name]; ok {
			all[i].Paused = &p
		}
	}
	return all, nil
}
