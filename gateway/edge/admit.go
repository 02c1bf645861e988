package edge

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/verify"
)

// believe has the source's scheme look at the request. Of a request that is believed the credential is taken out of
// where it would be stored or shown.
func (s *source) believe(req *Request, now time.Time, r *Reading) bool {
	req.proof = verify.Request{Headers: req.Headers, Body: req.Body, Path: req.Path, Query: req.Query, Now: now, Remote: req.RemoteAddr, Peers: req.Peers}
	if err := s.verifier.Verify(&req.proof); err != nil {
		status := http.StatusUnauthorized
		var fault *verify.Error
		if errors.As(err, &fault) && fault.Forbidden {
			status = http.StatusForbidden
		} else if s.asks != "" {
			r.Headers = append(r.Headers, [2]string{"WWW-Authenticate", s.asks})
		}
		r.refuse(status, err.Error())
		return false
	}
	if s.conceals != nil {
		s.conceals.Conceal(&req.proof)
		req.Query = req.proof.Query // Body is written over in place
	}
	return true
}

// admit bounds what a believed sender may send, and how often. Strangers do not count: else one could use up what the
// sender may.
func (s *source) admit(req *Request, now time.Time, r *Reading) bool {
	if s.ownMax > 0 && int64(len(req.Body)) > s.ownMax { // in chunks: a length was looked at before it was read
		r.refuse(http.StatusRequestEntityTooLarge, "the body is larger than max_body")
		return false
	}
	if s.limit == nil || s.limit.bucket.AllowN(now, 1) {
		return true
	}
	r.refuse(http.StatusTooManyRequests, "more requests than the source's limit of "+s.limit.says)
	r.Headers = append(r.Headers, [2]string{"Retry-After", strconv.Itoa(s.limit.wait(now))})
	return false
}

// limit is how many requests a source takes: a bucket that holds what may come in one unit of the configured rate.
type limit struct {
	config.Rate
	says   string
	bucket *rate.Limiter
}

// newLimit goes on with the bucket of the pipeline before, if the rate is the same: a reload gives nobody a second helping.
func newLimit(c *config.Source, before *Pipeline) *limit {
	if c.Limit.Count == 0 {
		return nil
	}
	if before != nil {
		for _, s := range before.sources {
			if s.name == c.Name && s.limit != nil && s.limit.Rate == c.Limit {
				return s.limit
			}
		}
	}
	unit := map[time.Duration]string{time.Second: "/s", time.Minute: "/m", time.Hour: "/h"}[c.Limit.Per]
	return &limit{c.Limit, strconv.FormatFloat(c.Limit.Count, 'f', -1, 64) + unit,
		rate.NewLimiter(rate.Limit(c.Limit.Count/c.Limit.Per.Seconds()), int(max(1, c.Limit.Count)))}
}

// wait is how many seconds it takes until another request is let in.
func (l *limit) wait(now time.Time) int {
	missing := 1 - l.bucket.TokensAt(now)
	return max(1, int(math.Ceil(missing/float64(l.bucket.Limit()))))
}
