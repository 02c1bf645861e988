// Package queue says what the gateway needs of a durable queue; the engines below it (badgerqueue) keep it.
//
// An event and every delivery it owes enter in one commit, and Enqueue returns only when that commit is synced. Each
// destination has a line of its own: deliveries leave it in order, one at a time for each ordering key, side by side
// for different keys, so that a slow receiver, agent or call delays nothing but itself. A delivery leaves the line by a
// lease; exactly one call ends a lease. Leases live in memory: after a crash what was in flight is delivered again
// (at least once), under the same event ID.
//
//	        Enqueue
//	           │
//	           ▼        Receive                Done
//	       ┌─pending◄──────────► leased ─────────────► delivered, dropped, dead
//	       │   ▲  ▲                │
//	Cancel │   │  └──── Release ───┤
//	       ▼   │                   │ Retry
//	 cancelled └──── when due ─────┘
//
// An ended delivery stays searchable and can be replayed until its retention is over.
package queue

import (
	"context"
	"errors"
	"time"
)

// Errors that callers tell apart with errors.Is. Whatever else an engine returns means that the operation may or may
// not be on disk; Enqueue then must not be answered with success.
var (
	ErrClosed   = errors.New("queue: closed")
	ErrFull     = errors.New("queue: no room on disk") // nothing was stored; the sender should come back later
	ErrNotFound = errors.New("queue: not found")
	ErrEnded    = errors.New("queue: delivery has ended already")
	ErrTooLarge = errors.New("queue: event larger than the engine can store")
)

// State is where a delivery stands. The zero value is no state.
type State uint8

// The states of the contract. Pending covers waiting, leased and waiting for a retry.
const (
	Pending State = iota + 1
	Delivered
	Dropped    // a plugin or the echo guard said that nothing is to be sent
	Superseded // a newer delivery of the same key replaced it
	Dead       // a dead letter: attempts spent, or trying again cannot help
	Cancelled  // by an operator; a dead letter can be as well
)

// Event is one canonical event as it is stored. The queue does not look into Body or Raw.
type Event struct {
	ID       string    // the CloudEvent's id; Source + ID is unique within Window
	Source   string    // name of the source that received it
	Type     string    // canonical type, "agent.state.changed"
	Subject  string    // "agent/8447388090494"; may be empty
	Received time.Time // when the gateway had it; orders listings
	Body     []byte    // the CloudEvent in structured JSON
	Raw      []byte    // the vendor's request (event.Raw, encoded); may be empty
	// Window is how long a second event with the same Source and ID is a repeat. Zero: never.
	Window time.Duration
}

// Owed is one delivery that an event owes.
type Owed struct {
	Destination string
	Route       string // the route that named the destination
	Key         string // ordering key; "" for none
	// Dropped says why nothing is to be sent: the delivery is stored as ended (state Dropped), and never leased. "": it is owed.
	Dropped string
	// Replaces says that this delivery makes those of the same destination and key needless that came before it and still
	// wait, for their turn or for a retry: they end as Superseded, soon after the commit, and are not leased any more. What is
	// leased goes on; if it is not delivered, it ends so too. Without a Key it replaces nothing.
	Replaces bool
}

// Entry is what one Enqueue stores: an event with its deliveries. At most one Owed for each destination.
type Entry struct {
	Event  Event
	Owed   []Owed
	Writes []StateWrite // of plugins; committed unless every event of the call is a repeat
}

// Receipt says what became of one Entry.
type Receipt struct {
	ID         string // the event's ID
	Deliveries int    // how many it owes; for a repeat, how many the first one owed
	Repeat     bool   // an event with this Source and ID is stored already; nothing was added
}

// Delivery is one event for one destination.
type Delivery struct {
	ID          string // event ID + "/" + destination; a replay appends "#" and its number in the line
	Destination string
	Route       string
	Key         string
	State       State
	Attempts    int           // attempts ended so far
	Spared      int           // how many of them spent nothing of the policy
	Created     time.Time     // when it was enqueued
	Age         time.Duration // how long before this was read that was; after a restart by the clock on the wall
	First       time.Time     // start of the first attempt; zero before it
	// Tried is how long before this was read the first attempt began, by a clock that nobody sets; 0 before it and after
	// the end. Policies go by it.
	Tried  time.Duration
	Due    time.Time // not before; zero: at once
	Ended  time.Time // zero while pending
	Reason string    // why it ended, or why it waits
	Memo   []byte    // what the destination's plugin wants to see again at the next attempt
	Event  Event     // Body and Raw are filled for leases and Get, not in lists
}

// Attempt is one run of a destination's plugin with the exchanges it made. Nothing in it holds a secret: who fills it
// has redacted it.
type Attempt struct {
	Number   int // from 1
	Started  time.Time
	Duration time.Duration
	Result   string // "delivered", "retry", "dead", "dropped"
	Status   int    // of the last response; 0 if there was none
	Request  string // of the last exchange: "PUT https://host/path"
	Response []byte // at most 4 KiB of the last response's body
	Size     int    // bytes of that body as far as it was read; more than Response has: that was cut
	Sent     []byte // hash of the first exchange's request, to tell whether another would be the same; nil: not known
	Error    string
	Plugin   string // name and hash of the plugin that ran: "babelforce@1f3a…"

	Spared bool // spends nothing of the policy: the receiver had no time. Counted in the delivery, not a part of the record

	Writes []StateWrite // of plugins; committed with what ends the lease, not a part of the record
}

// Queue is the durable side of the gateway. All methods are safe for concurrent use.
type Queue interface {
	// Enqueue commits all entries in one synced commit: when it returns nil error they are on disk, when it returns an
	// error none of them is owed. The engine may keep the slices it is given: they are not to be changed any more.
	Enqueue(ctx context.Context, entries ...Entry) ([]Receipt, error)

	// Receive leases up to max deliveries of a destination, in order, never two of the same key at a time. It blocks
	// until there is at least one, ctx is done, or the queue is closed (ErrClosed).
	Receive(ctx context.Context, destination string, max int) ([]Lease, error)

	// SetAside stores a request that could not be read into events, for a person to look at and to replay.
	SetAside(ctx context.Context, r Rejected) (id string, err error)

	// Close waits until what was handed in is committed. Open leases are given back.
	Close(ctx context.Context) error
}

// Lease is the right to attempt one delivery. Exactly one of Done, Retry and Release ends it; a second call returns
// ErrEnded. They return when the change is durable.
type Lease interface {
	Delivery() *Delivery
	// Done ends the delivery in state Delivered, Dropped, Superseded or Dead.
	Done(ctx context.Context, state State, a Attempt) error
	// Retry records a failed attempt; the delivery is due again at the given time. Followers with the same key wait.
	Retry(ctx context.Context, at time.Time, memo []byte, a Attempt) error
	// Release gives the delivery back unattempted (shutdown, breaker, rate); it is due at the given time, zero for now.
	// Nothing is written: after a restart it is due at once.
	Release(at time.Time)
}

// Rejected is a request set aside.
type Rejected struct {
	ID       string
	Source   string
	Received time.Time
	Reason   string
	Raw      []byte // event.Raw, encoded
}
