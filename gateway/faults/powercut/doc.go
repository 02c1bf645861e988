// Package powercut is a file system that loses what was not synced, for tests of what a power cut leaves.
//
// It lives in the memory of a process of its own, mounted by FUSE. Of each file and each directory that process holds two
// states: what programs see, and what was synced.
//
//	write, truncate            change what programs see. So does the kernel when it writes pages of a mapped file back on
//	                           its own: that is a WRITE without an FSYNC, and does not count as synced.
//	fsync, fdatasync, msync    make a file's pages and size last; never its name.
//	create, rename, unlink     change what programs see of a directory.
//	fsync of the directory     makes its names last.
//
// At a cut it answers nothing any more, writes what lasts into a folder and is killed, so that the kernel has nobody to
// give its pages to. There are two kinds of cut:
//
//   - a plain one leaves what was synced and nothing else. No file system in use is that strict with names (an fsync of a
//     new file there also keeps its name), but none promises otherwise.
//   - a torn one leaves besides a random part of the pages that were written and not synced, and of the changes to names
//     and sizes the first few in their order, as a journal would have it. A rename is one change.
//
// When it comes is given by a seed: at once, after so many requests, or just after a change to a name, where programs
// forget a sync.
//
// A test starts the file system with Start, after its TestMain has called Main. What lasts can be looked at, and handed to
// the next Start. Nothing is left behind when the test ends: as root the mount is in a name space of the process that
// serves it.
package powercut
