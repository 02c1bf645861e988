package main

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

func TestPlugin(t *testing.T) {
	plugintest.Run(t, plugintest.Plugin{Receive: read}, "testdata")
}
