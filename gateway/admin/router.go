package admin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/gateway/access"
)

// Rule is one thing that the API does, and who may have it done.
type Rule struct {
	Pattern string // as http.ServeMux reads it: "GET /v1/events"
	Role    access.Role
}

// router is what is under /v1. Nothing can be served there without saying which role it takes: handle is the only way in.
// A caller is known before it gets here, so a wrong path is 404, a wrong method 405 with those that do, and what its role
// does not cover 403.
type router struct {
	mux   *http.ServeMux
	rules []Rule
}

func newRouter() *router {
	r := &router{mux: http.NewServeMux()}
	r.mux.HandleFunc("/", r.nothing)
	return r
}

// handle serves a pattern to callers of the role, and those above it. Patterns name their method.
func (r *router) handle(pattern string, least access.Role, h http.HandlerFunc) {
	r.rules = append(r.rules, Rule{pattern, least})
	r.mux.HandleFunc(pattern, func(w http.ResponseWriter, q *http.Request) {
		if c := access.From(q.Context()); !c.Role.May(least) {
			problem(w, http.StatusForbidden, q.Method+" "+q.URL.Path+" takes a token with the role "+least.String()+"; this one's is "+c.Role.String())
			return
		}
		h(w, q)
	})
}

// nothing answers what no pattern takes.
func (r *router) nothing(w http.ResponseWriter, q *http.Request) {
	if methods := r.methods(q); methods != nil {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		problem(w, http.StatusMethodNotAllowed, q.URL.Path+" takes "+strings.Join(methods, " or "))
		return
	}
	problem(w, http.StatusNotFound, "nothing at "+q.Method+" "+q.URL.Path)
}

// methods are those that the path takes.
func (r *router) methods(q *http.Request) []string {
	var found []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := *q
		other.Method = method
		if _, pattern := r.mux.Handler(&other); pattern != "/" && pattern != "" {
			found = append(found, method)
		}
	}
	return slices.Clip(found)
}
