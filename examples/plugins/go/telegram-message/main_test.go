package main

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

func TestPlugin(t *testing.T) {
	plugintest.Run(t, plugintest.Plugin{Init: checkConfig, Format: write, Judge: decide}, "../../cases/telegram-message")
}
