//go:build !wasip1 || tinygo

package sdk

import (
	"github.com/plugboard/plugboard/sdk/internal/host"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// output is written to anew by each call: one host call hands it over.
var output []byte

// write hands a call's output over; an empty one is not written at all.
func write(out *jsondoc.Builder) {
	if !out.Empty() {
		output = out.AppendJSON(output[:0])
		host.OutputWrite(output)
	}
}
