package main

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

var plugin = plugintest.Plugin{Init: checkConfig, Receive: read}

// TestFixtures reads one message of each kind, from the fields that Zendesk documents.
func TestFixtures(t *testing.T) { plugintest.Run(t, plugin, "testdata") }

// TestCases reads what is missing, misplaced, of another kind than expected, or not Zendesk's at all.
func TestCases(t *testing.T) { plugintest.Run(t, plugin, "testdata/cases") }
