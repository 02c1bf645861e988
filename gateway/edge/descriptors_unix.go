//go:build unix

package edge

import (
	"errors"
	"syscall"
)

// descriptors is how many files and connections this process may have open; 0 when nobody knows. Go raises the soft limit
// to the hard one when it starts.
func descriptors() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return uint64(limit.Cur) //nolint:unconvert,nolintlint // signed on some systems
}

// passing says whether accepting failed for want of something that others will give back, or because of that one
// connection.
func passing(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.EINTR} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
