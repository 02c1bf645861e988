package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/gateway/echo"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

const stated = `{"request":{"url":"/a"},"effect":{"key":"agent/7","value":"away"}}`

// An effect stands from before its request is sent, and for as long as it may have come about.
func TestEffect(t *testing.T) {
	next := `{"next":{"request":{"url":"/b"}},"effect":{"key":"agent/7","value":"lunch"}}`
	tests := []struct {
		name    string
		format  string
		judge   func(wasm.Input) (string, error)
		answers []any
		sent    string // expected at each request, while it is on its way: a(way), l(unch) or nothing
		stands  string // and after the attempt
	}{
		{"delivered", stated, nil, []any{204}, "[a]", "a"},
		{"none stated", `{"request":{"url":"/a"}}`, nil, []any{204}, "[]", ""},
		{"refused", stated, nil, []any{404}, "[a]", ""},
		{"too many", stated, nil, []any{429}, "[a]", ""},
		{"fault of the receiver", stated, nil, []any{503}, "[a]", "a"},
		{"no answer", stated, nil, []any{errors.New("broken")}, "[a]", "a"},
		{"not sent", stated, nil, []any{&send.Error{Permanent: true, What: "denied"}}, "[a]", ""},
		{"taken back", stated, says(`{"delivered":true,"effect":null}`), []any{200}, "[a]", ""},
		{"stated with the next step", `{"request":{"url":"/a"}}`, says(next, `{"delivered":true}`), []any{200, 200}, "[ l]", "l"},
		{"another with the next step", stated, says(next, `{"delivered":true}`), []any{200, 200}, "[a l]", "l"},
		{"kept with the next step", stated, says(`{"next":{"request":{"url":"/b"}}}`, `{"delivered":true}`), []any{200, 200}, "[a a]", "a"},
		{"nothing found", stated, says(`{"dead":"no such agent"}`), []any{200}, "[a]", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			guard := echo.New(nil)
			watch := guard.Watch("from-crm", time.Minute, "crm")
			x := &looking{answers: answers{list: tt.answers}, watch: watch}
			d := destination(t, x, func(o *deliver.Options) {
				o.Plugin = &scripted{name: "p", format: says(tt.format), judge: tt.judge}
				o.Echo = guard.At("crm", "crm", time.Minute)
			})
			d.Attempt(t.Context(), owed())
			if got := fmt.Sprint(x.sent); got != tt.sent {
				t.Errorf("while requests were on their way %s was expected, want %s", got, tt.sent)
			}
			if got := expected(watch); got != tt.stands {
				t.Errorf("after it %q is expected, want %q", got, tt.stands)
			}
		})
	}
}

// looking looks at what is expected while a request is on its way.
type looking struct {
	answers
	watch *echo.Watch
	sent  []string
}

func (l *looking) Exchange(ctx context.Context, r *deliver.Request) (*deliver.Response, error) {
	l.sent = append(l.sent, expected(l.watch))
	return l.answers.Exchange(ctx, r)
}

// expected names what is, and leaves it.
func expected(w *echo.Watch) (names string) {
	for _, value := range []string{"away", "lunch"} {
		if taken, _, ok := w.Take(echo.Effect{Key: "agent/7", Value: value}); ok {
			names += value[:1]
			taken.Return()
		}
	}
	return names
}

// What is withdrawn is withdrawn on disk too, with the attempt; and where the effect cannot be stored, nothing is sent.
func TestEffectIsDurable(t *testing.T) {
	q, err := badgerqueue.Open(t.Context(), badgerqueue.Options{Dir: t.TempDir(), MinFree: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	guard := echo.New(nil)
	guard.Keep(q)
	x := &answers{list: []any{404}}
	d := destination(t, x, func(o *deliver.Options) {
		o.Plugin = &scripted{name: "p", format: says(stated)}
		o.Echo = guard.At("crm", "crm", time.Minute)
	})
	r := d.Attempt(t.Context(), owed())
	if len(r.Attempt.Writes) != 1 || r.Attempt.Writes[0].Value != nil {
		t.Fatalf("writes %+v; want one that takes the record away", r.Attempt.Writes)
	}
	if _, ok := q.Recall(r.Attempt.Writes[0].Owner, r.Attempt.Writes[0].Key); !ok {
		t.Error("there is no such record")
	}
	if err := q.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	r = d.Attempt(t.Context(), owed())
	if r.Class != deliver.Retry || len(x.got) != 1 {
		t.Errorf("%v (%s) after %d requests; want a retry, and nothing sent", r.Class, r.Reason, len(x.got))
	}
}
