// Plugin telegram-message writes a line about an event to a Telegram chat. The destination's url is the whole address,
// https://api.telegram.org/bot{{secret.telegram.token}}/sendMessage, so that the plugin has nothing to do with the token.
package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
)

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(checkConfig) }

//go:wasmexport format
func format() int32 { return sdk.Format(write) }

//go:wasmexport judge
func judge() int32 { return sdk.Judge(decide) }

// checkConfig refuses a configuration that does not say where to write.
func checkConfig() error {
	if sdk.Config().Get("chat_id").Empty() {
		return sdk.Fail("config.chat_id is missing: a chat's number, or @channel")
	}
	return nil
}

func write(in *sdk.Incoming, out *sdk.Outgoing) error {
	state, before := in.Get("data.state.name").Str(), in.Get("data.previous_state.name").Str()
	if in.Type() == "agent.state.changed" && state != "" && state == before {
		return sdk.Drop("the state is the same as before")
	}
	out.Method("POST")
	message := out.JSON()
	chat := in.Memo().Get("chat_id") // Telegram gave it a new number (see decide)
	if chat.Exists() {
		out.Memo().CopyFrom("chat_id", chat)
	} else {
		chat = sdk.Config().Get("chat_id")
	}
	message.CopyFrom("chat_id", chat)
	message.Str("parse_mode", "HTML")
	message.Str("text", text(in))
	if silent, _ := sdk.Config().Get("silent").Bool(); silent {
		message.Bool("disable_notification", true)
	}
	return nil
}

// text is the line, in Telegram's HTML.
func text(in *sdk.Incoming) string {
	kind := in.Type()
	switch {
	case kind == "agent.state.changed":
		line := bold(who(in)) + ": "
		if before := in.Get("data.previous_state.name").Str(); before != "" {
			line += html(before) + " → "
		}
		return line + html(firstOf(in, "unknown", "data.state.name", "data.state.base"))
	case strings.HasPrefix(kind, "agent."):
		return bold(who(in)) + ": " + html(kind)
	case strings.HasPrefix(kind, "call."):
		return bold(kind) + " " + html(firstOf(in, "unknown", "data.call.from", "data.call.customer_number")) +
			" → " + html(firstOf(in, "unknown", "data.call.to", "data.call.contact_center_number"))
	case in.Subject() != "":
		return bold(kind) + " " + html(in.Subject())
	}
	return bold(kind)
}

func who(in *sdk.Incoming) string {
	return firstOf(in, "somebody", "data.agent.name", "data.agent.id", "data.agent.phone")
}

// firstOf is the first of the paths that has something, else otherwise.
func firstOf(in *sdk.Incoming, otherwise string, paths ...string) string {
	for _, p := range paths {
		if s := in.Get(p).Str(); s != "" {
			return s
		}
	}
	return otherwise
}

func bold(s string) string { return "<b>" + html(s) + "</b>" }

var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// html writes a value as text: Telegram refuses a message of broken HTML. A message may have 4096 characters, so each
// value is cut to 200.
func html(s string) string {
	n := 0
	for i := range s {
		if n == 200 {
			s = s[:i] + "…"
			break
		}
		n++
	}
	return entities.Replace(s)
}

// decide reads what the status code does not say. Everything else is left to it.
func decide(a *sdk.Answer, v *sdk.Verdict) error {
	answer, err := a.JSON()
	if err != nil {
		return nil // not Telegram, but something on the way to it
	}
	description := answer.Get("description").Str()
	switch a.Status() {
	case 429:
		if seconds, ok := answer.Get("parameters.retry_after").Int(); ok {
			v.Retry(description).AfterSeconds(int(seconds))
		}
	case 400:
		if moved := answer.Get("parameters.migrate_to_chat_id"); !moved.Empty() {
			v.Retry(description)
			v.Memo().CopyFrom("chat_id", moved)
			return nil
		}
		dead(v, description)
	case 403:
		dead(v, description)
	case 401, 404:
		v.Dead("Telegram does not know the bot: check the token in the destination's url")
	}
	return nil
}

func dead(v *sdk.Verdict, description string) { v.Dead("Telegram: " + description) }
