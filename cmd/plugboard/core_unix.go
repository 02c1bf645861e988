//go:build unix

package main

import "golang.org/x/sys/unix"

// noCore has the kernel write no memory to disk when the process crashes: every secret is in it. A system that hands cores to
// a program of its own (core_pattern with a pipe) decides for itself.
func noCore() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil {
		return err
	}
	limit.Cur = 0
	return unix.Setrlimit(unix.RLIMIT_CORE, &limit)
}
