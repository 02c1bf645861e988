package access_test

import (
	"context"

	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

// counting is a queue that tells of each commit of records.
type counting struct {
	*badgerqueue.Queue
	put chan struct{}
}

func (c *counting) Put(ctx context.Context, records ...queue.Record) error {
	err := c.Queue.Put(ctx, records...)
	c.put <- struct{}{}
	return err
}
