// Command probe is a plugin that uses what its host offers, and tells what it got. It exists for tests.
package main

import (
	"encoding/hex"
	"strconv"

	"github.com/plugboard/plugboard/sdk"
)

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(configure) }

//go:wasmexport receive
func receive() int32 { return sdk.Receive(read) }

//go:wasmexport format
func format() int32 { return sdk.Format(write) }

//go:wasmexport judge
func judge() int32 { return sdk.Judge(decide) }

func configure() error {
	if why := sdk.Config().Get("refuse").Str(); why != "" {
		return sdk.Reject(why)
	}
	return nil
}

// read makes an event of {"id": "…"}: with what the table agents has for it, its MAC, and how often the id came.
func read(r *sdk.Request, out *sdk.Events) error {
	doc, err := r.JSON()
	if err != nil {
		return sdk.Reject("the body is not JSON: " + err.Error())
	}
	id := doc.Get("id").Str()
	if id == "panic" {
		panic("it was told to")
	}
	name, _ := sdk.Lookup("agents", id)
	e := out.Add("agent.logged_in")
	e.Subject("agent", id)
	e.Data().Str("agent.id", id)
	e.Data().Str("agent.name", name)
	if key := sdk.Config().Get("key").Str(); key != "" {
		mac, ok := sdk.Sign(key, sdk.HMACSHA256, []byte(id))
		e.Data().Str("agent.email", hex.EncodeToString(mac))
		if !ok {
			e.Data().Str("agent.email", "not granted")
		}
	}
	if counting() {
		e.Data().Str("agent.role", count("seen "+id, doc.Get("ttl").Str()))
	}
	if drop, _ := doc.Get("drop").Bool(); drop {
		return sdk.Drop("it was told to")
	}
	return nil
}

func counting() bool {
	is, _ := sdk.Config().Get("count").Bool()
	return is
}

// count says how often it was asked for key.
func count(key, ttl string) string {
	text, _ := sdk.State(key)
	n, _ := strconv.Atoi(text)
	seconds, _ := strconv.ParseInt(ttl, 10, 64)
	text = strconv.Itoa(n + 1)
	sdk.SetState(key, text, seconds)
	return text
}

func write(in *sdk.Incoming, out *sdk.Outgoing) error {
	o := out.JSON()
	o.Str("id", in.Get("data.agent.id").Str())
	o.Str("greeting", sdk.Config().Get("greeting").Str())
	if counting() {
		o.Str("sent", count("sent", ""))
	}
	return nil
}

// decide counts answers, and asks for another attempt where the answer says so.
func decide(a *sdk.Answer, v *sdk.Verdict) error {
	if counting() {
		count("answers", "")
	}
	if a.Body() == "again" {
		v.Retry("it was told to").AfterSeconds(1)
	}
	return nil
}
