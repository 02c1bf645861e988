package queue

import (
	"context"
	"time"
)

// Inspector is the part of an engine that people look through: lists, single records, replay, cancel, counts. It reads
// what is committed; a list is not a snapshot of one moment.
type Inspector interface {
	Events(ctx context.Context, f Filter) (Page[EventInfo], error)
	// Event finds an event by ID: with Body and Raw, and with its deliveries. ErrNotFound.
	Event(ctx context.Context, id string) (EventInfo, error)

	Deliveries(ctx context.Context, f Filter) (Page[Delivery], error)
	// Delivery finds a delivery by ID, with its event and its attempts, oldest first. ErrNotFound.
	Delivery(ctx context.Context, id string) (Delivery, []Attempt, error)

	Rejected(ctx context.Context, f Filter) (Page[Rejected], error)

	// Replay queues the delivery's event again for the same destination, as a new delivery. ErrNotFound.
	Replay(ctx context.Context, deliveryID string) (newID string, err error)
	// Requeue queues stored events again, in the order given, each as a new delivery to the destination that is named. The
	// ids stand where what they are for stands; "" for an event that is not stored any more. After an error those that have
	// an id are queued. ErrFull.
	Requeue(ctx context.Context, again ...Again) (ids []string, err error)
	// RetryNow makes a waiting delivery due at once. ErrNotFound, ErrEnded.
	RetryNow(ctx context.Context, deliveryID string) error
	// Cancel ends a pending delivery, or puts a dead letter away. One that is being attempted is cancelled when its attempt
	// does not deliver it. ErrNotFound, ErrEnded.
	Cancel(ctx context.Context, deliveryID, why string) error
	// Forget removes a request that was set aside. ErrNotFound.
	Forget(ctx context.Context, rejectedID string) error

	// Depth counts what waits, by destination; Oldest is the time of the oldest of them.
	Depth(ctx context.Context) (map[string]Depth, error)
	// Audit recounts everything from disk.
	Audit(ctx context.Context) (AuditReport, error)
}

// Again is a stored event that is to be delivered once more.
type Again struct {
	Source, Event string // the event's source and ID
	Owed
}

// Filter selects and pages. Zero fields select everything.
type Filter struct {
	Source, Type, Subject, Destination string
	State                              State
	Since, Until                       time.Time
	EventID                            string // the event with this ID, deliveries of it, the request set aside with it
	OldestFirst                        bool   // otherwise newest first
	Limit                              int    // 0: 100; at most 1000
	Cursor                             string // Page.Next of the page before
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	Next  string // "" on the last page
}

// EventInfo is a stored event and how its deliveries stand.
type EventInfo struct {
	Event      Event // Body and Raw only from Inspector.Event
	Deliveries []Delivery
}

// Depth is the backlog of one destination.
type Depth struct {
	Pending int // waiting, leased, and waiting for a retry
	Leased  int
	Oldest  time.Time // zero when nothing waits
}

// AuditReport is what a recount found. The promise holds when Faults is empty.
type AuditReport struct {
	Events     int            `json:"events"`
	Owed       int            `json:"owed"`        // deliveries that the stored events owe
	States     map[string]int `json:"states"`      // deliveries found, by state
	Rejected   int            `json:"rejected"`    // requests set aside
	Records    int            `json:"records"`     // set up at run time
	Faults     []string       `json:"faults"`      // each names the record and what is wrong with it
	FaultCount int            `json:"fault_count"` // Faults is cut at 100
}
