package admin

import (
	"errors"
	"net/http"
	"time"

	"github.com/plugboard/plugboard/gateway/access"
	"github.com/plugboard/plugboard/gateway/config"
)

// NewToken is what is asked for.
type NewToken struct {
	Name      string    `json:"name"`
	Role      string    `json:"role"`
	Expires   time.Time `json:"expires,omitzero"`     // zero: never, unless
	ExpiresIn string    `json:"expires_in,omitempty"` // says how long from now it lasts: "720h", "30d"
}

// CreatedToken is a token that has just been made; Token is its text, which is shown this once.
type CreatedToken struct {
	access.Token
	Text string `json:"token"`
}

func (a *api) listTokens(w http.ResponseWriter, r *http.Request) {
	items, next, err := cut(r.URL.Query(), a.Tokens.List(), func(t access.Token) string { return t.ID })
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	a.answer(w, list(items, next))
}

func (a *api) createToken(w http.ResponseWriter, r *http.Request) {
	var want NewToken
	if !read(w, r, &want) {
		return
	}
	role, err := access.ParseRole(want.Role)
	if err != nil {
		problem(w, http.StatusUnprocessableEntity, "/role: "+err.Error())
		return
	}
	if want.ExpiresIn != "" {
		d, err := config.ParseDuration(want.ExpiresIn)
		if err != nil || !want.Expires.IsZero() {
			problem(w, http.StatusUnprocessableEntity, `/expires_in wants a duration such as "720h", and then no /expires`)
			return
		}
		want.Expires = time.Now().Add(d).UTC().Truncate(time.Second)
	}
	t, text, err := a.Tokens.Create(r.Context(), want.Name, role, want.Expires)
	switch {
	case errors.Is(err, access.ErrInvalid):
		problem(w, http.StatusUnprocessableEntity, err.Error())
	case err != nil:
		fail(w, err)
	default:
		a.Logger.Info("token made", "token", t.ID, "name", t.Name, "role", t.Role, "by", access.From(r.Context()).Name)
		w.Header().Set("Cache-Control", "no-store")
		a.made(w, "/v1/tokens/"+t.ID, CreatedToken{t, text})
	}
}

func (a *api) removeToken(w http.ResponseWriter, r *http.Request) {
	switch err := a.Tokens.Remove(r.Context(), r.PathValue("id")); {
	case errors.Is(err, access.ErrUnknown):
		problem(w, http.StatusNotFound, "no token has that ID or name")
	case err != nil:
		fail(w, err)
	default:
		a.Logger.Info("token removed", "token", r.PathValue("id"), "by", access.From(r.Context()).Name)
		w.WriteHeader(http.StatusNoContent)
	}
}
