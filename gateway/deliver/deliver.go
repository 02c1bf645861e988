// Package deliver makes one attempt at one delivery, and says what came of it. When to try again is for package retry,
// what to do with the outcome for package dispatch.
//
//	event ─► via transforms ─► format ─► request ─► Exchanger ─► response ─► judge ─► outcome
//	         (zero or more)               ▲  secrets, credentials,             │
//	                                      │  signature, address guard, proxy,  │
//	                                      │  one exchange, redirects if asked  │
//	                                      └──────────── next step ─────────────┘
//
// A destination's plugin writes the requests (format) and reads the answers (judge); without a judge the status code
// decides, without a plugin the event goes out as it is, as a CloudEvent. Up to the Exchanger everything holds
// placeholders where secrets belong. The real Exchanger (Network) puts the values in, sends, and strikes them from
// the answer again, so neither a plugin nor a record ever sees one; a scripted Exchanger plays an attempt without a
// network.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/echo"
	"github.com/plugboard/plugboard/gateway/shadow"
	"github.com/plugboard/plugboard/gateway/trace"
	"github.com/plugboard/plugboard/gateway/wasm"
)

// MaxSteps is how many exchanges one attempt may take for each event, so that a judge that always asks for a next one
// ends.
const MaxSteps = 16

// Request is a request before secrets are put in.
type Request struct {
	Method string
	URL    string      // absolute, with placeholders
	Header http.Header // with placeholders
	Body   []byte      // with placeholders
	Trace  trace.Context
}

// Response is what came back, with secrets struck out. A scripted Exchanger fills the exported fields.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	used credentials
	hops []string // redirects on the way, for people
}

// Exchanger makes one exchange. Implementations are safe for concurrent use.
type Exchanger interface {
	// Exchange returns an error when no response arrived. An error that is or wraps a *send.Error with Permanent set
	// makes a dead letter, any other a retry.
	Exchange(ctx context.Context, r *Request) (*Response, error)
}

// refresher is an Exchanger that can get new credentials after an answer of 401.
type refresher interface {
	refresh(ctx context.Context, r *Response) (bool, error)
}

// Shadow is shown each call of a destination's plugin, with what came of it; a *shadow.Shadow is one. It must not wait.
type Shadow interface{ Offer(shadow.Call) }

// Options make a Destination.
type Options struct {
	Config    *config.Destination
	Plugin    wasm.Plugin              // nil: events go out as CloudEvents
	Via       map[string][]wasm.Plugin // transforms by route name, in their order
	Shadows   map[string]Shadow        // of Plugin, by route name; nil: none
	Exchanger Exchanger
	Echo      *echo.Line       // where effects are put down before they are caused; nil: nothing reports from there
	Log       *slog.Logger     // for what plugins log; nil: nowhere
	Now       func() time.Time // nil: time.Now
}

// Destination attempts deliveries to one system. It is safe for concurrent use and holds no state between attempts.
type Destination struct {
	opts     Options
	base     address
	statuses statuses
	label    string // of the plugin, for records

	viaLabels map[string]string // of transforms, by route
}

// New makes a Destination.
func New(o Options) (*Destination, error) {
	if o.Config == nil || o.Exchanger == nil {
		return nil, errors.New("deliver: a destination needs its configuration and an exchanger")
	}
	if o.Plugin != nil && !o.Plugin.Functions().Has(wasm.Format) {
		return nil, fmt.Errorf("deliver: destination %s: plugin %s has no format function; it cannot write requests", o.Config.Name, o.Plugin.Name())
	}
	statuses, err := newStatuses(o.Config)
	if err != nil {
		return nil, fmt.Errorf("deliver: destination %s: %w", o.Config.Name, err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Destination{opts: o, base: address(o.Config.URL.Placeholder), statuses: statuses}
	if o.Plugin != nil {
		d.label = Label(o.Plugin)
	}
	d.viaLabels = make(map[string]string, len(o.Via))
	for route, chain := range o.Via {
		var labels []string
		for _, p := range chain {
			labels = append(labels, Label(p))
		}
		d.viaLabels[route] = strings.Join(labels, ", ")
	}
	return d, nil
}

// Label names a plugin and what it was made of: "babelforce@1f3a…".
func Label(p wasm.Plugin) string {
	if h := p.Hash(); h != "" {
		return p.Name() + "@" + h[:min(len(h), 12)]
	}
	return p.Name()
}

// Name gives the destination's name.
func (d *Destination) Name() string { return d.opts.Config.Name }
