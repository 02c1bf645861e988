package main

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

func TestPlugin(t *testing.T) {
	plugintest.Run(t, plugintest.Plugin{Init: checkConfig, Receive: read, Encode: rebuild}, "../../cases/ziwo-calls")
}
