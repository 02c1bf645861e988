// Command hostile is a plugin that does to its host what its body says. It exists for tests.
package main

import (
	"bytes"

	"github.com/plugboard/plugboard/sdk"
)

func main() {}

//go:wasmexport receive
func receive() int32 { return sdk.Receive(misbehave) }

var kept [][]byte // so that nothing is given back

func misbehave(r *sdk.Request, out *sdk.Events) error {
	switch body := string(r.Body()); body {
	case "loop":
		for i := 0; ; i++ {
			kept = kept[:0]
		}
	case "recurse":
		kept = append(kept, []byte{byte(deeper(1))})
	case "eat":
		for {
			kept = append(kept, bytes.Repeat([]byte{1}, 1<<20))
		}
	case "trap":
		var none []int
		kept = append(kept, []byte{byte(none[len(body)])})
	case "write":
		for range 30 { // 2 MiB: it fits the memory, and not the output
			out.Add("agent.logged_in").Data().Str("agent.name", string(bytes.Repeat([]byte{'x'}, 64<<10)))
		}
	case "log":
		for {
			sdk.Info("a line of a log that has no end, and that nobody will ever read")
		}
	case "nonsense":
		out.Add("") // an event without a type
	default:
		out.Add("agent.logged_in").Data().Str("agent.name", body)
	}
	return nil
}

func deeper(n int) int {
	if n == 0 {
		return 0
	}
	return deeper(n+1) + n
}
