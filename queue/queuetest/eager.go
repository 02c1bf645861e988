package queuetest

import (
	"bytes"
	"context"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// Eager is a planted bug: it answers before the commit, which comes a little later, as on a busy disk. What claims that
// nothing accepted is lost has to find it.
func Eager(q queue.Queue) queue.Queue { return eager{q} }

type eager struct{ queue.Queue }

func (e eager) Enqueue(_ context.Context, entries ...queue.Entry) ([]queue.Receipt, error) {
	receipts := make([]queue.Receipt, len(entries))
	kept := make([]queue.Entry, len(entries))
	for i, en := range entries {
		receipts[i] = queue.Receipt{ID: en.Event.ID, Deliveries: len(en.Owed)}
		kept[i] = en
		kept[i].Event.Body, kept[i].Event.Raw = bytes.Clone(en.Event.Body), bytes.Clone(en.Event.Raw)
	}
	time.AfterFunc(5*time.Millisecond, func() { _, _ = e.Queue.Enqueue(context.Background(), kept...) })
	return receipts, nil
}

// eagerRecords is the same fault for what is set up at run time.
type eagerRecords struct{ queue.Registry }

// Put answers before the commit.
func (g eagerRecords) Put(ctx context.Context, records ...queue.Record) error {
	go func() { _ = g.Registry.Put(ctx, records...) }()
	return nil
}
