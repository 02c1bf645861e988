package badgerqueue

import (
	"fmt"
	"testing"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// What waits is counted while retries, whose records have to be read again, are leased. The race detector is the judge.
func TestDepthBesideRetries(t *testing.T) {
	q := openTest(t, nil)
	const n = 50
	for i := range n {
		enqueue(t, q, testEntry(fmt.Sprint(i), "", "d"))
	}
	over := make(chan struct{})
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		for {
			if d, err := q.Depth(t.Context()); err != nil || d["d"].Pending != n {
				t.Errorf("%+v, %v", d, err)
			}
			select {
			case <-over:
				return
			default:
			}
		}
	}()
	for tries := 0; tries < 4*n; {
		leases, err := q.Receive(t.Context(), "d", n)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range leases {
			tries++
			if err := l.Retry(t.Context(), time.Now(), nil, queue.Attempt{Started: time.Now(), Result: "retry"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(over)
	<-counted
}
