package edge

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plugboard/plugboard/gateway/echo"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/redact"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/verify"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// source is what a Pipeline knows of one source.
type source struct {
	name     string
	methods  []string
	allow    string // methods as the Allow header has them
	plugin   wasm.Plugin
	verifier verify.Verifier
	asks     string           // for what credentials a 401 does, as WWW-Authenticate has them; "": none
	conceals verify.Concealer // nil: no credential stands where it would be stored
	limit    *limit           // nil: none
	maxBody  int64            // bytes, after decompression
	ownMax   int64            // the same, if it is less than the server's; else 0
	stored   *event.Filter    // headers that may be stored
	hidden   map[string]bool  // headers that a plugin is not shown
	vendor   string
	owner    string // of what the plugin remembers
	account  string
	window   time.Duration
	redact   *redact.Source // what is never stored; nil: nothing
	vault    *secret.Vault  // for what the plugin says; nil: it was given no secrets
	counts   counts
	echo     *echo.Watch  // nil: no event of it is an echo
	metrics  *metrics.Set // nil: nothing is counted
}

// counts are the metrics of one source, resolved beforehand.
type counts struct {
	byStatus map[int]prometheus.Counter
	accepted prometheus.Counter
}

// statuses are the answers of the contract.
var statuses = []int{200, 202, 400, 401, 403, 404, 405, 408, 413, 415, 429, 431, 500, 503}

func newCounts(name string, m *metrics.Set) counts {
	if m == nil {
		return counts{}
	}
	c := counts{byStatus: make(map[int]prometheus.Counter, len(statuses)), accepted: m.EventsAccepted.WithLabelValues(name)}
	for _, status := range statuses {
		c.byStatus[status] = m.EventsReceived.WithLabelValues(name, strconv.Itoa(status))
	}
	return c
}

// answered counts one answer. A plugin's reply may have any status; those outside the contract's count as the first of
// their hundred that is in it, so that the number of labels stays bounded.
func (c counts) answered(status int) {
	counter := c.byStatus[status]
	if counter == nil {
		counter = c.byStatus[map[int]int{2: 200, 3: 200, 4: 400, 5: 503}[status/100]]
	}
	if counter != nil {
		counter.Inc()
	}
}

func newSource(s Source, o PipelineOptions) (*source, error) {
	verifier, err := verify.New(s.Config.Verify, verify.Options{PublicURL: s.Config.PublicURL, Tokens: o.Tokens})
	if err != nil {
		return nil, err
	}
	credentials := verify.CredentialHeaders(s.Config.Verify)
	built := &source{
		name: s.Config.Name, methods: s.Config.Methods, plugin: s.Plugin, verifier: verifier,
		asks:  verify.Challenge(s.Config.Verify),
		vault: s.Config.Vault, redact: s.Redact,
		stored: event.NewFilter(credentials...), vendor: s.Config.Plugin, window: s.Config.Dedupe,
		hidden: map[string]bool{"authorization": true, "proxy-authorization": true, "cookie": true},
		counts: newCounts(s.Config.Name, o.Metrics),
		limit:  newLimit(s.Config, o.Before), maxBody: o.MaxBody,
		echo: s.Echo, metrics: o.Metrics,
	}
	built.conceals, _ = verifier.(verify.Concealer)
	if o.Metrics != nil && s.Echo != nil {
		o.Metrics.Echoes.WithLabelValues(s.Config.Name) // 0 is a number too
	}
	if s.Config.MaxBody > 0 {
		built.maxBody, built.ownMax = s.Config.MaxBody, s.Config.MaxBody
	}
	for _, name := range credentials {
		built.hidden[name] = true
	}
	if len(built.methods) == 0 {
		built.methods = []string{http.MethodPost}
	}
	built.allow = strings.Join(built.methods, ", ")
	built.owner = queue.Owner("sources", s.Config.Name, s.Config.Plugin)
	if built.vendor == "" {
		built.vendor = s.Config.Name
	}
	var connection struct{ Account any }
	if json.Unmarshal(s.Config.Config.JSON, &connection) == nil {
		built.account, _ = connection.Account.(string)
	}
	return built, nil
}

func (s *source) allows(method string) bool { return slices.Contains(s.methods, method) }

