package plugintool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/sdk/casefile"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// somewhere is the destination's url when the scenario does not say: what the plugin writes is relative to it.
const somewhere = "https://destination.example"

// maxAttempts bounds a scenario in which a plugin never comes to an end.
const maxAttempts = 20

// scenario plays a delivery through the gateway's own attempts, with the file's answers in place of the network. A plugin
// that writes whole links of some other place is given that for its destination, and begins anew.
func (t *trial) scenario(ctx context.Context) error {
	f, err := casefile.ReadScenario(t.file.File)
	if err != nil {
		return err
	}
	for base := cmp.Or(f.URL, somewhere); ; {
		p, err := start(ctx, t.module, f.Config, f.Environment)
		if err != nil {
			var e *wasm.Error
			if f.Expect["refused"] == nil || !errors.As(err, &e) {
				return err
			}
			t.faults = append(t.faults, f.Check(casefile.End{State: "refused", Reason: e.Reason})...)
			return nil
		}
		t.watch(p, f.Config, f.Environment)
		end, faults, err := deliverTo(ctx, base, f, p)
		if err = errors.Join(err, p.Close(ctx)); err != nil {
			return err
		}
		if base == somewhere && p.origin != "" {
			base = p.origin
			continue
		}
		t.out.Log = p.log
		t.faults = append(append(append(t.faults, faults...), p.faults...), f.Check(end)...)
		return nil
	}
}

// deliverTo makes attempts as long as they end in a retry and the scenario goes on.
func deliverTo(ctx context.Context, base string, f *casefile.Scenario, p *observed) (e casefile.End, faults []string, err error) {
	now, err := time.Parse(time.RFC3339, casefile.ReceivedAt)
	if err != nil {
		return e, nil, err
	}
	talk := &conversation{base: base, left: f.Steps}
	d, err := deliver.New(deliver.Options{
		Config: &config.Destination{Name: "destination", URL: secret.Text{Placeholder: base}, Vault: new(secret.Vault)},
		Plugin: p, Exchanger: talk, Now: func() time.Time { return now },
	})
	if err != nil {
		return e, nil, err
	}
	q := &queue.Delivery{ID: "event/destination", Destination: "destination", Route: "route", Event: queue.Event{
		ID: eventID(f.Event), Body: f.Event, Received: now}}
	var r deliver.Result
	for q.Attempts < maxAttempts {
		r = d.Attempt(ctx, q)
		q.Attempts++
		if r.Class != deliver.Retry || len(talk.left) == 0 || talk.fault != "" {
			break
		}
		q.Memo = r.Memo
	}
	if talk.fault != "" {
		faults = append(faults, talk.fault)
	} else if len(talk.left) > 0 {
		faults = append(faults, fmt.Sprintf("it ended as %s (%s) with %d requests of the scenario to go", r.Class, r.Reason, len(talk.left)))
	}
	return end(r, now, talk.used, q.Attempts, p), faults, nil
}

func eventID(doc []byte) string {
	d, err := jsondoc.Parse(doc)
	if err != nil {
		return ""
	}
	return d.Get("id").Str()
}

func end(r deliver.Result, now time.Time, requests, attempts int, p *observed) casefile.End {
	e := casefile.End{State: r.Class.String(), Reason: r.Reason, SlowDown: r.SlowDown, BadCredentials: p.newer,
		Requests: requests, Attempts: attempts, Memo: p.memo}
	if r.Class == deliver.Disable {
		e.State = "disabled"
	}
	switch {
	case !r.At.IsZero():
		e.NotBefore = r.At.Sub(now)
	case !r.NotBefore.IsZero():
		e.NotBefore = r.NotBefore.Sub(now)
	}
	return e
}

// conversation is an Exchanger that holds each request against the scenario's next and gives that one's answer.
type conversation struct {
	base  string
	left  []casefile.Step
	used  int
	fault string
}

var errOver = &send.Error{Permanent: true, What: "the request is not the scenario's"}

// Exchange implements deliver.Exchanger.
func (c *conversation) Exchange(_ context.Context, r *deliver.Request) (*deliver.Response, error) {
	if c.fault != "" {
		return nil, errOver
	}
	if len(c.left) == 0 {
		c.fault = "a request more than the scenario has: " + r.Method + " " + r.URL + "\n" + string(r.Body)
		return nil, errOver
	}
	next := c.left[0]
	c.left, c.used = c.left[1:], next.Through
	got := casefile.Sent{Method: r.Method, URL: r.URL, Headers: map[string]string{}, Body: r.Body}
	if rest, ok := strings.CutPrefix(r.URL, somewhere); ok && c.base == somewhere {
		got.URL = rest // "": the plugin left it to the destination, whatever that has
	}
	for name, values := range r.Header {
		got.Headers[name] = strings.Join(values, ", ")
	}
	if d := next.Want.Diff(got); d != "" {
		c.fault = "request (- wanted, + made):\n" + d
		return nil, errOver
	}
	answer := &deliver.Response{Status: next.Response.Status, Header: http.Header{}, Body: casefile.Text(next.Response.Body)}
	for name, value := range next.Response.AllHeaders() {
		answer.Header.Set(name, value)
	}
	return answer, nil
}
