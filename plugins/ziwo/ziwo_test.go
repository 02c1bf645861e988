package main

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

var plugin = plugintest.Plugin{Init: configure, Receive: read, Format: write, Judge: decide, Encode: rebuild}

// TestFixtures reads one message of each kind.
func TestFixtures(t *testing.T) { plugintest.Run(t, plugin, "testdata") }

// TestCases reads what is missing, misplaced, of another kind than expected, or not Ziwo's at all.
func TestCases(t *testing.T) { plugintest.Run(t, plugin, "testdata/cases") }

// TestOut writes Ziwo's messages from its own and other vendors' events, and sets statuses.
func TestOut(t *testing.T) { plugintest.Run(t, plugin, "testdata/out") }

// TestEncode makes messages of other vendors' events; its own go round in gateway/vendors.
func TestEncode(t *testing.T) { plugintest.Run(t, plugin, "testdata/encode") }

// TestConfig shows what a configuration is refused for, as the trial before it is taken into use does.
func TestConfig(t *testing.T) { plugintest.Run(t, plugin, "testdata/config") }
