// Package badgerqueue keeps the queue in a journal, which is synced for each commit and holds what events say, and its index
// in Badger, an LSM tree, which is not synced.
//
// One goroutine, the committer, writes everything: what came in while a commit was being synced makes the next one, so
// that one sync serves all who wait. A commit is written to the journal and synced, then applied to Badger under the same
// version, then told. Badger's tables are synced when they are made, in the order of versions; its logs are not relied on:
// opening removes them, and applies again what the journal has and no table. So the store is a function of tables and
// journal, however the process ended.
//
// An event is stored once (e), its body in the journal; each delivery it owes is a small record in the line of
// its destination (q), rewritten in place when it ends. Nothing is deleted on the way but what stood for a retry: a queue
// that deletes its head makes every look at it wade through tombstones.
//
//	e|seq              event, its body's place, debts   q|line|seq        delivery: state, times, last attempt
//	t|line|due|seq     waits for a retry                k|line|hash|seq   parked behind others of its key
//	x|line|seq         dead letter                      a|line|seq|n      attempt before the last
//	r|event|line|seq   replay                           i|hash|source     identity, expires
//	z|seq              request set aside, expires       n|name  m|line    number of a line; its floor and counts
//	j|segment          bytes of the journal that stand  v|owner|0|key     what a plugin remembers (memory.go)
//	g|kind|0|key       what was set up at run time      l|line|hash       newest delivery of a key (newest.go)
//
// Numbers are big-endian; seq counts over everything and is given out by the committer. Every record carries a CRC32C of
// its own over itself and its key.
//
// A segment of the journal goes when nothing stands in it and its commits are in tables (flush.go, move.go).
//
// In memory a line holds a window of about a thousand deliveries, however many wait. Below its floor everything has ended
// or is parked; from its cursor on nothing is loaded. Refilling seeks to the cursor, never to the beginning. A delivery
// that failed moves to the timers, of which the next are in memory; its key stays taken, and followers that would fill the
// window are parked until it is their turn, so that other keys pass.
//
// What waits, waits by a time of the queue's own (clock.go): whoever sets the machine's clock holds up nothing.
//
// With a key (Options.Key) all of it is sealed (sealed.go).
//
// Leases are in memory alone: after a crash, what was in flight is delivered again.
package badgerqueue
