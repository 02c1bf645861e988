// Package sdk is what a Plugboard plugin imports. A plugin is a main package that exports one or more of the functions
// receive, transform, format, judge and encode, each in one line that hands over to a function of the author's:
//
//	package main
//
//	import "github.com/plugboard/plugboard/sdk"
//
//	func main() {}
//
//	//go:wasmexport receive
//	func receive() int32 { return sdk.Receive(read) }
//
//	func read(r *sdk.Request, out *sdk.Events) error {
//		doc, err := r.JSON()
//		if err != nil {
//			return sdk.Reject("body is not JSON: " + err.Error())
//		}
//		e := out.Add("agent.state.changed")
//		e.Subject("agent", doc.Take("agent_id").Str())
//		e.Data().StrFrom("agent.name", doc.Get("agent_name"))
//		return nil
//	}
//
// Built with GOOS=wasip1 GOARCH=wasm and -buildmode=c-shared it runs in the gateway; built for anything else the same
// code runs in tests (package plugintest).
//
// An instance of a plugin serves one call at a time and is used for many. What the functions are handed (requests,
// events, values) belongs to the call and is void after it; strings may be kept. Nothing in here is safe for concurrent
// use. A panic ends the call and the instance, its text is logged, and the gateway treats the call as failed.
package sdk

import (
	"errors"

	"github.com/plugboard/plugboard/sdk/internal/host"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Receive is the body of the export receive: read turns a vendor's request into events.
func Receive(read func(r *Request, out *Events) error) int32 {
	req, out := &theRequest, &theEvents
	*req = Request{doc: req.doc, fields: req.fields}
	out.reset()
	return finish(read(req, out), &out.b)
}

// Transform is the body of the export transform: change turns one event into any number of events.
func Transform(change func(in *Incoming, out *Events) error) int32 {
	in, out := &theIncoming, &theEvents
	out.reset()
	if err := in.load(); err != nil {
		return finish(err, nil)
	}
	return finish(change(in, out), &out.b)
}

// Format is the body of the export format: run turns one event into the request to send.
func Format(run func(in *Incoming, out *Outgoing) error) int32 {
	in := &theIncoming
	if err := in.load(); err != nil {
		return finish(err, nil)
	}
	theBuilder.Reset()
	theOutgoing = newOutgoing(theBuilder.Root())
	err := run(in, &theOutgoing)
	theBuilder.Root().Default("request", "{}") // all of it is the destination's
	return finish(err, &theBuilder)
}

// Judge is the body of the export judge: decide says what a response means. A verdict in which nothing was set leaves
// it to the status code.
func Judge(decide func(a *Answer, v *Verdict) error) int32 {
	a := &theAnswer
	if err := a.load(); err != nil {
		return finish(err, nil)
	}
	theBuilder.Reset()
	theVerdict.o = theBuilder.Root()
	return finish(decide(a, &theVerdict), &theBuilder)
}

// Encode is the body of the export encode: rebuild turns an event that receive has made, or could have made, into the
// request that its vendor would have sent.
func Encode(rebuild func(in *Incoming, out *Message) error) int32 {
	in := &theIncoming
	if err := in.load(); err != nil {
		return finish(err, nil)
	}
	theBuilder.Reset()
	theMessage = Message{newOutgoing(theBuilder.Root())}
	err := rebuild(in, &theMessage)
	theBuilder.Root().Default("request", "{}")
	return finish(err, &theBuilder)
}

// Init is the body of an export named init: it is called once for each instance, before anything else, and its error
// refuses the configuration. A Go function cannot be called init, so the export is named in the directive:
//
//	//go:wasmexport init
//	func start() int32 { return sdk.Init(configure) }
func Init(configure func() error) int32 { return finish(configure(), nil) }

// One of each is enough, since calls never overlap in an instance.
var (
	theRequest  Request
	theIncoming Incoming
	theAnswer   Answer
	theEvents   Events
	theOutgoing Outgoing
	theMessage  Message
	theVerdict  Verdict
	theBuilder  jsondoc.Builder
)

// finish ends a call: with its output, or with what the error says. An empty output is not written at all.
func finish(err error, out *jsondoc.Builder) int32 {
	if err != nil {
		kind := host.Fail
		var s *Stop
		if errors.As(err, &s) {
			kind = s.kind
		}
		host.Stop(kind, err.Error())
		return kind
	}
	if out != nil {
		write(out)
	}
	return 0
}
