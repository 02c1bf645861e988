package edge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/echo"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/redact"
	"github.com/plugboard/plugboard/gateway/route"
	"github.com/plugboard/plugboard/gateway/verify"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// Source is a source of the configuration with its plugin; nil where it has none.
type Source struct {
	Config *config.Source
	Plugin wasm.Plugin
	Echo   *echo.Watch    // nil: it reports nothing that the gateway causes
	Redact *redact.Source // nil: nothing
}

// PipelineOptions is what a Pipeline is built from.
type PipelineOptions struct {
	Sources []Source
	Routes  *route.Table
	MaxBody int64          // bytes, after decompression
	Tokens  *verify.Tokens // for sources with scheme oauth; nil: tokens of one's own, which end with the Pipeline
	Before  *Pipeline      // whose limits go on counting; nil: all begin anew
	Metrics *metrics.Set   // nil: nothing is counted
}

// Pipeline turns requests into what is to be stored and answered. It does not change but for its routes, and is safe for
// concurrent use; a reload builds another one.
type Pipeline struct {
	sources    map[string]*source // by raw path
	routes     atomic.Pointer[route.Table]
	issuer     *verify.Issuer // nil: no source knows tokens
	wantsPeers bool           // some source looks at client certificates
	use        use
}

// BuildError is a source that cannot be built. Place is the key path that config.At knows.
type BuildError struct {
	Place string
	Err   error
}

func (e *BuildError) Error() string { return e.Place + ": " + e.Err.Error() }
func (e *BuildError) Unwrap() error { return e.Err }

// NewPipeline builds a Pipeline. Errors are *BuildError.
func NewPipeline(o PipelineOptions) (*Pipeline, error) {
	p := &Pipeline{sources: make(map[string]*source, len(o.Sources))}
	p.routes.Store(o.Routes)
	p.use.init()
	if o.Tokens == nil {
		o.Tokens = verify.NewTokens()
	}
	var ways []config.Verify
	for _, s := range o.Sources {
		ways = append(ways, s.Config.Verify...)
		built, err := newSource(s, o)
		if err != nil {
			return nil, &BuildError{"sources." + s.Config.Name + ".verify", err}
		}
		if other := p.sources[s.Config.Path]; other != nil {
			return nil, &BuildError{"sources." + s.Config.Name + ".path", fmt.Errorf("source %s has the path %s", other.name, s.Config.Path)}
		}
		p.sources[s.Config.Path] = built
	}
	p.issuer, p.wantsPeers = verify.NewIssuer(ways, o.Tokens), verify.WantsPeers(ways)
	for _, path := range []string{TokenPath, RevokePath} {
		if s := p.sources[path]; s != nil && p.issuer != nil {
			return nil, &BuildError{"sources." + s.name + ".path", errors.New("clients of scheme oauth fetch and revoke their tokens at " + path)}
		}
	}
	return p, nil
}

// Reading is what a request comes to. Exactly one of three holds: it is refused (Status and Reason say how), it is to be
// set aside (Aside), or Entries are to be stored, if there are any, and then it is answered with Status.
type Reading struct {
	Source  string // "" when there is none at that path
	Status  int
	Reason  string // why it was refused, dropped or set aside
	Events  []event.Event
	Entries []queue.Entry // one for each event, with the deliveries it owes
	Aside   *queue.Rejected
	Reply   *event.Reply       // the vendor's own form of answer; nil: the gateway's
	Writes  []queue.StateWrite // what the plugin wants remembered where there are no Entries; else it stands in the first
	Faults  []route.Fault      // expressions that failed
	Log     []wasm.LogLine     // of the plugin
	Headers [][2]string        // of a refusal: Allow, Retry-After

	source  *source
	refused bool
}

// Refused says whether nothing of the request is to be stored. Status alone does not: a plugin's reply may be any.
func (r *Reading) Refused() bool { return r.refused }

func (r *Reading) refuse(status int, reason string) {
	r.refused, r.Status, r.Reason = true, status, reason
}

// Route makes another table the one that events are routed by: when endpoints come and go, the sources and what they
// remember stay.
func (p *Pipeline) Route(t *route.Table) { p.routes.Store(t) }

// IssuesTokens says whether clients fetch tokens here.
func (p *Pipeline) IssuesTokens() bool { return p.issuer != nil }

// Has says whether somebody listens at the raw path.
func (p *Pipeline) Has(path string) bool {
	_, ok := p.bodyAt(path)
	return ok
}

// bodyAt is the longest body that is read at a path, 0 for the server's; false where nobody listens.
func (p *Pipeline) bodyAt(path string) (most int, ok bool) {
	if s := p.sources[path]; s != nil {
		return int(s.ownMax), true
	}
	if p.issuer != nil && (path == TokenPath || path == RevokePath) {
		return maxTokenRequest, true
	}
	return 0, false
}

