// Plugin slack writes events into a Slack channel through an incoming webhook: a text, blocks, or both, whose strings are
// templates. Values are escaped as Slack's markup asks.
//
// The webhook's whole link is its secret, so it is the destination's url and the plugin never sees it. Slack answers in
// plain text: "ok", or the word for the fault.
package main

import (
	"strconv"

	"github.com/plugboard/plugboard/sdk"
)

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(configure) }

//go:wasmexport format
func format() int32 { return sdk.Format(write) }

//go:wasmexport judge
func judge() int32 { return sdk.Judge(decide) }

func write(in *sdk.Incoming, out *sdk.Outgoing) error {
	out.Method("POST")
	text := ""
	if set.text != nil {
		var err error
		if text, err = fill("text", set.text, in); err != nil {
			return err
		}
	}
	if text == "" && set.blocks == nil {
		return sdk.Fail("text is empty; Slack takes no empty message")
	}
	out.JSON().Str("text", text)
	if set.blocks == nil {
		return nil
	}
	blocks, err := set.blocks.append(nil, in)
	if err != nil {
		return err
	}
	if !out.JSON().Raw("blocks", blocks) {
		return sdk.Fail("blocks: what came out is not JSON")
	}
	return nil
}

// decide reads an answer. Most of it is as the status says; the word goes into the reason.
func decide(a *sdk.Answer, v *sdk.Verdict) error {
	why := "answered " + strconv.Itoa(a.Status())
	if word := a.Body(); word != "" {
		why += ": " + sdk.Excerpt(word, 100)
	}
	switch status := a.Status(); {
	case status == 410:
		v.Disable(why)
	case status == 429 || status == 408 || status == 425 || status >= 500:
		v.Retry(why) // Retry-After is the gateway's to read
	case status >= 400:
		v.Dead(why)
	}
	return nil
}
