package gateway

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// standingCollector tells which destinations are held back, when it is asked: those configured, and no others, so that
// what somebody once paused leaves no series behind.
type standingCollector struct{ g *Gateway }

var (
	pausedDesc = prometheus.NewDesc("plugboard_destination_paused", "1 while an operator holds the destination back.", []string{"destination"}, nil)
	slowedDesc = prometheus.NewDesc("plugboard_destination_quiet_seconds",
		"For how long the destination is still left alone, as its answers asked or its breaker wants; 0: it is not.", []string{"destination"}, nil)
)

func (standingCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- pausedDesc
	ch <- slowedDesc
}

func (c standingCollector) Collect(ch chan<- prometheus.Metric) {
	paused := c.g.Paused()
	for _, name := range c.g.dispatch.Destinations() {
		held := 0.0
		if _, is := paused[name]; is {
			held = 1
		}
		quiet := max(time.Until(c.g.dispatch.Look(name).QuietUntil).Seconds(), 0)
		ch <- prometheus.MustNewConstMetric(pausedDesc, prometheus.GaugeValue, held, name)
		ch <- prometheus.MustNewConstMetric(slowedDesc, prometheus.GaugeValue, quiet, name)
	}
}