// Read takes a request as far as it gets without a store: it finds the source, believes or refuses the sender, has the
// body read into events, completes them, and asks the routes. It keeps nothing of req but what is in the Reading, which
// shares no memory with req.Body.
func (p *Pipeline) Read(ctx context.Context, req *Request, now time.Time) Reading {
	var r Reading
	s := p.sources[req.Path]
	if s == nil {
		r.refuse(http.StatusNotFound, "no source listens at this path")
		return r
	}
	r.Source, r.source = s.name, s
	if !s.allows(req.Method) {
		r.refuse(http.StatusMethodNotAllowed, "method "+printable(req.Method)+" is not allowed here")
		r.Headers = append(r.Headers, [2]string{"Allow", s.allow})
		return r
	}
	if !req.checked {
		checked, fault := checkRequest(req)
		if fault != nil {
			r.refuse(fault.status, fault.what)
			return r
		}
		req = checked
	}
	if !s.believe(req, now, &r) || !s.admit(req, now, &r) {
		return r
	}
	body, err := inflate(event.LowerName(req.header("content-encoding")), req.Body, s.maxBody)
	if err != nil {
		r.refuse(inflateStatus(err), err.Error())
		return r
	}
	s.read(ctx, req, body, now, &r)
	if s.redact != nil {
		s.redactEvents(&r)
	}
	if r.Refused() || r.Aside != nil || len(r.Events) == 0 {
		return r
	}
	p.enter(req, now, &r)
	return r
}

// Again reads a stored request anew: as Read does, from when the sender was believed on. The source is found by its name,
// as its path may have changed since.
func (p *Pipeline) Again(ctx context.Context, source string, raw event.Raw, received time.Time) Reading {
	var r Reading
	if redact.Lacks(&raw) {
		r.refuse(http.StatusConflict, "its body was not kept (redact), so it cannot be read again")
		return r
	}
	for _, s := range p.sources {
		if s.name != source {
			continue
		}
		r.Source, r.source = s.name, s
		req := &Request{Method: raw.Method, Path: raw.Path, Query: raw.Query, Headers: raw.Headers, RemoteAddr: raw.RemoteAddr, Body: raw.Body}
		if raw.ContentType != "" && req.header("content-type") == "" {
			req.Headers = append(slices.Clone(req.Headers), event.Header{Name: "content-type", Value: raw.ContentType})
		}
		body, err := inflate(event.LowerName(req.header("content-encoding")), req.Body, s.maxBody)
		if err != nil {
			r.refuse(inflateStatus(err), err.Error())
			return r
		}
		s.read(ctx, req, body, received, &r)
		if s.redact != nil {
			s.redactEvents(&r)
		}
		if !r.Refused() && r.Aside == nil && len(r.Events) > 0 {
			p.enter(req, received, &r)
		}
		return r
	}
	r.refuse(http.StatusNotFound, "there is no such source any more")
	return r
}

func inflateStatus(err error) int {
	switch {
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errEncoding):
		return http.StatusUnsupportedMediaType
	}
	return http.StatusBadRequest
}

// maxRawCopies bounds what the request of a batch costs when it is stored with each of its events.
const maxRawCopies = 1 << 20

// enter makes the queue's entries of the events.
func (p *Pipeline) enter(req *Request, now time.Time, r *Reading) {
	raw := r.source.raw(req)
	r.Entries = make([]queue.Entry, len(r.Events))
	r.Entries[0].Writes, r.Writes = r.Writes, nil
	var room [8]route.Match
	matches := room[:0]
	for i := range r.Events {
		e := &r.Events[i]
		matches, r.Faults = p.match(matches[:0], e, r)
		entry := &r.Entries[i]
		entry.Event = queue.Event{
			ID: e.ID, Source: r.Source, Type: e.Type, Subject: e.Subject, Received: now,
			Body: e.JSON, Window: r.source.window,
		}
		if i == 0 || len(r.Events)*len(raw) <= maxRawCopies {
			entry.Event.Raw = raw
		}
		if len(matches) > 0 {
			entry.Owed = make([]queue.Owed, len(matches))
		}
		for j, m := range matches {
			entry.Owed[j] = queue.Owed{Destination: m.Destination, Route: m.Route.Name, Key: m.Key, Replaces: m.LatestOnly}
		}
	}
}

func (p *Pipeline) match(dst []route.Match, e *event.Event, r *Reading) ([]route.Match, []route.Fault) {
	matches, faults := p.routes.Load().Match(dst, r.Source, e)
	return matches, append(r.Faults, faults...)
}

// checkRequest is the wire check for a request that did not come over one. The names of the headers it gives back are in
// lower case.
func checkRequest(req *Request) (*Request, *wireError) {
	if len(req.Headers) > maxHeaders {
		return nil, &wireError{http.StatusRequestHeaderFieldsTooLarge, "more than 100 headers"}
	}
	checked := *req
	checked.Headers = make([]event.Header, len(req.Headers))
	seen := make(map[string]bool, len(req.Headers))
	for i, h := range req.Headers {
		h.Name = event.LowerName(h.Name)
		switch {
		case !event.ValidHeaderName(h.Name):
			return nil, malformed("a header's name holds a character that no name has, or an underscore")
		case !event.ValidHeaderValue(h.Value):
			return nil, malformed("a header's value holds a control character")
		case single[h.Name] && seen[h.Name]:
			return nil, malformed("header " + h.Name + " is sent more than once")
		}
		seen[h.Name] = true
		checked.Headers[i] = h
	}
	if seen["content-length"] && seen["transfer-encoding"] {
		return nil, malformed("content-length and transfer-encoding contradict each other")
	}
	return &checked, nil
}

// single are the headers that may stand in a request once.
var single = map[string]bool{
	"host": true, "content-type": true, "authorization": true, "content-length": true, "content-encoding": true,
	"transfer-encoding": true,
}
