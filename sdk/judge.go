package sdk

import (
	"unicode/utf8"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Answer is what was sent and what came back.
type Answer struct {
	doc   jsondoc.Doc
	body  jsondoc.Doc
	event Incoming
}

func (a *Answer) load() error {
	if err := read(&a.doc, input()); err != nil {
		return Fail("answer is not JSON: " + err.Error())
	}
	a.event.root = a.doc.Get("event")
	return nil
}

// Event is the event that is being delivered.
func (a *Answer) Event() *Incoming { return &a.event }

// Step counts the requests of this attempt, from 1.
func (a *Answer) Step() int {
	n, _ := a.doc.Get("step").Int()
	return int(n)
}

// Request is the request that was sent, as format or judge wrote it: method, url, headers, query and so on.
func (a *Answer) Request() jsondoc.Value { return a.doc.Get("request") }

// Status is the response's status code.
func (a *Answer) Status() int {
	n, _ := a.doc.Get("response.status").Int()
	return int(n)
}

// Header is a header line of the response, by its name in any case; "" when there is none.
func (a *Answer) Header(name string) string {
	for n, v := range a.doc.Get("response.headers").Each {
		if !equalFold(n, name) {
			continue
		}
		if v.Kind() == jsondoc.Array {
			return v.Index(0).Str()
		}
		return v.Str()
	}
	return ""
}

// Body is the response's body, as far as the gateway reads it.
func (a *Answer) Body() string {
	if b := a.doc.Get("response.body_base64").Str(); b != "" {
		return view(appendFromBase64(nil, b)) // it was no UTF-8
	}
	return a.doc.Get("response.body").Str()
}

// JSON reads the response's body as JSON.
func (a *Answer) JSON() (jsondoc.Value, error) {
	v := a.doc.Get("response.body")
	if v.Kind() != jsondoc.String && v.Exists() {
		return v, nil
	}
	if err := a.body.Reset([]byte(a.Body())); err != nil {
		return jsondoc.Value{}, err
	}
	return a.body.Root(), nil
}

// Memo is what the step before this one kept.
func (a *Answer) Memo() jsondoc.Value { return a.doc.Get("memo") }

func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}

// Verdict says what a response means. One of Delivered, Next, Retry, Dead and Disable is set; none leaves it to the
// status code. SlowDown and Memo may be set beside each.
type Verdict struct{ o jsondoc.Obj }

// Delivered ends the delivery: done.
func (v *Verdict) Delivered() { v.o.Bool("delivered", true) }

// Next sends a further request in the same attempt; judge is called with its response.
func (v *Verdict) Next() *Outgoing {
	return &Outgoing{v.o, v.o.Object("next.request")}
}

// Retry ends the attempt: another one follows when the destination's policy says so, or later (see Again).
func (v *Verdict) Retry(reason string) Again {
	again := Again{v.o.Object("retry")}
	if reason == "" {
		reason = "the plugin asked to try again"
	}
	again.o.Str("reason", reason)
	return again
}

// Dead ends the delivery as a dead letter: trying again cannot help.
func (v *Verdict) Dead(why string) { v.o.Str("dead", orUnsaid(why)) }

// Disable ends the delivery as a dead letter and stops sending to this destination.
func (v *Verdict) Disable(why string) { v.o.Str("disable", orUnsaid(why)) }

// SlowDown asks for a pause of that many seconds before the destination gets anything more.
func (v *Verdict) SlowDown(seconds int) { v.o.Str("slow_down", inSeconds(seconds)) }

// NoEffect takes back what Outgoing.Effect stated: nothing was caused, so there will be no echo.
func (v *Verdict) NoEffect() { v.o.Raw("effect", []byte("null")) }

// Memo is carried to the next step and, with a retry, to the next attempt.
func (v *Verdict) Memo() jsondoc.Obj { return v.o.Object("memo") }

// Again says more about a retry.
type Again struct{ o jsondoc.Obj }

// AfterSeconds asks for that much time at least.
func (r Again) AfterSeconds(seconds int) Again {
	r.o.Str("after", inSeconds(seconds))
	return r
}

// At asks for a time, an RFC 3339 one; anything else is ignored.
func (r Again) At(t string) Again {
	r.o.Time("at", t)
	return r
}

// RefreshAuth asks for new credentials first.
func (r Again) RefreshAuth() Again {
	r.o.Bool("refresh_auth", true)
	return r
}

func orUnsaid(why string) string {
	if why == "" {
		return "the plugin did not say why"
	}
	return why
}

// inSeconds writes a duration: 30s.
func inSeconds(n int) string {
	if n < 0 {
		n = 0
	}
	var digits [20]byte
	i := len(digits)
	for {
		i--
		digits[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return string(digits[i:]) + "s"
		}
	}
}

// Excerpt is the beginning of a text, at most n bytes and no broken character, for reasons and log lines.
func Excerpt(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
