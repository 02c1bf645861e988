package queue

import "context"

// Record is one thing that was set up at run time: an endpoint, a token, a secret, a destination that is paused. The queue
// does not look into Value.
type Record struct {
	Kind  string // "endpoint": small letters
	Key   string // unique in its kind; at most 200 bytes
	Value []byte // nil in a Put: the record is to be removed; at most 64 KiB
}

// Registry is the part of an engine that keeps such records, with the events, so that a copy of the store is a copy of the
// whole gateway. They are few (thousands) and small, and all of them are in memory. Nothing is ever forgotten to make room.
type Registry interface {
	// Put commits all the records in one synced commit, or none of them. Removing what is not there is no error.
	Put(ctx context.Context, records ...Record) error
	// Record gives one record's value, as last committed. It is not to be changed.
	Record(kind, key string) (value []byte, ok bool)
	// Records gives all records of a kind, ordered by key. Their values are not to be changed.
	Records(kind string) []Record
}
