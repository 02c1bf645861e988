package deliver

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// minRetry is the shortest wait that a plugin may ask for: a receiver is not to be asked in a tight loop.
const minRetry = time.Second

// judged is what judge reads.
type judged struct {
	Event    json.RawMessage `json:"event"`
	Step     int             `json:"step"`
	Request  json.RawMessage `json:"request"`
	Response judgedResponse  `json:"response"`
	Memo     json.RawMessage `json:"memo,omitempty"`
}

type judgedResponse struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"` // names in lower case
	Body    *string           `json:"body,omitempty"`
	Base64  *string           `json:"body_base64,omitempty"` // instead of body, when it is not UTF-8
}

// verdict is what judge writes.
type verdict struct {
	Delivered bool `json:"delivered"`
	Next      *struct {
		Request json.RawMessage `json:"request"`
	} `json:"next"`
	Retry *struct {
		After       string `json:"after"`
		At          string `json:"at"`
		Reason      string `json:"reason"`
		RefreshAuth bool   `json:"refresh_auth"`
	} `json:"retry"`
	Dead     *string         `json:"dead"`
	Disable  *string         `json:"disable"`
	Memo     json.RawMessage `json:"memo"`
	SlowDown string          `json:"slow_down"`
	Effect   json.RawMessage `json:"effect"`
}

// judge decides what a response means: the next request, delivered (done), or an end.
func (a *attempt) judge(ctx context.Context, ev outgoing, step int, doc *document, resp *Response) (next *document, done bool, end *Result) {
	p := a.opts.Plugin
	if p == nil || !p.Functions().Has(wasm.Judge) {
		end = a.byStatus(resp)
		return nil, end == nil, end
	}
	in, err := judgeInput(ev, step, doc, resp, a.memo)
	if err != nil {
		return nil, false, a.nonsense(p, wasm.Judge, err)
	}
	out, err := a.call(ctx, p, wasm.Judge, in)
	if err != nil {
		return nil, false, a.pluginFailed(err)
	}
	if len(bytes.TrimSpace(out)) == 0 {
		end = a.byStatus(resp)
		return nil, end == nil, end
	}
	var v verdict
	if err := json.Unmarshal(out, &v); err != nil {
		return nil, false, a.nonsense(p, wasm.Judge, err)
	}
	next, done, end, err = a.follow(ctx, &v, resp)
	if err != nil {
		return nil, false, a.nonsense(p, wasm.Judge, err)
	}
	return next, done, end
}

func judgeInput(ev outgoing, step int, doc *document, resp *Response, memo []byte) ([]byte, error) {
	in := judged{Event: ev.json, Step: step, Request: doc.raw, Memo: memo}
	in.Response = judgedResponse{Status: resp.Status, Headers: make(map[string]string, len(resp.Header))}
	for name, values := range resp.Header {
		in.Response.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	body := string(resp.Body)
	if utf8.ValidString(body) {
		in.Response.Body = &body
	} else {
		body = base64.StdEncoding.EncodeToString(resp.Body)
		in.Response.Base64 = &body
	}
	return json.Marshal(&in)
}

// follow does what the verdict says. Exactly one verdict must stand in it, or none: then the status decides.
func (a *attempt) follow(ctx context.Context, v *verdict, resp *Response) (next *document, done bool, end *Result, err error) {
	a.remember(v.Memo)
	if len(v.Effect) > 0 {
		e, err := jsondoc.Parse(v.Effect)
		if err != nil {
			return nil, false, nil, err
		}
		a.state(e.Root())
	}
	if v.SlowDown != "" {
		if a.slowDown, err = time.ParseDuration(v.SlowDown); err != nil || a.slowDown < 0 {
			return nil, false, nil, errors.New("slow_down is not a duration")
		}
	}
	given := 0
	for _, is := range []bool{v.Delivered, v.Next != nil, v.Retry != nil, v.Dead != nil, v.Disable != nil} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		return nil, false, nil, errors.New("more than one of delivered, next, retry, dead and disable")
	case given == 0:
		end = a.byStatus(resp)
		return nil, end == nil, end, nil
	case v.Delivered:
		return nil, true, nil, nil
	case v.Next != nil:
		next, err = following(v.Next.Request)
		return next, false, nil, err
	case v.Dead != nil:
		return nil, false, &Result{Class: Dead, Reason: a.display(*v.Dead)}, nil
	case v.Disable != nil:
		return nil, false, &Result{Class: Disable, Reason: a.display(*v.Disable)}, nil
	}
	end, err = a.retryVerdict(ctx, v, resp)
	return nil, false, end, err
}

// following reads the request of a next step.
func following(raw json.RawMessage) (*document, error) {
	r := readers.Get().(*jsondoc.Doc)
	defer forget(r)
	if len(raw) == 0 {
		raw = json.RawMessage("null")
	}
	if err := r.Reset(raw); err != nil {
		return nil, err
	}
	doc := &document{}
	return doc, doc.read(r.Root())
}

func (a *attempt) retryVerdict(ctx context.Context, v *verdict, resp *Response) (*Result, error) {
	r := &Result{Class: Retry, Reason: a.display(v.Retry.Reason), Failing: resp.Status >= http.StatusInternalServerError}
	if r.Reason == "" {
		r.Reason = statusLine(resp.Status)
	}
	now := a.opts.Now()
	switch {
	case v.Retry.After != "" && v.Retry.At != "":
		return nil, errors.New("retry has both after and at")
	case v.Retry.After != "":
		wait, err := time.ParseDuration(v.Retry.After)
		if err != nil {
			return nil, errors.New("retry.after is not a duration")
		}
		r.At = now.Add(min(max(wait, minRetry), retry.MaxAfter))
	case v.Retry.At != "":
		at, err := time.Parse(time.RFC3339, v.Retry.At)
		if err != nil {
			return nil, errors.New("retry.at is not a time as RFC 3339 writes it")
		}
		r.At = now.Add(min(max(at.Sub(now), minRetry), retry.MaxAfter))
	default:
		r.NotBefore = a.askedFor(resp)
	}
	if v.Retry.RefreshAuth {
		if _, err := a.refresh(ctx, resp); err != nil {
			r.Reason = fmt.Sprintf("%s; %s", r.Reason, a.display(err.Error()))
		}
	}
	return r, nil
}
