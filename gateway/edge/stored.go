package edge

import (
	"context"
	"errors"
	"time"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/route"
	"github.com/plugboard/plugboard/queue"
)

var errNotServing = errors.New("edge: nothing is served yet")

// Again reads a stored request with the pipeline in use. See Pipeline.Again.
func (s *Server) Again(ctx context.Context, source string, raw event.Raw, received time.Time) Reading {
	p := acquire(&s.pipeline)
	if p == nil {
		var r Reading
		r.refuse(503, errNotServing.Error())
		return r
	}
	defer p.use.release()
	r := p.Again(ctx, source, raw, received)
	s.tell(&r)
	return r
}

// Owed gives what a stored event owes by the routes in use.
func (s *Server) Owed(ev *queue.Event) (owed []queue.Owed, err error) {
	err = s.stored(ev, func(t *route.Table, e *event.Event) error {
		matches, faults := t.Match(nil, ev.Source, e)
		for _, m := range matches {
			owed = append(owed, queue.Owed{Destination: m.Destination, Route: m.Route.Name, Key: m.Key})
		}
		s.tell(&Reading{Source: ev.Source, Faults: faults})
		return nil
	})
	return owed, err
}

// Key gives a stored event's ordering key at a destination.
func (s *Server) Key(destination string, ev *queue.Event) (key string, err error) {
	err = s.stored(ev, func(t *route.Table, e *event.Event) error {
		key, err = t.Key(destination, e)
		return err
	})
	return key, err
}

// stored hands a stored event and the routes in use to a function.
func (s *Server) stored(ev *queue.Event, use func(*route.Table, *event.Event) error) error {
	p := acquire(&s.pipeline)
	if p == nil {
		return errNotServing
	}
	defer p.use.release()
	e, err := event.Parse(ev.Body)
	if err != nil {
		return err
	}
	return use(p.routes.Load(), &e)
}
