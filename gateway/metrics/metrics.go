// Package metrics is what the gateway counts, under the names that dashboards and alerts rely on. Labels take their
// values from the configuration alone, so their number is bounded; per-label children are resolved once, when a
// configuration is built, not on the hot path.
package metrics

import "github.com/prometheus/client_golang/prometheus"

// Set is every metric. All of it is safe for concurrent use.
type Set struct {
	EventsReceived  *prometheus.CounterVec   // source, code: requests answered, by status
	EventsAccepted  *prometheus.CounterVec   // source: events committed
	Deliveries      *prometheus.CounterVec   // destination, state: ended
	Attempts        *prometheus.CounterVec   // destination, result
	AttemptDuration *prometheus.HistogramVec // destination; seconds
	DeliveryLag     *prometheus.HistogramVec // destination; seconds from accepted to ended
	BreakerOpen     *prometheus.GaugeVec     // destination: 1 while open
	CommitBatchSize prometheus.Histogram     // operations a commit
	CommitDuration  prometheus.Histogram     // seconds
	PluginDuration  *prometheus.HistogramVec // plugin, function; seconds
	PluginFailures  *prometheus.CounterVec   // plugin, kind
	PluginInstances *prometheus.GaugeVec     // plugin
	Echoes          *prometheus.CounterVec   // source: events that the gateway itself caused
	ShadowCalls     *prometheus.CounterVec   // route, destination, result: calls of candidates compared
}

const prefix = "plugboard"

// Upper bounds in seconds: calls of plugins and commits lie between 5 µs and 100 ms, attempts and lag between 1 ms and a day.
var (
	fast = prometheus.ExponentialBuckets(5e-6, 2.5, 12)
	slow = append(prometheus.ExponentialBuckets(1e-3, 2.5, 10), 15, 60, 300, 1800, 7200, 86400)
)

// New makes a Set and registers it; reg may be nil for a Set that nobody reads.
func New(reg prometheus.Registerer) *Set {
	s := &Set{
		EventsReceived:  counter("events_received_total", "Requests answered, by status code.", "source", "code"),
		EventsAccepted:  counter("events_accepted_total", "Events committed to the queue.", "source"),
		Deliveries:      counter("deliveries_total", "Deliveries ended, by state.", "destination", "state"),
		Attempts:        counter("attempts_total", "Attempts ended, by result.", "destination", "result"),
		AttemptDuration: histogram("attempt_duration_seconds", "Time of an attempt with all its exchanges.", slow, "destination"),
		DeliveryLag:     histogram("delivery_lag_seconds", "Time from accepted to ended.", slow, "destination"),
		BreakerOpen:     gauge("breaker_open", "1 while the destination is paused for failing.", "destination"),
		PluginDuration:  histogram("plugin_call_duration_seconds", "Time of a plugin call.", fast, "plugin", "function"),
		PluginFailures:  counter("plugin_failures_total", "Plugin calls that failed, by kind.", "plugin", "kind"),
		PluginInstances: gauge("plugin_instances", "Instances alive.", "plugin"),
		Echoes:          counter("echoes_total", "Events stored and not routed, because a delivery caused what they report.", "source"),
		ShadowCalls: counter("shadow_calls_total", "Calls of candidates beside the plugin in force, by how they compare.",
			"route", "destination", "result"),
		CommitBatchSize: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: prefix, Name: "commit_batch_size",
			Help: "Operations in a commit.", Buckets: prometheus.ExponentialBuckets(1, 2, 13)}),
		CommitDuration: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: prefix, Name: "commit_duration_seconds",
			Help: "Time of a synced commit.", Buckets: prometheus.ExponentialBuckets(5e-5, 2, 14)}),
	}
	if reg != nil {
		reg.MustRegister(s.EventsReceived, s.EventsAccepted, s.Deliveries, s.Attempts, s.AttemptDuration, s.DeliveryLag,
			s.BreakerOpen, s.CommitBatchSize, s.CommitDuration, s.PluginDuration, s.PluginFailures, s.PluginInstances, s.Echoes, s.ShadowCalls)
	}
	return s
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: prefix, Name: name, Help: help}, labels)
}

func gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: prefix, Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: prefix, Name: name, Help: help, Buckets: buckets}, labels)
}
