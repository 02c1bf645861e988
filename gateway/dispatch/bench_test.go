package dispatch

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/queue"
)

// BenchmarkGate is what a lane pays for its gate with each attempt: a question, an entry and a report.
func BenchmarkGate(b *testing.B) {
	for _, bench := range []struct {
		name string
		rate config.Rate
	}{{"without a rate", config.Rate{}}, {"with a rate", config.Rate{Count: 1e12, Per: time.Second}}} {
		b.Run(bench.name, func(b *testing.B) {
			g := newGate(prometheus.NewGauge(prometheus.GaugeOpts{}), &Lane{Concurrency: 10, Rate: bench.rate, SlowDown: true})
			r := deliver.Result{Class: deliver.Delivered, Attempt: queue.Attempt{Status: 200}}
			b.ReportAllocs()
			for b.Loop() {
				if n, _ := g.free(); n == 0 {
					b.Fatal("closed")
				}
				probe, _, ok := g.enter()
				if !ok {
					b.Fatal("closed")
				}
				g.report(r, probe)
			}
		})
	}
}
