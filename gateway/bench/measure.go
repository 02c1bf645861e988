package bench

import (
	"context"
	"net/http"
	"time"
)

// warmUp is for what is made at first use: connections and instances of plugins.
func (r *run) warmUp() time.Duration { return max(r.length()/5, 100*time.Millisecond) }

// echo is the limit of this machine for a client and a server on it.
func (r *run) echo(ctx context.Context, n int) (Row, error) {
	return r.closedLoop(ctx, load{url: r.receiver.url + "/echo", senders: n, want: http.StatusOK})
}

// accept is from the edge to the commit: verified, read by a plugin, stored and synced before each answer.
func (r *run) accept(ctx context.Context, n int) (Row, error) {
	return r.closedLoop(ctx, load{url: r.gateway + "/stored", senders: n, want: http.StatusAccepted})
}

func (r *run) closedLoop(ctx context.Context, l load) (Row, error) {
	l.serial, l.length = &r.serial, r.warmUp()
	if _, _, err := l.run(ctx); err != nil {
		return Row{}, err
	}
	l.length = r.length()
	n, took, err := l.run(ctx)
	return rate(n, took), err
}

// endToEnd is until the receiver has everything that was accepted.
func (r *run) endToEnd(ctx context.Context, n int) (Row, error) {
	l := load{url: r.gateway + "/sent", senders: n, want: http.StatusAccepted, length: r.warmUp()}
	if _, err := r.sent(ctx, l); err != nil {
		return Row{}, err
	}
	l.length = r.length()
	return r.sent(ctx, l)
}

// latency is from the time an event was due to be sent to its arrival. What straight gives is the machine's part of it,
// the load generator's lateness included.
func (r *run) latency(ctx context.Context) error {
	for _, m := range []struct {
		name string
		load load
	}{
		{latencyStraight, load{url: r.receiver.url + "/", want: http.StatusOK}},
		{latencyEndToEnd, load{url: r.gateway + "/sent", want: http.StatusAccepted}},
	} {
		r.say("%s, %d a second", m.name, Rate)
		m.load.senders, m.load.rate, m.load.length = 16, Rate, r.warmUp()
		if _, err := r.sent(ctx, m.load); err != nil {
			return err
		}
		m.load.length = r.length()
		row, err := r.sent(ctx, m.load)
		if err != nil {
			return err
		}
		row.Name = m.name
		r.rows = append(r.rows, row)
	}
	return nil
}

// sent runs a load whose events all end at the receiver, and waits until they are there.
func (r *run) sent(ctx context.Context, l load) (Row, error) {
	l.serial = &r.serial
	if err := r.receiver.reset(r.serial.Load() + 1); err != nil {
		return Row{}, err
	}
	start := time.Now()
	n, _, err := l.run(ctx)
	if err != nil {
		return Row{}, err
	}
	got, err := r.receiver.await(ctx, n)
	if err != nil {
		return Row{}, err
	}
	row := rate(n, time.UnixMicro(got.Last).Sub(start))
	row.Arrived = got.Arrived
	if l.rate > 0 {
		row.P50, row.P99 = float64(got.P50)/1000, float64(got.P99)/1000
	}
	return row, nil
}
