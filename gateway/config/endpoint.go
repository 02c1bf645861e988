package config

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/plugboard/plugboard/gateway/event"
)

// Endpoint is a destination that was set up at run time, and the one route to it: what a [destinations.ID] and a [[routes]]
// of the file would be. It is read from JSON by the settings that read those, so whatever the file can say of a destination
// can be said of an endpoint.
//
// Who sets up endpoints, an admin of the gateway, need not be who may change the file: what is on its machine, files and the
// environment, cannot be named in one.
type Endpoint struct {
	Destination *Destination
	Route       *Route
	Description string
	Enabled     bool
	Named       map[string]Named // secrets
	Hidden      []string         // pointers to what nobody is shown: "/auth/token"

	place *Config // tells faults of what is made of it by their pointers
}

// endpointSettings are an endpoint's own keys, beside those of destinations and routes.
var endpointSettings = []setting[Endpoint]{
	{key: "description", def: "", meaning: "for people",
		reads: word(kind{"a text of one line, at most 200 letters", `"the wallboard in Hall 2"`}, func(e *Endpoint) *string { return &e.Description }, validDescription)},
	{key: "enabled", def: true, meaning: "false: nothing is queued for it, and what waits goes on waiting",
		why:   "who sets one up wants it to work",
		reads: boolean(func(e *Endpoint) *bool { return &e.Enabled })},
}

func validDescription(s string) bool {
	return s == "" || validTitle(s[:min(len(s), 100)]) && len(s) <= 200
}

// endpointRoute are the keys of an endpoint that come from routes; every key of a destination is one too.
var endpointRoute = []string{"from", "types", "when", "via", "echoes"}

// EndpointKeys are all keys that an endpoint may have.
func EndpointKeys() []string {
	keys := []string{"format", "template", "secret"}
	for _, s := range endpointSettings {
		keys = append(keys, s.key)
	}
	for _, s := range destinationSettings {
		keys = append(keys, s.key)
	}
	keys = append(keys, endpointRoute...)
	slices.Sort(keys)
	return keys
}

// Endpoint reads an endpoint's settings, beside this configuration. The ID is the destination's name. settings are as
// encoding/json decodes them with UseNumber; they are not changed. The error is a Faults, whose places are pointers into
// the JSON.
func (c *Config) Endpoint(id string, settings map[string]any, opts Options) (*Endpoint, error) {
	r := newReader(c.file, "", opts)
	defer r.close()
	r.endpoint = &endpointReading{written: map[string]string{}}
	r.secrets, r.storable = c.Secrets.Dir, true
	beside := *c // what is noted while this is read is not the file's
	beside.Named = map[string]Named{}
	r.config = &beside
	e := &Endpoint{}
	parts := r.divide(settings)
	d := beginDestination(r, id)
	readTable(r, node{"", parts.destination}, destinationSettings, d)
	r.vault = nil
	route := &Route{Index: -1, Name: id, To: []string{id}, Enabled: true}
	readTable(r, node{"", parts.route}, routeKeys(), route)
	readTable(r, node{"", parts.own}, endpointSettings, e)
	e.Destination, e.Route, e.Named = d, route, beside.Named
	r.checkEndpoint(c, e, parts.destination)
	e.Hidden = r.endpoint.hidden
	slices.Sort(e.Hidden)
	if len(r.faults) > 0 {
		slices.SortStableFunc(r.faults, func(a, b Fault) int { return strings.Compare(a.File, b.File) })
		return nil, r.faults
	}
	e.place = &Config{Server: c.Server, Plugins: c.Plugins, Destinations: []*Destination{d}, Routes: []*Route{route}, endpoint: id, written: r.endpoint.written}
	return e, nil
}

// Alone is a configuration of this endpoint and nothing else, for what makes parts of it: it blames by pointers.
func (e *Endpoint) Alone() *Config { return e.place }

// endpointReading is what a reader notes of an endpoint.
type endpointReading struct {
	hidden  []string
	written map[string]string // where its author wrote what is read at a pointer
}

// pointer is where the author of an endpoint wrote what is read at a path.
func (e *endpointReading) pointer(p path) string { return writtenAt(pointer(p), e.written) }

func writtenAt(pointer string, written map[string]string) string {
	for read, wrote := range written {
		if rest, ok := strings.CutPrefix(pointer, read); ok && (rest == "" || rest[0] == '/') {
			return wrote + rest
		}
	}
	return pointer
}

// hide notes a value that is not to be shown. Nothing is noted where there is no endpoint.
func (r *reader) hide(p path) {
	if r.endpoint != nil {
		r.endpoint.hidden = append(r.endpoint.hidden, r.endpoint.pointer(p))
	}
}

// endpointParts are the keys of an endpoint by what they belong to.
type endpointParts struct{ destination, route, own map[string]any }

