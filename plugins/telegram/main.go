// Plugin telegram writes events into a Telegram chat: a text from a template, sent by a bot's sendMessage.
//
//	format ─► chat: the configured one, or the supergroup that it became ─► text: template, escaped, cut or split
//	judge  ─► ok                        delivered, or the next part
//	          migrate_to_chat_id        remembered for this destination, tried again at once with the new id
//	          retry_after (in the body) wait that long, all of this destination
//	          400, 403                  dead: no chat, blocked, not a message; asking again cannot help
//	          401, 404                  the bot's token is wrong: by the setting bad_token
//
// The token stands in the link, which is the destination's own url; the plugin never sees it.
package main

import (
	"github.com/plugboard/plugboard/sdk"
)

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(configure) }

//go:wasmexport format
func format() int32 { return sdk.Format(write) }

//go:wasmexport judge
func judge() int32 { return sdk.Judge(decide) }

// write makes the request of an attempt: the first part that an earlier attempt has not sent.
func write(in *sdk.Incoming, out *sdk.Outgoing) error {
	parts, err := texts(in)
	if err != nil {
		return err
	}
	chat, err := fill("chat_id", set.chat, in)
	if err != nil {
		return err
	}
	if !isChat(chat) {
		return sdk.Fail("chat_id is \"" + sdk.Excerpt(chat, 60) + "\", which is no chat: want a number or @channel")
	}
	n := sentBefore(in)
	if n >= len(parts) {
		n = 0 // the template changed meanwhile
	}
	request(out, current(chat), parts[n])
	if n > 0 {
		out.Memo().Int("sent", int64(n)) // else an attempt that fails before any answer would forget it
	}
	return nil
}

// request writes one message.
func request(out *sdk.Outgoing, chat, text string) {
	out.Method("POST")
	out.Path("sendMessage")
	doc := out.JSON()
	if chat[0] == '@' {
		doc.Str("chat_id", chat)
	} else {
		doc.Raw("chat_id", []byte(chat))
	}
	doc.Str("text", text)
	if set.html {
		doc.Str("parse_mode", "HTML")
	}
	if set.silent {
		doc.Bool("disable_notification", true)
	}
	if set.thread != 0 {
		doc.Int("message_thread_id", set.thread)
	}
}

// sentBefore is how many parts earlier attempts have sent.
func sentBefore(in *sdk.Incoming) int {
	n, _ := in.Memo().Get("sent").Int()
	return int(max(n, 0))
}

// current is the chat's id of today: a group that became a supergroup has another one.
func current(chat string) string {
	if to, ok := sdk.State(migrated + chat); ok && isChat(to) {
		return to
	}
	return chat
}

const migrated = "migrated/"
