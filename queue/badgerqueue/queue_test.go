package badgerqueue_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

func TestSmoke(t *testing.T) {
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	dir := t.TempDir()
	q, err := badgerqueue.Open(ctx, badgerqueue.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 2000 {
		wg.Go(func() {
			_, err := q.Enqueue(ctx, queue.Entry{
				Event: queue.Event{ID: fmt.Sprint(i), Source: "s", Received: time.Now(), Body: []byte("{}"), Window: time.Hour},
				Owed:  []queue.Owed{{Destination: "a", Route: "r", Key: fmt.Sprint(i % 7)}, {Destination: "b"}},
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	drain := func(dest string, n int) {
		for n > 0 {
			ls, err := q.Receive(ctx, dest, min(100, n))
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range ls {
				wg.Go(func() {
					if err := l.Done(ctx, queue.Delivered, queue.Attempt{Result: "delivered", Started: time.Now()}); err != nil {
						t.Error(err)
					}
				})
			}
			n -= len(ls)
		}
		wg.Wait()
	}
	drain("b", 2000)
	drain("a", 1000)
	t.Log(q.Depth(ctx))
	rep, err := q.Audit(ctx)
	t.Log(rep, err)
	if err := q.Close(ctx); err != nil {
		t.Fatal(err)
	}
	q, err = badgerqueue.Open(ctx, badgerqueue.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(q.Depth(ctx))
	drain("a", 1000)
	rep, err = q.Audit(ctx)
	t.Log(rep, err)
	page, err := q.Deliveries(ctx, queue.Filter{Limit: 3})
	t.Log(len(page.Items), page.Next, err)
	if err := q.Close(ctx); err != nil {
		t.Fatal(err)
	}
}
