// Package replay queues stored events again, reads requests again that were set aside, and cancels deliveries: by ID or by
// filter, as few or as many as there are.
//
// One call does no more than Limit of them, in pages, and gives the cursor at which the next call goes on; so a set of
// millions takes no more memory than a hundred, can be stopped at any time, and its progress is seen. What is queued again
// goes from the oldest on, so that it keeps the order within its key; it stands behind what waits there already. A call
// never meets what it or its predecessors have queued: the set ends at the moment of the first call.
//
// A filter may be run twice. Of the deliveries of an event to a destination only the latest counts: what was replayed since,
// or still waits, is skipped and said so; so is what a newer one replaced, unless the filter asks for just that. Again
// overrules it all, but for what still waits.
package replay

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// Request says what is to be queued again. Either IDs or a filter.
type Request struct {
	IDs      []string      // of deliveries, events, and requests that were set aside
	Filter   *queue.Filter // Limit, Cursor and OldestFirst in it mean nothing
	Rejected bool          // the filter is over requests set aside: its Source, Since and Until
	Unrouted bool          // only events that owe nothing: they go where the routes as they are now say
	To       string        // to this destination instead of where they went, each event once
	Again    bool          // also what has been replayed since, or has been at To
	DryRun   bool          // only count
	Limit    int           // at most so many picked in this call, skipped ones too; 0: MaxLimit
	Cursor   string        // Report.Next of the call before
}

// MaxLimit is the most that one call does.
const MaxLimit = 1000

// Report says what came of a call.
type Report struct {
	Matched int            `json:"matched"` // what was picked
	Done    int            `json:"done"`    // queued or cancelled; with dry_run, what would be
	Skipped map[string]int `json:"skipped"` // by reason
	DryRun  bool           `json:"dry_run,omitempty"`
	Items   []Item         `json:"items"`
	Next    string         `json:"next,omitempty"` // cursor of the next call; "" when all is done
}

// Item is what came of one of them.
type Item struct {
	ID         string   `json:"id"`                   // as it was picked
	Deliveries []string `json:"deliveries,omitempty"` // that it was queued as
	Skipped    string   `json:"skipped,omitempty"`    // why nothing was done
}

// Why something is skipped.
const (
	waits    = "it still waits"
	replayed = "it was replayed already"
	there    = "the event is or was there already"
	gone     = "its destination is configured no more; name another"
	nowhere  = "the event owes nothing; name a destination"
	unrouted = "no route takes the event"
	over     = "it is not stored any more"
	unknown  = "there is no such delivery, event or request"
	ended    = "it has ended"
	stale    = "a newer one replaced it"
)

// requestError is about what was asked for.
type requestError struct{ error }

// Refused says whether an error is about the request itself, not about what came of it.
func Refused(err error) bool {
	_, is := err.(requestError) //nolint:errorlint // never wrapped
	return is
}

func refuse(format string, args ...any) error { return requestError{fmt.Errorf(format, args...)} }

// Setup is the configuration in force, as far as it matters here. It is safe for concurrent use.
type Setup interface {
	// Destinations are the names of all of them.
	Destinations() []string
	// Key gives an event's ordering key at a destination.
	Key(destination string, ev *queue.Event) (string, error)
	// Owed is what the routes say an event owes.
	Owed(ev *queue.Event) ([]queue.Owed, error)
	// Read reads a request that was set aside into what is to be stored, as its source's plugin reads it now. why says why
	// there is nothing to store; kept, that it cannot be read still.
	Read(ctx context.Context, r queue.Rejected) (entries []queue.Entry, writes []queue.StateWrite, kept bool, why string)
}

// Store is what it works on.
type Store interface {
	queue.Inspector
	Enqueue(ctx context.Context, entries ...queue.Entry) ([]queue.Receipt, error)
	Remember(ctx context.Context, writes ...queue.StateWrite) error
}

// Runner does what is asked. It is safe for concurrent use.
type Runner struct {
	Store Store
	Setup Setup
	Now   func() time.Time // nil: time.Now
}

// long is when a call stops and gives a cursor, however little it has done: a filter may pass many records over.
const long = 20 * time.Second

// page is how many are looked at together, and queued in one go.
const page = 200

// call is one call under way.
type call struct {
	*Runner
	ctx    context.Context
	report Report
	limit  int
	until  time.Time // the set ends here
	from   string    // the store's cursor
	stop   time.Time
}

func (r *Runner) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}

func (r *Runner) begin(ctx context.Context, limit int, cursor string, dry bool) (*call, error) {
	c := &call{Runner: r, ctx: ctx, limit: limit, until: r.now(), stop: time.Now().Add(long)}
	c.report = Report{Skipped: map[string]int{}, DryRun: dry, Items: []Item{}}
	switch {
	case limit < 0 || limit > MaxLimit:
		return nil, refuse("limit %d is not a number from 1 to %d", limit, MaxLimit)
	case limit == 0:
		c.limit = MaxLimit
	}
	if cursor != "" {
		at, rest, ok := strings.Cut(cursor, ".")
		nanos, err := strconv.ParseInt(at, 36, 64)
		if !ok || err != nil {
			return nil, refuse("%q is no cursor; give one as a call before returned it", cursor)
		}
		c.until, c.from = time.Unix(0, nanos), rest
	}
	return c, nil
}

// filter is what the store is asked for.
func (c *call) filter(f queue.Filter, oldestFirst bool) queue.Filter {
	if f.Until.IsZero() || f.Until.After(c.until) {
		f.Until = c.until
	}
	f.OldestFirst, f.Cursor = oldestFirst, c.from
	f.Limit = min(page, c.limit-c.report.Matched)
	return f
}

// more says whether there is another page to be done, after one that ended at a cursor of the store.
func (c *call) more(next string) bool {
	c.from, c.report.Next = next, ""
	if next != "" {
		c.report.Next = strconv.FormatInt(c.until.UnixNano(), 36) + "." + next
	}
	return next != "" && c.report.Matched < c.limit && time.Now().Before(c.stop) && c.ctx.Err() == nil
}

func (c *call) skip(id, why string) {
	c.report.Matched++
	c.report.Skipped[why]++
	c.report.Items = append(c.report.Items, Item{ID: id, Skipped: why})
}

func (c *call) did(id string, deliveries ...string) {
	c.report.Matched++
	c.report.Done++
	c.report.Items = append(c.report.Items, Item{ID: id, Deliveries: deliveries})
}
