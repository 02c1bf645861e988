//go:build unix

package send

import (
	"net"
	"syscall"
)

const canPeek = true

// quiet says whether nothing has come over an idle connection: neither its end nor bytes that nobody asked for.
func quiet(c net.Conn) bool {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	silent := false
	err = raw.Read(func(fd uintptr) bool {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT) //nolint:gosec // a descriptor
		silent = err == syscall.EAGAIN
		return true
	})
	return err == nil && silent
}
