// Command extismguest is a plugin made with Extism's kit for Go: what it does with its input, the input's first line says.
package main

import (
	"strings"

	"github.com/extism/go-pdk"
)

func main() {}

//go:wasmexport init
func start() int32 {
	if text, ok := pdk.GetConfig("refuse"); ok {
		pdk.SetErrorString(text)
		return 1
	}
	return 0
}

//go:wasmexport receive
func receive() int32 {
	do, rest, _ := strings.Cut(pdk.InputString(), "\n")
	switch do {
	case "echo":
		pdk.OutputString(rest)
	case "twice": // the last output counts
		pdk.OutputString("first")
		pdk.OutputString(rest)
	case "config":
		value, ok := pdk.GetConfig(rest)
		if !ok {
			value = "absent"
		}
		pdk.OutputString(value)
	case "remember":
		pdk.SetVar("last", []byte(rest))
	case "recall":
		pdk.OutputString(string(pdk.GetVar(rest)))
	case "forget":
		pdk.RemoveVar("last")
	case "log":
		pdk.Log(pdk.LogDebug, "debug "+rest)
		pdk.Log(pdk.LogInfo, "info "+rest)
		pdk.Log(pdk.LogWarn, "warn "+rest)
		pdk.Log(pdk.LogError, "error "+rest)
	case "error":
		pdk.SetErrorString(rest)
		return 1
	case "regret": // an error text without a failure is none
		pdk.SetErrorString(rest)
		pdk.OutputString("fine")
	case "silent":
		return 7
	case "http":
		pdk.NewHTTPRequest(pdk.MethodGet, "http://127.0.0.1/").Send()
	case "beyond":
		m := pdk.AllocateString("12345678")
		far := pdk.NewMemory(m.Offset()+1<<20, 8)
		far.Store([]byte("overflow"))
	case "flood":
		for {
			pdk.Allocate(1 << 16)
		}
	case "panic":
		panic(rest)
	}
	return 0
}
