//go:build !wasip1

package sdk

import (
	"github.com/plugboard/plugboard/sdk/internal/host"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// A test runs many configurations through what is one instance: each new host is a new instance in this respect.
func init() {
	host.Fresh = func() { config, configRead = jsondoc.Doc{}, false }
}
