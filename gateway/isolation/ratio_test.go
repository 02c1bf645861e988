package isolation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/feed"
)

const (
	rounds      = 11  // of each kind
	perRound    = 300 // events, each for all destinations
	leastOfRate = 0.9 // of the rate without the two
)

// BenchmarkIsolation measures what the 98 destinations that work lose to the two that do not: the rate at which
// everything for them is delivered, with the two and without. Rounds of both kinds take turns, each on a gateway of its
// own; the median of the ratios of neighbours counts. It fails below 0.9. It is a measurement and no part of a normal run: on a machine that does
// nothing else,
//
//	go test ./gateway/isolation -run '^$' -bench Isolation -benchtime 1x
func BenchmarkIsolation(b *testing.B) {
	for b.Loop() {
		var without, with, ratios []float64
		for i := range rounds {
			first := rate(b, i%2 == 0)
			second := rate(b, i%2 != 0)
			if i%2 == 0 {
				first, second = second, first
			}
			without, with, ratios = append(without, first), append(with, second), append(ratios, second/first)
		}
		ratio := median(ratios)
		b.ReportMetric(median(without), "without/s")
		b.ReportMetric(median(with), "with/s")
		b.ReportMetric(ratio, "ratio")
		if ratio < leastOfRate {
			b.Errorf("%.2f of the rate is left with a hanging and a failing destination, want %.2f: %.0f deliveries a second with, %.0f without",
				ratio, leastOfRate, with, without)
		}
	}
}

// rate is the deliveries a second to the destinations that work, with the two that do not or without them.
func rate(b *testing.B, two bool) float64 {
	h := startHundred(b, two, nil)
	h.round(b, 0, perRound/10) // connections are open, the breaker too
	began := time.Now()
	h.round(b, perRound, perRound)
	took := time.Since(began)
	h.hangs.release()
	h.stop()
	return good * perRound / took.Seconds()
}

// round sends events and waits until those that work have them.
func (h *hundred) round(b *testing.B, from, n int) {
	h.send(b, from, n)
	left := good * n
	if !h.await(patience, func(note feed.Note) bool {
		if note.Kind == feed.Ended {
			left--
		}
		return left == 0
	}) {
		b.Fatalf("%d deliveries have not ended", left)
	}
}

func median(list []float64) float64 {
	return slices.Sorted(slices.Values(list))[len(list)/2]
}
