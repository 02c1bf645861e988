//go:build !unix

package send

import "net"

// Without a way to see whether an idle connection has ended, connections are net/http's.
const canPeek = false

func quiet(net.Conn) bool { return false }
