package dispatch

import (
	"math"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
)

// bucket is a token bucket: a request takes a token, and tokens come back one after the other. It never lets through more
// than the configured number in any span of the configured length, however that lies, so that a receiver which counts by
// the clock's minute takes all of it: of 300 a minute, 16 may come at once, and tokens come back at 285 a minute. More at
// once would cost more of what goes through in the long run.
//
// golang.org/x/time/rate has no way to take more tokens than there are, when an attempt made further requests, nor to give
// one back that was not needed, when it made none.
type bucket struct {
	burst  float64
	second float64 // tokens that come back in a second; 0: no limit
	tokens float64 // below 0: owed
	at     time.Time
}

// atOnce is the share of a rate that may come at once.
const atOnce = 1.0 / 20

func newBucket(r config.Rate) bucket {
	if r.Count <= 0 || r.Per <= 0 {
		return bucket{}
	}
	burst := 1 + math.Floor(r.Count*atOnce)
	return bucket{burst: burst, tokens: burst, second: (r.Count - (burst - 1)) / r.Per.Seconds()}
}

// refill brings tokens up to date. A clock that goes backwards adds none.
func (b *bucket) refill(now time.Time) {
	if !b.at.IsZero() {
		b.tokens = min(b.burst, b.tokens+max(0, now.Sub(b.at).Seconds())*b.second)
	}
	b.at = now
}

// free gives how many requests may be made now; when none, how long that lasts.
func (b *bucket) free(now time.Time) (int, time.Duration) {
	if b.second == 0 {
		return math.MaxInt32, 0
	}
	b.refill(now)
	const enough = 1 - 1e-6 // what is lost in rounding is no reason to wait again
	if b.tokens >= enough {
		return int(b.tokens + 1e-6), 0
	}
	return 0, time.Duration(math.Ceil((1 - b.tokens) / b.second * float64(time.Second)))
}

// take takes tokens, more than there are if need be; a negative number gives them back.
func (b *bucket) take(n int) {
	if b.second > 0 {
		b.tokens = min(b.burst, b.tokens-float64(n))
	}
}
