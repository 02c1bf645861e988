package main

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

var plugin = plugintest.Plugin{Init: configure, Format: write, Judge: decide}

// TestScenarios plays what Telegram documents.
func TestScenarios(t *testing.T) { plugintest.Run(t, plugin, "testdata") }

// TestCases plays what can go otherwise.
func TestCases(t *testing.T) { plugintest.Run(t, plugin, "testdata/cases") }

// A configuration that cannot work is refused when it is taken into use, with the key.
func TestConfigure(t *testing.T) {
	for config, want := range map[string]string{
		`{"chat_id":-100,"text":"x"}`:                             "",
		`{"chat_id":"-100","text":"x","parse_mode":"HTML"}`:       "",
		`{"chat_id":"{{data.chat}}","text":"x"}`:                  "",
		`{}`:                                                      "chat_id is missing: write the chat's number, or @channel",
		`{"chat_id":"room","text":"x"}`:                           `chat_id: "room" is no chat; want a number or @channel`,
		`{"chat_id":1.5,"text":"x"}`:                              `chat_id: "1.5" is no chat; want a number or @channel`,
		`{"chat_id":"{{","text":"x"}`:                             "chat_id: line 1, column 1: {{ is not closed",
		`{"chat_id":7}`:                                           `text is missing: write a template, "{{data.agent.name}} is {{data.state.name}}"`,
		`{"chat_id":7,"text":"<a {{type}}>"}`:                     "text: line 1, column 4: inside a tag a value can only stand in an attribute's quotes",
		`{"chat_id":7,"text":"x","parse_mode":"MarkdownV2"}`:      `parse_mode: "MarkdownV2" is neither html nor none`,
		`{"chat_id":7,"text":"x","too_long":"drop"}`:              `too_long: "drop" is neither split nor cut`,
		`{"chat_id":7,"text":"x","disable_notification":"maybe"}`: "disable_notification: want true or false",
		`{"chat_id":7,"text":"x","message_thread_id":-1}`:         "message_thread_id: want the number of a topic",
		`{"chat_id":7,"text":"x","chat":1}`: "chat: unknown key; the keys are chat_id, text, parse_mode, too_long, bad_token, " +
			"disable_notification and message_thread_id",
	} {
		if got := plugintest.Refusal(plugin, config); got != want {
			t.Errorf("%s:\nwant %s\n got %s", config, want, got)
		}
	}
}

// FuzzCut: whatever a text holds, each part fits, nothing is lost between them, no tag or entity is torn, and what is
// opened in a part is closed in it.
func FuzzCut(f *testing.F) {
	for _, s := range []string{"", "a", "<b>x</b>", "&amp;", "🦊", "<", "&", "</b>", "<a href=\"x>y\">z</a>", " \n", "&#128512;", "é", "<b><i>"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, html bool) {
		if s == "" || len(s) > 4096 {
			return
		}
		long := strings.Repeat(s, 2*limit/len(s)+2)
		c := cutter{rest: long, html: html}
		var parts []string
		for c.rest != "" && len(parts) < 1000 {
			before := c.rest
			parts = append(parts, c.next(limit))
			if c.rest == before {
				t.Fatalf("%q: nothing was taken", s)
			}
		}
		shown := func(s string) (text string) {
			for c := (cutter{rest: s, html: html}); c.rest != ""; {
				n, _, isTag := c.token(c.rest)
				if !isTag {
					text += c.rest[:n]
				}
				c.rest = c.rest[n:]
			}
			return text
		}
		all := ""
		for _, p := range parts {
			if n := (&cutter{rest: p, html: html}).length(); n > limit {
				t.Fatalf("%q: a part of %d", s, n)
			}
			if !html && len(utf16.Encode([]rune(p))) > limit {
				t.Fatalf("%q: a part of more UTF-16 units than there may be", s)
			}
			all += shown(p)
		}
		if !strings.ContainsAny(s, "<>&") && all != shown(long) { // marks that are torn by repeating are nobody's
			t.Fatalf("%q: parts show something else", s)
		}
	})
}

func BenchmarkFormat(b *testing.B) {
	plugintest.Benchmark(b, plugin, "testdata/01-ok.scenario.json")
}
