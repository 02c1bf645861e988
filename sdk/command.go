package sdk

import "github.com/plugboard/plugboard/sdk/internal/host"

// Functions are what a command does; what it lacks stays nil.
type Functions struct {
	Receive   func(r *Request, out *Events) error
	Transform func(in *Incoming, out *Events) error
	Format    func(in *Incoming, out *Outgoing) error
	Judge     func(a *Answer, v *Verdict) error
	Encode    func(in *Incoming, out *Message) error
}

// Command is the body of main in a plugin that is a command: a program that is started anew for each call, as a plugin
// without exported functions is. It costs milliseconds where an exported function costs microseconds, and it may leave
// memory, open state and half-done work behind, since nothing outlives a call.
//
//	func main() { sdk.Command(sdk.Functions{Receive: read}) }
func Command(f Functions) {
	function, _ := Fact("function")
	switch {
	case function == "receive" && f.Receive != nil:
		Receive(f.Receive)
	case function == "transform" && f.Transform != nil:
		Transform(f.Transform)
	case function == "format" && f.Format != nil:
		Format(f.Format)
	case function == "judge" && f.Judge != nil:
		Judge(f.Judge)
	case function == "encode" && f.Encode != nil:
		Encode(f.Encode)
	default:
		host.Exit(exitUsage)
	}
}

// exitUsage is how a command says that it does not do what it was asked for.
const exitUsage = 64