// raw is the request as it is stored. It is the one copy of what the connection lent.
func (s *source) raw(req *Request) []byte {
	if s.redact != nil { // apart, as what it changes cannot stay on the stack
		r := s.rawOf(req, nil)
		s.redactRaw(&r)
		return r.Encode()
	}
	var room [16]event.Header
	r := s.rawOf(req, room[:0])
	return r.Encode()
}

// rawOf is a request as it is kept, its headers in the room given.
func (s *source) rawOf(req *Request, room []event.Header) event.Raw {
	return event.Raw{
		Method: req.Method, Path: req.Path, Query: req.Query, ContentType: req.header("content-type"),
		RemoteAddr: req.RemoteAddr, Headers: s.stored.Append(room, req.Headers), Body: req.Body,
	}
}

// read has the body read into events.
func (s *source) read(ctx context.Context, req *Request, body []byte, now time.Time, r *Reading) {
	r.Status = http.StatusAccepted
	d := event.Defaults{Vendor: s.vendor, Account: s.account, Received: now, Echo: s.echo.Active()}
	if s.plugin == nil {
		events, err := event.ReadPlain(req.Headers, body, d)
		if err != nil { // whoever posts here writes for this gateway: he is told what is wrong, not kept in the dark
			r.refuse(plainStatus(err), err.Error())
		}
		r.Events = events
		return
	}
	f := factsOf(s, req, body, now)
	out, err := s.plugin.Call(ctx, wasm.Receive, wasm.Input{Body: body, Facts: f})
	f.release()
	r.Log = s.redacted(out.Log)
	if err != nil {
		s.failed(req, err, now, r)
		return
	}
	read, err := event.ReadOutput(out.Body, d)
	if err != nil {
		s.setAside(req, "plugin "+s.vendor+", receive: "+err.Error(), now, r)
		return
	}
	r.Events, r.Reply = read.Events, read.Reply
	for _, w := range out.State {
		r.Writes = append(r.Writes, queue.StateWrite{Owner: s.owner, Key: w.Key, Value: w.Value, TTL: w.TTL})
	}
	if r.Reply != nil {
		r.Status = r.Reply.Status
	}
}

// hideSecrets takes secrets out of what a plugin says before it is answered, stored or logged.
func (s *source) hideSecrets(text string) string {
	if s.vault == nil {
		return text
	}
	return s.vault.Redact(text)
}

func (s *source) redacted(lines []wasm.LogLine) []wasm.LogLine {
	for i := range lines {
		lines[i].Message = s.hideSecrets(lines[i].Message)
	}
	return lines
}

func plainStatus(err error) int {
	if errors.Is(err, event.ErrNotJSON) {
		return http.StatusUnsupportedMediaType
	}
	return http.StatusBadRequest
}

// failed gives a failed call its meaning. What the plugin cannot read is kept, not refused: an error answer makes some
// senders stop for good. Only the plugin itself may say that the sender is at fault.
func (s *source) failed(req *Request, err error, now time.Time, r *Reading) {
	var fault *wasm.Error
	if !errors.As(err, &fault) {
		s.setAside(req, err.Error(), now, r)
		return
	}
	switch fault.Kind {
	case wasm.Rejected:
		r.refuse(http.StatusBadRequest, s.hideSecrets(fault.Reason))
	case wasm.Dropped:
		r.Reason = s.hideSecrets(fault.Reason)
	case wasm.RetryLater, wasm.Stopped:
		r.refuse(http.StatusServiceUnavailable, s.hideSecrets(fault.Reason))
		r.Headers = append(r.Headers, [2]string{"Retry-After", "30"})
	default:
		s.setAside(req, fault.Error(), now, r)
		if said := said(r.Log); said != "" && s.redact == nil {
			r.Aside.Reason += "\n" + said
		}
	}
}

// said is what the plugin had to say to its failed call.
func said(redacted []wasm.LogLine) string { return wasm.Output{Log: redacted}.Said() }

func (s *source) setAside(req *Request, reason string, now time.Time, r *Reading) {
	r.Reason = s.hideSecrets(reason)
	if s.redact != nil {
		r.Reason = withheld
	}
	r.Aside = &queue.Rejected{Source: s.name, Received: now, Reason: r.Reason, Raw: s.raw(req)}
}
