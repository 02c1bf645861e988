package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/template"
)

// settings is the configuration, ready to be filled in.
type settings struct {
	text   *template.Template
	blocks *shape // nil: none
}

var set settings

// configure reads the configuration; its error names the key.
func configure() error {
	set = settings{}
	for key, v := range sdk.Config().Each {
		switch key {
		case "text":
			if v.Kind() != jsondoc.String {
				return sdk.Reject("text: want a text")
			}
			t, err := parse("text", v.Str())
			if err != nil {
				return err
			}
			set.text = t
		case "blocks":
			if v.Kind() != jsondoc.Array || v.Len() == 0 || v.Len() > maxBlocks {
				return sdk.Reject("blocks: want a list of 1 to 50 blocks")
			}
			s, err := newShape("blocks", v)
			if err != nil {
				return err
			}
			set.blocks = s
		default:
			return sdk.Reject(key + ": unknown key; the keys are text and blocks")
		}
	}
	if set.text == nil && set.blocks == nil {
		return sdk.Reject("text is missing: write a template, \"*{{data.agent.name}}* is {{data.state.name}}\", or give blocks")
	}
	return nil
}

const maxBlocks = 50 // of a message, as Slack has it

func parse(what, text string) (*template.Template, error) {
	t, err := template.Parse(text, template.Mrkdwn)
	if err != nil {
		return nil, sdk.Reject(what + ": " + err.Error())
	}
	return t, nil
}

// fill renders one template; what names it where the result is not fit to send.
func fill(what string, t *template.Template, in *sdk.Incoming) (string, error) {
	text, err := t.Text(in.Value())
	if err != nil {
		return "", sdk.Fail(what + ": " + err.Error())
	}
	return text, nil
}
