package edge

import (
	"github.com/plugboard/plugboard/gateway/echo"
	"github.com/plugboard/plugboard/queue"
)

// echoes finds the events of a Reading that report what the gateway itself caused. What they owe is dropped, but on routes
// that want echoes too; what they answer for is taken in their own commit. Nil for sources that report from nowhere.
func (s *Server) echoes(p *Pipeline, r *Reading) []*echo.Taken {
	if r.source == nil || !r.source.echo.Active() {
		return nil
	}
	var all []*echo.Taken
	for i := range r.Events {
		e := &r.Events[i]
		if e.Echo.Key == "" {
			continue
		}
		taken, write, ok := r.source.echo.Take(e.Echo)
		if !ok {
			continue
		}
		if all == nil {
			all = make([]*echo.Taken, len(r.Events))
		}
		all[i] = taken
		entry := &r.Entries[i]
		entry.Writes = append(entry.Writes, write)
		for j := range entry.Owed {
			if owed := &entry.Owed[j]; !p.routes.Load().TakesEchoes(owed.Route) {
				owed.Dropped = taken.Reason(s.now())
			}
		}
	}
	return all
}

// echoed counts the echoes that are stored, and gives back what those answer for that are not: after an error all will come
// again, and a repeat was counted the first time.
func (s *Server) echoed(r *Reading, taken []*echo.Taken, receipts []queue.Receipt, err error) {
	for i, t := range taken {
		switch {
		case t == nil:
		case err != nil || receipts[i].Repeat:
			t.Return()
		default:
			t.Stored()
			r.source.countEcho(r.Entries[i].Owed)
			s.log.log.Info("echo stored and not routed", "source", r.Source, "event_id", r.Events[i].ID, "delivery", t.Delivery)
		}
	}
}

func (s *source) countEcho(owed []queue.Owed) {
	if s.metrics == nil {
		return
	}
	s.metrics.Echoes.WithLabelValues(s.name).Inc()
	for i := range owed {
		if owed[i].Dropped != "" {
			s.metrics.Deliveries.WithLabelValues(owed[i].Destination, queue.Dropped.String()).Inc()
		}
	}
}
