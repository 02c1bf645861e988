package sdk

import "github.com/plugboard/plugboard/sdk/internal/host"

// Debug writes a line to the gateway's log, for who looks for a fault.
func Debug(message string) { host.Log(0, message) }

// Info writes a line to the gateway's log.
func Info(message string) { host.Log(1, message) }

// Warn writes a line to the gateway's log: something is odd, and was coped with.
func Warn(message string) { host.Log(2, message) }

// Error writes a line to the gateway's log: something went wrong. It does not end the call.
func Error(message string) { host.Log(3, message) }