func (r *reader) divide(settings map[string]any) endpointParts {
	parts := endpointParts{map[string]any{}, map[string]any{}, map[string]any{}}
	known := EndpointKeys()
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		value := plainJSON(settings[key])
		switch {
		case value == nil:
		case slices.Contains(endpointRoute, key):
			parts.route[key] = value
		case slices.ContainsFunc(endpointSettings, func(s setting[Endpoint]) bool { return s.key == key }):
			parts.own[key] = value
		case key == "format" || key == "template":
			parts.own[key] = value
		case slices.Contains(known, key):
			parts.destination[key] = value
		default:
			r.unknownKey(node{path: ""}, key, known)
		}
	}
	r.shortcuts(&parts)
	r.signing(&parts)
	return parts
}

// signing makes the way of Standard Webhooks of an endpoint's secret.
func (r *reader) signing(parts *endpointParts) {
	secret := parts.destination["secret"]
	delete(parts.destination, "secret")
	if secret == nil {
		return
	}
	if parts.destination["sign"] != nil {
		r.fault(node{path: "secret"}, "secret is the one of Standard Webhooks, and sign says how to sign too", "say it once")
		return
	}
	parts.destination["sign"] = map[string]any{"scheme": "standard-webhooks", "secret": secret}
	r.endpoint.written["/sign/secret"] = "/secret"
}

// shortcuts turns format and template into the bundled webhook plugin and its configuration.
func (r *reader) shortcuts(parts *endpointParts) {
	format, template := parts.own["format"], parts.own["template"]
	delete(parts.own, "format")
	delete(parts.own, "template")
	if format == nil && template == nil {
		return
	}
	config, _ := parts.destination["config"].(map[string]any)
	if plugin, set := parts.destination["plugin"]; set && plugin != "webhook" {
		r.fault(node{path: "plugin"}, "format and template are the plugin webhook's", `leave plugin out, or give that plugin its own config`)
		return
	}
	config = maps.Clone(config)
	if config == nil {
		config = map[string]any{}
	}
	for key, value := range map[string]any{"format": format, "body": template} {
		if _, twice := config[key]; twice && value != nil {
			r.fault(node{path: path("config").key(key)}, "config has "+key+" too", "say it once")
		}
		if value != nil {
			config[key] = value
		}
	}
	if format != nil {
		r.endpoint.written["/config/format"] = "/format"
	}
	if template != nil {
		r.endpoint.written["/config/body"] = "/template"
	}
	parts.destination["plugin"], parts.destination["config"] = "webhook", config
}

func routeKeys() []setting[Route] {
	return slices.DeleteFunc(slices.Clone(routeSettings), func(s setting[Route]) bool { return !slices.Contains(endpointRoute, s.key) })
}

// checkEndpoint looks for what is wrong between its settings, and with what it names.
func (r *reader) checkEndpoint(c *Config, e *Endpoint, given map[string]any) {
	r.checkPlugins(c)
	e.Destination.inheritProxy(c.Server.Proxy)
	for _, u := range r.urls {
		r.checkURL(u.node, u.text, u.of)
	}
	if _, set := given["url"]; e.Destination.Plugin == "" && !set {
		r.fault(node{path: "url"}, "the endpoint has no url", `write "url": "https://…"`)
	}
	sources := []string{event.Own, event.Handed}
	for _, s := range c.Sources {
		sources = append(sources, s.Name)
	}
	r.checkNames("from", e.Route.From, sources, "source", "sources")
	r.checkOwn("", e.Route)
	for name, value := range e.Destination.Headers {
		if value.Placeholder == value.Display { // it may be a credential, written out
			r.hide(path("headers").key(name))
		}
	}
}

// plainJSON gives numbers the types that a TOML file's have, and leaves out members that are null.
func plainJSON(value any) any {
	switch value := value.(type) {
	case json.Number:
		if n, err := value.Int64(); err == nil {
			return n
		}
		n, _ := value.Float64() // beyond all bounds it is infinite, which no setting takes
		return n
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = plainJSON(value[i])
		}
		return list
	case map[string]any:
		table := make(map[string]any, len(value))
		for key := range value {
			if inner := plainJSON(value[key]); inner != nil {
				table[key] = inner
			}
		}
		return table
	}
	return value
}

// pointer writes a path as a JSON pointer (RFC 6901): "/retry/schedule/0".
func pointer(p path) string {
	if p == "" {
		return "/"
	}
	out := ""
	for ; p != ""; p = p.parent() {
		end := strings.TrimPrefix(string(p[len(p.parent()):]), ".")
		switch {
		case strings.HasPrefix(end, "["):
			end = strings.Trim(end, "[]")
		case strings.HasPrefix(end, `"`):
			end, _ = strconv.Unquote(end) // it was quoted by key
		}
		out = "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(end) + out
	}
	return out
}

// endpointPlace is the pointer of a path in the file that the endpoint would have.
func endpointPlace(id string, at path, written map[string]string) Position {
	rest := string(at)
	for _, prefix := range []string{"destinations." + string(path("").key(id)), "destinations." + id, "routes[-1]", "routes[0]"} {
		if cut, ok := strings.CutPrefix(rest, prefix); ok {
			rest = cut
			break
		}
	}
	return Position{File: writtenAt(pointer(path(strings.TrimPrefix(rest, "."))), written)}
}
