package dispatch

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/queue"
)

// counters are a lane's metrics, looked up once.
type counters struct {
	ended    [queue.Cancelled + 1]prometheus.Counter
	attempts map[string]prometheus.Counter
	duration prometheus.Observer
	lag      prometheus.Observer
	breaker  prometheus.Gauge
}

func newCounters(m *metrics.Set, destination string) counters {
	c := counters{
		attempts: make(map[string]prometheus.Counter, 4),
		duration: m.AttemptDuration.WithLabelValues(destination),
		lag:      m.DeliveryLag.WithLabelValues(destination),
		breaker:  m.BreakerOpen.WithLabelValues(destination),
	}
	for _, s := range []queue.State{queue.Delivered, queue.Dropped, queue.Dead} {
		c.ended[s] = m.Deliveries.WithLabelValues(destination, s.String())
	}
	for _, class := range []deliver.Class{deliver.Delivered, deliver.Retry, deliver.Dead, deliver.Dropped} {
		c.attempts[class.String()] = m.Attempts.WithLabelValues(destination, class.String())
	}
	return c
}

// tell counts, logs and publishes what became of an attempt, after it is stored.
func (l *lane) tell(q *queue.Delivery, s settlement) {
	a := &s.Attempt
	l.counts.attempts[a.Result].Inc()
	l.counts.duration.Observe(a.Duration.Seconds())
	if s.state != queue.Pending {
		l.counts.ended[s.state].Inc()
		l.counts.lag.Observe((q.Age + time.Since(a.Started)).Seconds())
	}
	l.log(q, s)
	if !l.d.opts.Feed.Busy() {
		return
	}
	note := feed.Note{Kind: feed.Attempt, Time: time.Now(), Source: q.Event.Source, Event: q.Event.ID, Type: q.Event.Type,
		Subject: q.Event.Subject, Delivery: q.ID, Destination: q.Destination, Route: q.Route, Attempt: a.Number, Result: a.Result,
		Status: a.Status, Requests: s.Requests, Duration: a.Duration, NotBefore: s.at, Reason: s.Reason}
	l.d.opts.Feed.Publish(note)
	if s.state != queue.Pending {
		note.Kind, note.Result, note.Requests = feed.Ended, s.state.String(), nil
		l.d.opts.Feed.Publish(note)
	}
}

// log writes the one line of an attempt.
func (l *lane) log(q *queue.Delivery, s settlement) {
	level := slog.LevelInfo
	switch s.state {
	case queue.Pending:
		level = slog.LevelWarn
	case queue.Dead:
		level = slog.LevelError
	}
	log := l.d.opts.Log
	if !log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("event_id", q.Event.ID), slog.String("route", q.Route), slog.String("destination", q.Destination),
		slog.Int("attempt", s.Attempt.Number), slog.String("result", s.Attempt.Result), slog.Int("status", s.Attempt.Status),
		slog.Duration("duration", s.Attempt.Duration),
	}
	if s.Reason != "" {
		attrs = append(attrs, slog.String("err", s.Reason))
	}
	if !s.at.IsZero() {
		attrs = append(attrs, slog.Time("not_before", s.at))
	}
	log.LogAttrs(context.Background(), level, "attempt", attrs...)
}
