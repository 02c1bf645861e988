package main

import (
	"strconv"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// decide reads an answer. Telegram says in the body what others say in headers; where there is no such body, as behind a
// broken proxy, the status decides.
func decide(a *sdk.Answer, v *sdk.Verdict) error {
	doc, err := a.JSON()
	if err != nil {
		doc = jsondoc.Value{}
	}
	if ok, said := doc.Member("ok").Bool(); a.Status()/100 == 2 && (ok || !said) {
		return sent(a, v)
	}
	about := doc.Member("parameters")
	chat := a.Request().Get("json.chat_id").Str()
	if to := about.Member("migrate_to_chat_id").Str(); isChat(to) && to != chat {
		moved(a, v, to)
		return nil
	}
	if wait, ok := about.Member("retry_after").Int(); ok && wait >= 0 {
		v.Retry(reason(a, doc)).AfterSeconds(int(min(wait, 1<<30)))
		v.SlowDown(int(min(wait, 3600))) // flood control counts the bot's messages, not this one
		return nil
	}
	switch status := a.Status(); {
	case status/100 == 2: // which says that it is not ok
		v.Retry(reason(a, doc))
	case status == 400, status == 403:
		v.Dead(reason(a, doc))
	case status == 401, status == 404:
		why := reason(a, doc) + ": the bot's token in the destination's url seems to be wrong"
		if set.deadToken {
			v.Dead(why)
		} else {
			v.Retry(why)
		}
	}
	return nil
}

// sent goes on to the next part of a text, if there is one.
func sent(a *sdk.Answer, v *sdk.Verdict) error {
	n := 1
	if set.split {
		done, _ := a.Memo().Get("sent").Int()
		n += int(max(done, 0))
		parts, err := texts(a.Event())
		if err != nil {
			return err
		}
		if n < len(parts) {
			v.Memo().Int("sent", int64(n))
			request(v.Next(), a.Request().Get("json.chat_id").Str(), parts[n])
			return nil
		}
	}
	v.Delivered()
	return nil
}

// moved remembers a group's new id under the one that is configured, and under the one that was just tried: a group may
// move again.
func moved(a *sdk.Answer, v *sdk.Verdict, to string) {
	if configured, err := fill("chat_id", set.chat, a.Event()); err == nil {
		sdk.SetState(migrated+configured, to, 0)
	}
	v.Retry("the group is a supergroup now, chat " + to).AfterSeconds(1)
}

// reason is what Telegram says, for people.
func reason(a *sdk.Answer, doc jsondoc.Value) string {
	said := doc.Member("description").Str()
	if said == "" {
		return "answered " + strconv.Itoa(a.Status())
	}
	return "answered " + strconv.Itoa(a.Status()) + ": " + sdk.Excerpt(said, 300)
}
