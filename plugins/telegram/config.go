package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/template"
)

// settings is the configuration, ready to be filled in.
type settings struct {
	chat, text *template.Template
	html       bool
	silent     bool
	split      bool // long texts become several messages; else they are cut
	deadToken  bool // an answer that says that the token is wrong ends the delivery
	thread     int64
}

var set settings

// configure reads the configuration; its error names the key.
func configure() (err error) {
	set = settings{html: true}
	c := sdk.Config()
	for key, v := range c.Each {
		switch key {
		case "chat_id", "text", "message_thread_id", "disable_notification": // below
		case "parse_mode":
			set.html, err = word(key, v, "html", "none")
		case "too_long":
			set.split, err = word(key, v, "split", "cut")
		case "bad_token":
			set.deadToken, err = word(key, v, "dead", "retry")
		default:
			err = sdk.Reject(key + ": unknown key; the keys are chat_id, text, parse_mode, too_long, bad_token, disable_notification and message_thread_id")
		}
		if err != nil {
			return err
		}
	}
	if v := c.Member("disable_notification"); v.Exists() {
		ok := false
		if set.silent, ok = v.Bool(); !ok {
			return sdk.Reject("disable_notification: want true or false")
		}
	}
	if v := c.Member("message_thread_id"); v.Exists() {
		ok := false
		if set.thread, ok = v.Int(); !ok || set.thread <= 0 {
			return sdk.Reject("message_thread_id: want the number of a topic")
		}
	}
	return templates(c)
}

// word says whether the value is the first of two words, in any case.
func word(key string, v jsondoc.Value, yes, no string) (bool, error) {
	switch {
	case sdk.SameName(v.Str(), yes):
		return true, nil
	case sdk.SameName(v.Str(), no):
		return false, nil
	}
	return false, sdk.Reject(key + ": \"" + v.Str() + "\" is neither " + yes + " nor " + no)
}

func templates(c jsondoc.Value) (err error) {
	chat := c.Member("chat_id").Str()
	if chat == "" {
		return sdk.Reject("chat_id is missing: write the chat's number, or @channel")
	}
	if set.chat, err = template.Parse(chat, template.Text); err != nil {
		return sdk.Reject("chat_id: " + err.Error())
	}
	if set.chat.Constant() && !isChat(chat) {
		return sdk.Reject("chat_id: \"" + chat + "\" is no chat; want a number or @channel")
	}
	text := c.Member("text")
	if text.Kind() != jsondoc.String || text.Str() == "" {
		return sdk.Reject("text is missing: write a template, \"{{data.agent.name}} is {{data.state.name}}\"")
	}
	format := template.Text
	if set.html {
		format = template.HTML
	}
	if set.text, err = template.Parse(text.Str(), format); err != nil {
		return sdk.Reject("text: " + err.Error())
	}
	return nil
}

// isChat says whether s is what chat_id takes: a whole number, or the name of a channel.
func isChat(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	if s[0] == '@' {
		return len(s) > 1
	}
	if s[0] == '-' {
		s = s[1:]
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) < 19 && s[0] != '0'
}

// fill renders one template; what names it where the result is not fit to send.
func fill(what string, t *template.Template, in *sdk.Incoming) (string, error) {
	text, err := t.Text(in.Value())
	if err != nil {
		return "", sdk.Fail(what + ": " + err.Error())
	}
	return text, nil
}
