//go:build wasip1

// Plugin calls reads the calls that Ziwo posts, and is made with Extism's kit for Go: the kit brings input, output,
// configuration and errors, and the documents are the gateway's own. Any JSON package will do; this one is fast in a guest.
package main

import (
	"strings"

	"github.com/extism/go-pdk"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

func main() {}

//go:wasmexport init
func start() int32 {
	if account, _ := pdk.GetConfig("account"); account == "" {
		return refuse("config.account is missing: name the Ziwo account")
	}
	return 0
}

//go:wasmexport receive
func receive() int32 {
	doc, err := jsondoc.Parse(pdk.Input())
	if err != nil || doc.Root().Kind() != jsondoc.Object {
		return refuse("the body is not a JSON object")
	}
	account, _ := pdk.GetConfig("account")
	var out jsondoc.Builder
	read(doc, account, out.Root().AppendObject("events"))
	pdk.Output(out.AppendJSON(nil))
	return 0
}

// refuse is how an Extism plugin says that its input is at fault: the sender gets 400 and this text.
func refuse(why string) int32 {
	pdk.SetErrorString(why)
	return 1
}

func read(doc *jsondoc.Doc, account string, event jsondoc.Obj) {
	vendorType, id := doc.Get("type").Str(), doc.Get("callID").Str()
	event.Str("type", meaning(vendorType))
	event.Str("source", "/ziwo/"+account)
	event.Str("ccvendor", "ziwo")
	event.Str("ccaccount", account)
	event.StrFrom("cctype", doc.Get("type"))
	event.Append("id_from", account, id, doc.Get("otherLegCallID").Str(), vendorType, doc.Get("startedAtEpoch").Str())
	if id != "" {
		event.Str("subject", "call/"+id)
		event.Str("partitionkey", "call/"+id)
	}
	call := event.Object("data.call")
	call.StrFrom("id", doc.Get("callID"))
	call.StrFrom("other_leg_id", doc.Get("otherLegCallID"))
	call.StrFrom("from", doc.Get("callerIdNumber"))
	call.StrFrom("to", doc.Get("calleeIdNumber"))
	event.Rest("data.extensions.ziwo", doc.Root()) // nothing of the vendor's message is lost
}

func meaning(vendorType string) string {
	switch strings.TrimPrefix(vendorType, "call-") {
	case "created", "ringing", "ended":
		return "call." + strings.TrimPrefix(vendorType, "call-")
	case "answered", "active":
		return "call.answered"
	case "hangup":
		return "call.ended"
	}
	return "vendor.unmapped"
}
