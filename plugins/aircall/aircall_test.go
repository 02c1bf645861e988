package main

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/availability/availabilitytest"
	"github.com/plugboard/plugboard/sdk/plugintest"
)

var plugin = plugintest.Plugin{Init: checkConfig, Receive: read, Encode: rebuild}

// TestSource reads messages built from the fields that are documented, and what is missing, unknown or broken, and rebuilds
// them.
func TestSource(t *testing.T) {
	availabilitytest.Source(t, plugin, vendor, 12, []string{"testdata"}, "token")
}

func TestConfiguration(t *testing.T) { availabilitytest.Configuration(t, plugin, "fields") }
