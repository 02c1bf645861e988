package bench

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"
)

// load is a load generator: senders with a connection each.
type load struct {
	url     string
	senders int
	want    int     // status that every answer must have
	rate    float64 // events a second, all senders together; 0: each sends the next when the last is answered
	length  time.Duration
	serial  *atomic.Int64 // the last number given to an event
}

// run sends until its time is over, and gives how many events were answered and in which time. Any answer but the
// wanted one ends it: a rate with refusals in it would say nothing.
func (l load) run(ctx context.Context) (sent int64, took time.Duration, err error) {
	client := &fasthttp.Client{
		MaxConnsPerHost: l.senders, MaxIdemponentCallAttempts: 1, ReadTimeout: 15 * time.Second, WriteTimeout: 15 * time.Second,
		RetryIfErr: func(*fasthttp.Request, int, error) (bool, bool) { return false, false },
	}
	defer client.CloseIdleConnections()
	group, ctx := errgroup.WithContext(ctx)
	var next, done atomic.Int64
	start := time.Now()
	for range l.senders {
		group.Go(func() error {
			req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			req.SetRequestURI(l.url)
			req.Header.SetMethod(fasthttp.MethodPost)
			req.Header.SetContentType("application/json")
			var body []byte
			for {
				at, err := l.due(ctx, start, &next)
				if err != nil || at.Sub(start) >= l.length {
					return err
				}
				body = appendBody(body[:0], l.serial.Add(1), at)
				req.SetBodyRaw(body)
				if err := client.Do(req, resp); err != nil {
					return fmt.Errorf("posting to %s: %w", l.url, err)
				}
				if resp.StatusCode() != l.want {
					return fmt.Errorf("%s answered %d: %.300s", l.url, resp.StatusCode(), resp.Body())
				}
				done.Add(1)
			}
		})
	}
	err = group.Wait()
	return done.Load(), time.Since(start), err
}

// due waits for the time of the next event. With a rate that time is fixed from the start, and is what the event says
// it was sent at: a sender that is late, because answers are, does not hide it.
func (l load) due(ctx context.Context, start time.Time, next *atomic.Int64) (time.Time, error) {
	if err := ctx.Err(); err != nil || l.rate == 0 {
		return time.Now(), err
	}
	at := start.Add(time.Duration(float64(next.Add(1)-1) / l.rate * float64(time.Second)))
	if at.Sub(start) < l.length {
		time.Sleep(time.Until(at)) // at most senders/rate seconds
	}
	return at, nil
}
