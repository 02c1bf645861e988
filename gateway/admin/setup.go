package admin

import "net/http"

// The lists of what is configured, in the order of the file.

func (a *api) listSources(w http.ResponseWriter, r *http.Request) {
	inOrder(a, w, r, a.Setup().Sources, func(s SourceInfo) string { return s.Name })
}

func (a *api) listRoutes(w http.ResponseWriter, r *http.Request) {
	inOrder(a, w, r, a.Setup().Routes, func(r RouteInfo) string { return r.Name })
}

func (a *api) listPlugins(w http.ResponseWriter, r *http.Request) {
	inOrder(a, w, r, a.Setup().Plugins, func(p PluginInfo) string { return p.Name })
}

func (a *api) listShadows(w http.ResponseWriter, r *http.Request) {
	inOrder(a, w, r, a.Setup().Shadows, func(s ShadowInfo) string { return s.Route + "/" + s.Destination })
}

func (a *api) listTables(w http.ResponseWriter, r *http.Request) {
	inOrder(a, w, r, a.Setup().Tables, func(t TableInfo) string { return t.Name })
}

func (a *api) listDestinations(w http.ResponseWriter, r *http.Request) {
	all, err := a.destinations(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	inOrder(a, w, r, all, func(d DestinationInfo) string { return d.Name })
}
