package main

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

var plugin = plugintest.Plugin{Init: configure, Receive: read, Format: write, Judge: decide, Encode: rebuild}

// TestFixtures reads one message of each kind, from the fields that the vendor documents.
func TestFixtures(t *testing.T) { plugintest.Run(t, plugin, "testdata") }

// TestCases reads what is missing, misplaced, of another kind than expected, or not the vendor's at all.
func TestCases(t *testing.T) { plugintest.Run(t, plugin, "testdata/cases") }

// TestFeed writes the feed from the events of other vendors, and from its own.
func TestFeed(t *testing.T) { plugintest.Run(t, plugin, "testdata/feed") }

// TestEncode makes messages of other vendors' events; its own go round in gateway/vendors.
func TestEncode(t *testing.T) { plugintest.Run(t, plugin, "testdata/encode") }

// TestConfig shows what a configuration is refused for, as the trial before it is taken into use does.
func TestConfig(t *testing.T) { plugintest.Run(t, plugin, "testdata/config") }

func BenchmarkReceive(b *testing.B) {
	plugintest.Benchmark(b, plugin, "testdata/05-state-custom-unicode.request.json")
}
