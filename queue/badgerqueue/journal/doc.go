// Package journal keeps commits in files that only grow: what is synced before anybody is told.
//
// A commit is one record: a header, the payloads, then the changes, in words of whoever writes it. It is written with one
// write and one fdatasync, and it is whole or it is not there:
//
//	magic | CRC of the header | CRC of the rest | version | bytes of payloads | bytes of changes | payloads | changes
//
// Versions follow one on the other without a gap. A payload is read back by its Place, which holds a checksum of its own.
//
// Records stand in segments, NUMBER.seg, one after the other. A segment begins with a header of its own, whose random
// number goes into all checksums behind it: what an outsider has stored as a payload never passes for a record. Its room is
// reserved, so that a sync has less to note, and a file that is shorter than that was cut. A commit is never split: the one
// that fills a segment makes it longer than it was meant to be.
//
// The next commit is written when the one before is synced. So a record that is not whole with a good one behind it, or in a
// segment that has another one behind it, was whole once: ErrDamaged. At the very end it was never told to anyone, and
// opening the journal for writing wipes it out.
//
// With a key everything in a record is sealed (seal.go).
//
// Whoever uses a journal says which segments may go (Remove), and keeps whatever else it knows of them.
package journal
