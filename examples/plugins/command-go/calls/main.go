// Plugin calls reads calls in the form of a query string (GET /hooks/pbx?call=7&state=ringing&from=043960123), as switches
// send them that know no JSON. It is a command: a program with a main and nothing else, started anew for each call.
package main

import "github.com/plugboard/plugboard/sdk"

func main() { sdk.Command(sdk.Functions{Receive: read}) }

func read(r *sdk.Request, out *sdk.Events) error {
	query := r.QueryFields()
	id := query.Get("call").Str()
	if id == "" {
		return sdk.Reject("the query names no call")
	}
	e := out.Add(meaning(query.Take("state").Str()))
	e.Subject("call", id)
	e.IDFrom(id, query.Get("state").Str(), query.Get("at").Str())
	e.TimeFrom(query.Get("at"))
	e.Received(r.ReceivedAt())
	call := e.Data().Object("call")
	call.StrFrom("id", query.Get("call"))
	call.StrFrom("from", query.Get("from"))
	call.StrFrom("to", query.Get("to"))
	e.Data().Rest("extensions.pbx", query.Root())
	return nil
}

func meaning(state string) string {
	switch state {
	case "ringing", "answered", "ended":
		return "call." + state
	}
	return "vendor.unmapped"
}
