package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/access"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/echo"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// hand takes in events that somebody hands in over the API.
func (g *Gateway) hand(source, contentType string, body []byte) (status int, reason string, receipts []queue.Receipt) {
	h := g.edge.Hand(source, contentType, body)
	return h.Status, h.Reason, h.Receipts
}

// probe sends an event to a destination as a delivery is sent, with parts of its own: nothing is stored, and what waits
// there, its breaker and its rate do not notice.
func (g *Gateway) probe(ctx context.Context, name string, p admin.Probe) (out admin.Probed, err error) {
	g.mu.Lock()
	to, routes, err := g.apart(ctx, name)
	g.mu.Unlock()
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, to.close(context.WithoutCancel(ctx))) }()
	route := routeTo(routes, name)
	body := []byte(p.Event)
	if body == nil {
		if body, err = sampleEvent(route, time.Now()); err != nil {
			return out, err
		}
	}
	e, err := event.Parse(body)
	if err != nil {
		return out, fmt.Errorf("/event: %w", err)
	}
	d, err := to.attempter(to.net, to.echo, g.log, time.Now, nil)
	if err != nil {
		return out, err
	}
	now := time.Now()
	r := d.Attempt(ctx, &queue.Delivery{ID: e.ID + "/" + name, Destination: name, Route: route.Name, State: queue.Pending, Created: now,
		Event: queue.Event{ID: e.ID, Source: event.Handed, Type: e.Type, Subject: e.Subject, Received: now, Body: e.JSON}})
	out = admin.Probed{Outcome: r.Class.String(), Reason: r.Reason, Status: r.Attempt.Status, Requests: r.Requests,
		Response: strings.ToValidUTF8(string(r.Attempt.Response), "�"), DurationMS: float64(r.Attempt.Duration.Microseconds()) / 1000, Event: e.JSON}
	if out.Requests == nil {
		out.Requests = []string{}
	}
	return out, nil
}

// apart makes a destination or an endpoint once more, beside the one in use. An endpoint need not be in use for that. It is
// called with mu held.
func (g *Gateway) apart(ctx context.Context, name string) (*destination, []*config.Route, error) {
	a := g.current
	if part := a.endpoints[name]; part != nil {
		r := part.record
		made, err := g.assembler.endpoint(ctx, a, &r, r.Full())
		if err != nil {
			return nil, nil, err
		}
		return made.destination, made.cfg.Alone().Routes, nil
	}
	c := a.cfg.Destination(name)
	if c == nil {
		return nil, nil, admin.ErrNoDestination
	}
	made, err := a.destination(ctx, c, making{dev: g.opts.Dev, lazy: true})
	if err != nil {
		return nil, nil, errors.Join(err, made.close(ctx))
	}
	return made, a.cfg.Routes, nil
}

// routeTo is the first route to a destination; one that does nothing where there is none.
func routeTo(routes []*config.Route, destination string) *config.Route {
	for _, r := range routes {
		for _, to := range r.To {
			if to == destination {
				return r
			}
		}
	}
	return &config.Route{Name: "test"}
}

// sampleEvent is an event of a type that the route takes, with what the bundled plugins ask for.
func sampleEvent(r *config.Route, now time.Time) ([]byte, error) {
	kind := "agent.state.changed"
	if len(r.Types) > 0 {
		kind = r.Types[0]
	}
	if beginning, ok := strings.CutSuffix(kind, "*"); ok {
		kind = strings.TrimSuffix(beginning, ".")
		for _, t := range event.Types() {
			if strings.HasPrefix(t, beginning) {
				kind = t
				break
			}
		}
	}
	return json.Marshal(map[string]any{
		"specversion": "1.0", "id": access.NewID("test-", now), "source": "/plugboard/test", "type": kind, "subject": "agent/test",
		"time": event.FormatTime(now.UTC()), "datacontenttype": "application/json",
		"data": map[string]any{
			"test": true, "scope": "unified",
			"agent":  map[string]any{"id": "test", "name": "Test Agent", "email": "test@example.com"},
			"state":  map[string]any{"id": "1", "name": "online", "base": "available"},
			"call":   map[string]any{"id": "test-call", "direction": "inbound"},
			"ticket": map[string]any{"id": "1", "subject": "A test", "status": "open"},
		},
	})
}

// tryNow plays a request with the plugins and the configuration as they are on disk now. Nothing is sent or stored.
func (g *Gateway) tryNow(ctx context.Context, t admin.Trial) (result any, err error) {
	trial := Trial{Method: t.Method, Target: t.Target, Body: casefile.Text(t.Body), Now: t.Now}
	if trial.Now.IsZero() {
		trial.Now = time.Now()
	}
	for name, value := range t.Headers {
		trial.Headers = append(trial.Headers, event.Header{Name: strings.ToLower(name), Value: value})
	}
	if t.Answers != nil {
		trial.Answers = []Answer{}
		if err := json.Unmarshal(t.Answers, &trial.Answers); err != nil {
			return nil, fmt.Errorf(`/answers: not a list of {"status", "headers", "body"}: %w`, err)
		}
	}
	a, err := g.beside(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.close(context.WithoutCancel(ctx))) }()
	return a.try(ctx, trial)
}

// beside is what the files as they are now would come to, endpoints included.
func (g *Gateway) beside(ctx context.Context) (*assembly, error) {
	cfg, err := config.Load(g.opts.ConfigFile, config.Options{Getenv: g.opts.Getenv, Stored: g.storedNow})
	if err != nil {
		return nil, err
	}
	apart := *g.assembler
	apart.tallies, apart.echo = &tallies{}, echo.New(nil) // what is compared there is not live traffic
	a, err := apart.assemble(ctx, cfg, nil)
	if err != nil {
		return nil, err
	}
	apart.addEndpoints(ctx, a, g.inForce().records())
	return a, nil
}
