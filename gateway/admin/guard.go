package admin

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/plugboard/plugboard/gateway/access"
)

// here lets a request through that was meant for this gateway (access.Here).
func (a *api) here(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var names []string
		if a.Names != nil {
			names = a.Names()
		}
		if err := access.Here(r, names); err != nil {
			problem(w, http.StatusForbidden, err.Error())
			return
		}
		next.ServeHTTP(w, r)
	})
}

// authenticated lets a request with a token through, and notes whose. A request without one is no guess and counts as none.
func (a *api) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _ := netip.ParseAddrPort(r.RemoteAddr)
		if wait := a.throttle.Wait(from.Addr()); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			problem(w, http.StatusTooManyRequests, "too many wrong tokens came from this address; wait a minute")
			return
		}
		given, ok := bearer(r)
		if !ok {
			unauthorised(w, "there is no bearer token; plugboard token create makes one, and the gateway writes one for this machine to admin.token in the queue's folder")
			return
		}
		caller, ok := a.Tokens.Caller(given)
		if !ok {
			a.throttle.Failed(from.Addr())
			a.Logger.Warn("wrong token", "address", from.Addr(), "path", r.URL.Path)
			unauthorised(w, "the bearer token is wrong, was removed, or has expired")
			return
		}
		next.ServeHTTP(w, r.WithContext(access.With(r.Context(), caller)))
	})
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != ""
}

func unauthorised(w http.ResponseWriter, detail string) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	problem(w, http.StatusUnauthorized, detail)
}

// metrics are open on this machine, and take a viewer's token where others can ask.
func (a *api) metrics() http.Handler {
	if !a.Remote {
		return a.Metrics
	}
	return a.authenticated(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !access.From(r.Context()).Role.May(access.Viewer) {
			problem(w, http.StatusForbidden, "metrics take a token with the role viewer")
			return
		}
		a.Metrics.ServeHTTP(w, r)
	}))
}
