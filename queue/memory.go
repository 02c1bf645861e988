package queue

import (
	"context"
	"time"
)

// StateWrite is one value that a plugin wants remembered. It becomes durable in the commit of what the plugin's call came
// to: with the Entry that it stands in, or with the Attempt.
//
// Values belong to an owner (one plugin at one source or destination), who has a bounded number of keys and bytes: beyond
// it the values written longest ago go first. Two writes of the same key in commits at about the same time are not added up:
// one of them stays.
type StateWrite struct {
	Owner string
	Key   string
	Value []byte        // nil: the key is to be forgotten
	TTL   time.Duration // from the commit on; 0: until it is written again
}

// Memory is the part of an engine that keeps what plugins remember.
type Memory interface {
	// Recall gives a value that is committed and not over. It is not to be changed.
	Recall(owner, key string) (value []byte, ok bool)
	// Remember commits writes that belong to no event and to no attempt.
	Remember(ctx context.Context, writes ...StateWrite) error
}

// Owner names who remembers: a plugin, at one of the "sources" or "destinations".
func Owner(section, name, plugin string) string { return section + "/" + name + "/" + plugin }
