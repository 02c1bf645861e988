package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// mostEvents is how many events a receiver can tell apart in one measurement.
const mostEvents = 1 << 28

// arrivals is what a receiver says of the events it got since its reset.
type arrivals struct {
	Arrived int64 `json:"arrived"` // each event once
	Repeats int64 `json:"repeats"`
	Strange int64 `json:"strange"` // requests that are none of the events
	Last    int64 `json:"last"`    // when the last new one came, in microseconds since 1970
	P50     int64 `json:"p50"`     // from sending to arrival, in microseconds
	P99     int64 `json:"p99"`
}

// receiver counts events by their numbers.
type receiver struct {
	mu      sync.Mutex
	first   int64    // number of the first event that counts; what comes late from the measurement before has a lower one
	seen    []uint64 // a bit for each number from first
	latency []int64
	arrivals
}

// ServeReceiver is the part "receiver": on a free port of this machine it sends back what is posted to /echo, and counts
// and times the events that are posted to /. It prints its address to out and serves until ctx is done.
func ServeReceiver(ctx context.Context, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening on this machine: %w", err)
	}
	s := &fasthttp.Server{Handler: new(receiver).handle}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	if _, err := fmt.Fprintln(out, l.Addr()); err != nil {
		return err
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		return l.Close() // with the process the connections end
	}
}

func (r *receiver) handle(ctx *fasthttp.RequestCtx) {
	switch string(ctx.Path()) {
	case "/echo":
		ctx.SetBody(ctx.PostBody())
	case "/reset":
		first, err := strconv.ParseInt(string(ctx.QueryArgs().Peek("first")), 10, 64)
		if err != nil {
			ctx.Error(err.Error(), fasthttp.StatusBadRequest)
			return
		}
		r.reset(first)
	case "/arrivals":
		answer(ctx, r.report())
	case "/latency":
		answer(ctx, r.timed())
	default:
		r.arrive(ctx.PostBody(), time.Now())
	}
}

func answer(ctx *fasthttp.RequestCtx, a arrivals) {
	if err := json.NewEncoder(ctx).Encode(a); err != nil {
		ctx.Error(err.Error(), fasthttp.StatusInternalServerError)
	}
}

func (r *receiver) arrive(body []byte, now time.Time) {
	number, ok := numberAfter(body, idMark)
	sent, timed := numberAfter(body, sentMark)
	r.mu.Lock()
	defer r.mu.Unlock()
	number -= r.first
	if !ok || !timed || number < 0 || number >= mostEvents {
		r.Strange++
		return
	}
	word, bit := int(number/64), uint64(1)<<(number%64)
	if word >= len(r.seen) {
		r.seen = append(r.seen, make([]uint64, word+1-len(r.seen))...)
	}
	if r.seen[word]&bit != 0 {
		r.Repeats++
		return
	}
	r.seen[word] |= bit
	r.Arrived++
	r.Last = now.UnixMicro()
	r.latency = append(r.latency, r.Last-sent)
}

func (r *receiver) reset(first int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.first, r.seen, r.latency, r.arrivals = first, r.seen[:0], r.latency[:0], arrivals{}
}

func (r *receiver) report() arrivals {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.arrivals
}

// timed is the report with the latencies, which are sorted for it.
func (r *receiver) timed() arrivals {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.arrivals
	if slices.Sort(r.latency); len(r.latency) > 0 {
		a.P50, a.P99 = percentile(r.latency, 50), percentile(r.latency, 99)
	}
	return a
}

// percentile is of a sorted list that is not empty: the value that p of a hundred do not exceed.
func percentile(sorted []int64, p int) int64 {
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// receiverClient asks a receiver in another process.
type receiverClient struct {
	url  string
	idle time.Duration // how long nothing may arrive before what has not is given up
}

func (c receiverClient) reset(first int64) error {
	return c.get(fmt.Sprintf("/reset?first=%d", first), nil)
}

// await waits until n events have arrived. The receiver is asked seldom enough not to slow it down.
func (c receiverClient) await(ctx context.Context, n int64) (a arrivals, err error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for seen, since := int64(-1), time.Now(); ; {
		if err := c.get("/arrivals", &a); err != nil {
			return a, err
		}
		switch {
		case a.Arrived == n:
			return a, c.get("/latency", &a)
		case a.Arrived > n:
			return a, fmt.Errorf("%d events arrived, and %d were accepted", a.Arrived, n)
		case a.Arrived > seen:
			seen, since = a.Arrived, time.Now()
		case time.Since(since) > c.idle:
			return a, fmt.Errorf("%d of %d accepted events arrived, and none for %v", a.Arrived, n, c.idle)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return a, ctx.Err()
		}
	}
}

func (c receiverClient) get(path string, into any) error {
	status, body, err := fasthttp.GetTimeout(nil, c.url+path, 15*time.Second)
	if err != nil {
		return fmt.Errorf("asking the receiver: %w", err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("asking the receiver: %s answered %d: %.300s", path, status, body)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("asking the receiver: %w", err)
	}
	return nil
}
