package gatewaytest

import (
	"fmt"
	"testing"
)

// Minimal writes a configuration in a folder of its own and gives the file's path: a source without a plugin at /in, whose
// events all go to one destination, ten at a time. dir is the queue's folder, beside the file if it is relative; more
// comes under [server].
func Minimal(t testing.TB, dir, destination, more string) string {
	t.Helper()
	return Write(t, fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
%s
[queue]
dir = %q
min_free = "1MiB"
[plugins]
dir = "."
[sources.any]
path = "/in"
verify = { scheme = "none" }
[destinations.there]
url = %q
concurrency = 10
allow_http = true
allow_private = true
[[routes]]
name = "all"
to = ["there"]
`, more, dir, destination))
}

// InFlight is what may come again after a crash of a Minimal gateway: the attempts of its destination, and its outcomes
// that wait for their commit.
const InFlight = 10 + 256
