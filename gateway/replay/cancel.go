package replay

import (
	"context"
	"errors"
	"sync"

	"github.com/plugboard/plugboard/queue"
)

// Cancellation says what is to be cancelled: deliveries that wait, and dead letters to be put away. Either IDs or a filter.
type Cancellation struct {
	IDs    []string
	Filter *queue.Filter // its State is Pending, which zero stands for, or Dead
	Why    string        // kept as the deliveries' reason
	DryRun bool
	Limit  int
	Cursor string
}

// together is how many cancellations are under way at a time: what comes together rides in one commit.
const together = 64

// Cancel cancels. One that is being attempted ends cancelled unless the attempt delivers it. Of deliveries that wait for
// each other the last goes first, so that none of them is sent meanwhile.
func (r *Runner) Cancel(ctx context.Context, q Cancellation) (Report, error) {
	c, err := r.begin(ctx, q.Limit, q.Cursor, q.DryRun)
	if err != nil {
		return Report{}, err
	}
	switch {
	case (q.IDs == nil) == (q.Filter == nil):
		return Report{}, refuse("say what: ids, or a filter")
	case len(q.IDs) > MaxLimit:
		return Report{}, refuse("%d ids in one call, %d are possible", len(q.IDs), MaxLimit)
	case q.Filter != nil && *q.Filter == (queue.Filter{}):
		return Report{}, refuse("an empty filter is everything that waits; name a destination, a source, or since when")
	case q.Filter != nil && q.Filter.State.Ended() && q.Filter.State != queue.Dead:
		return Report{}, refuse("what is %s cannot be cancelled; what is pending can, and dead letters", q.Filter.State)
	}
	if q.Why == "" {
		q.Why = "cancelled by an operator"
	}
	if q.IDs != nil {
		err = c.cancel(q.IDs, &q)
	} else {
		err = c.cancelAll(&q)
	}
	return c.report, err
}

func (c *call) cancelAll(q *Cancellation) error {
	f := *q.Filter
	if f.State == 0 {
		f.State = queue.Pending
	}
	for {
		found, err := c.Store.Deliveries(c.ctx, c.filter(f, false))
		if err != nil {
			return err
		}
		ids := make([]string, len(found.Items))
		for i := range found.Items {
			ids[i] = found.Items[i].ID
		}
		if err := c.cancel(ids, q); err != nil || !c.more(found.Next) {
			return err
		}
	}
}

// cancel cancels deliveries, some at a time, and reports on them in their order.
func (c *call) cancel(ids []string, q *Cancellation) error {
	errs := make([]error, len(ids))
	room := make(chan struct{}, together)
	var all sync.WaitGroup
	for i, id := range ids {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			if q.DryRun {
				errs[i] = c.cancellable(id)
			} else {
				errs[i] = c.Store.Cancel(c.ctx, id, q.Why)
			}
		})
	}
	all.Wait()
	var failed error
	for i, id := range ids {
		switch err := errs[i]; {
		case err == nil:
			c.did(id)
		case errors.Is(err, queue.ErrNotFound):
			c.skip(id, unknown)
		case errors.Is(err, queue.ErrEnded):
			c.skip(id, ended)
		default:
			failed = err
		}
	}
	return failed
}

func (c *call) cancellable(id string) error {
	d, _, err := c.Store.Delivery(c.ctx, id)
	if err == nil && d.State.Ended() && d.State != queue.Dead {
		return queue.ErrEnded
	}
	return err
}
