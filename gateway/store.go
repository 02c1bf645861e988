package gateway

import (
	"context"
	"crypto/sha256"
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
	"github.com/plugboard/plugboard/gateway/keyring"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

// OpenStore opens the queue that a configuration names. log may be nil.
func OpenStore(ctx context.Context, cfg *config.Config, log *slog.Logger, change ...func(*badgerqueue.Options)) (Store, error) {
	return openStore(ctx, cfg, nil, log, change...)
}

// openStore is OpenStore with an environment; nil: the process's.
func openStore(ctx context.Context, cfg *config.Config, getenv func(string) (string, bool), log *slog.Logger, change ...func(*badgerqueue.Options)) (Store, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	key, err := sealingKey(cfg, getenv)
	if err != nil {
		return nil, err
	}
	o := badgerqueue.Options{Dir: cfg.Queue.Dir, Retain: cfg.Queue.Retain, MaxDisk: cfg.Queue.MaxDisk, MinFree: cfg.Queue.MinFree, Logger: log,
		StateBytes: cfg.Plugins.State, StateKeys: cfg.Plugins.StateKeys, Key: key}
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
	key, err := sealingKey(cfg, nil)
	if err != nil {
		return queue.AuditReport{}, err
	}
	return badgerqueue.AuditDir(ctx, dir, key)
}

// sealingKey gives the key that the store is sealed with; nil where it is in the clear. A new store gets one.
func sealingKey(cfg *config.Config, getenv func(string) (string, bool)) ([]byte, error) {
	if !cfg.Queue.Encrypt {
		return nil, nil
	}
	dir := cfg.Queue.Dir
	ring, err := KeyPlace(cfg, getenv).Load()
	switch {
	case errors.Is(err, keyring.ErrNone) && keyring.HasStoreKey(dir):
		// To make a first one, as the error says, would lead away from here.
		return nil, fmt.Errorf("[queue] encrypt: %w, and the store in %s is sealed under one; put that back, in %s or %s", keyring.ErrNone, dir, keyring.EnvName, cfg.Secrets.KeyFile)
	case err != nil:
		return nil, fmt.Errorf("[queue] encrypt: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "badger", "KEYREGISTRY")); err == nil && !keyring.HasStoreKey(dir) {
		// The engine says whether that store is in the clear or its key is lost; it must not get another one.
		return make([]byte, sha256.Size), nil
	}
	key, err := keyring.MakeStoreKey(dir, ring)
	if err != nil {
		return nil, fmt.Errorf("[queue] encrypt: %w", err)
	}
	return key.Derive("store"), nil
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
