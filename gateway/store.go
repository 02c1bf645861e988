package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

// OpenStore opens the queue that a configuration names. log may be nil.
func OpenStore(ctx context.Context, cfg *config.Config, log *slog.Logger, change ...func(*badgerqueue.Options)) (Store, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	o := badgerqueue.Options{Dir: cfg.Queue.Dir, Retain: cfg.Queue.Retain, MaxDisk: cfg.Queue.MaxDisk, MinFree: cfg.Queue.MinFree, Logger: log,
		StateBytes: cfg.Plugins.State, StateKeys: cfg.Plugins.StateKeys}
	for _, f := range change {
		f(&o)
	}
	q, err := badgerqueue.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return q, nil
}

func withMetrics(m *metrics.Set) func(*badgerqueue.Options) {
	return func(o *badgerqueue.Options) {
		o.Observe = func(batch int, d time.Duration) {
			m.CommitBatchSize.Observe(float64(batch))
			m.CommitDuration.Observe(d.Seconds())
		}
	}
}

// tellReplaced counts what a newer event replaced, and tells it to who follows.
func (g *Gateway) tellReplaced(o *badgerqueue.Options) {
	o.Superseded = func(d queue.Delivery) {
		state := d.State.String()
		g.metrics.Deliveries.WithLabelValues(d.Destination, state).Inc()
		if g.feed.Busy() {
			g.feed.Publish(feed.Note{Kind: feed.Ended, Time: time.Now(), Source: d.Event.Source, Event: d.Event.ID, Type: d.Event.Type,
				Subject: d.Event.Subject, Delivery: d.ID, Destination: d.Destination, Route: d.Route, Attempt: d.Attempts, Result: state, Reason: d.Reason})
		}
	}
}

func (o *Options) forStore(q *badgerqueue.Options) { q.AcceptLoss, q.Step = o.AcceptLoss, o.Step }

// Audit recounts a store that no gateway has open.
func Audit(ctx context.Context, cfg *config.Config) (queue.AuditReport, error) {
	dir := cfg.Queue.Dir
	if _, err := os.Stat(filepath.Join(dir, "badger")); errors.Is(err, fs.ErrNotExist) {
		return queue.AuditReport{}, fmt.Errorf("there is no queue in %s; has a gateway run with this configuration?", dir)
	}
	return badgerqueue.AuditDir(ctx, dir)
}

// depthCollector tells the backlog of each destination when it is asked.
type depthCollector struct{ store queue.Inspector }

var (
	depthDesc  = prometheus.NewDesc("plugboard_queue_depth", "Deliveries waiting, leased, or waiting for a retry.", []string{"destination"}, nil)
	oldestDesc = prometheus.NewDesc("plugboard_queue_oldest_seconds", "Age of the oldest delivery waiting.", []string{"destination"}, nil)
)

func (depthCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- depthDesc
	ch <- oldestDesc
}

func (c depthCollector) Collect(ch chan<- prometheus.Metric) {
	depth, err := c.store.Depth(context.Background())
	if err != nil {
		ch <- prometheus.NewInvalidMetric(depthDesc, err)
		return
	}
	for name, d := range depth {
		age := 0.0
		if !d.Oldest.IsZero() {
			age = time.Since(d.Oldest).Seconds()
		}
		ch <- prometheus.MustNewConstMetric(depthDesc, prometheus.GaugeValue, float64(d.Pending), name)
		ch <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, age, name)
	}
}
