package deliver

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/plugboard/plugboard/gateway/auth"
	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/trace"
)

type credentials = auth.Used

// exchanger puts secrets in, authorises, signs, sends, and strikes the secrets from the answer.
type exchanger struct {
	vault     *secret.Vault
	auth      auth.Authorizer
	signer    *signer // nil: none
	sender    send.Sender
	abroad    send.Sender // for other origins than the destination's; nil without redirects
	redirects int
	compress  bool
}

// Exchange makes one exchange, and follows redirects as far as the destination allows.
func (x *exchanger) Exchange(ctx context.Context, r *Request) (*Response, error) {
	wire, err := x.reveal(r)
	if err != nil {
		return nil, err
	}
	resp, used, err := x.once(ctx, wire)
	if err != nil {
		return nil, err
	}
	out := &Response{}
	if x.redirects > 0 {
		if resp, used, out.hops, err = x.follow(ctx, r, wire, resp, used); err != nil {
			return nil, err
		}
	}
	out.Status, out.Header, out.used = resp.Status, resp.Header, used
	out.Body = used.Hidden.RedactBytes(x.vault.RedactBytes(resp.Body))
	for _, values := range resp.Header {
		for i, v := range values {
			values[i] = used.Hidden.Redact(x.vault.Redact(v))
		}
	}
	return out, nil
}

// once sends a request to the destination's own origin.
func (x *exchanger) once(ctx context.Context, wire *send.Request) (*send.Response, credentials, error) {
	if x.compress {
		compress(wire)
	}
	used, err := x.auth.Apply(ctx, wire)
	if err != nil {
		return nil, used, fmt.Errorf("cannot authorise: %w", err)
	}
	if x.signer != nil {
		x.signer.sign(wire)
	}
	resp, err := x.sender.Send(ctx, wire)
	return resp, used, err
}

func (x *exchanger) refresh(ctx context.Context, r *Response) (bool, error) {
	again, err := x.auth.Refresh(ctx, r.used)
	if err != nil {
		err = fmt.Errorf("cannot authorise: %w", err)
	}
	return again, err
}

// reveal makes the request that goes over the wire, each secret escaped for the place it stands in. Event data was
// escaped by the plugin that wrote it; a secret cannot be, since the plugin has never seen it.
func (x *exchanger) reveal(r *Request) (*send.Request, error) {
	wire := &send.Request{Method: r.Method, Header: make(http.Header, len(r.Header)+3)}
	for name, values := range r.Header {
		kept := make([]string, len(values))
		for i, v := range values {
			if kept[i] = x.vault.Reveal(v, nil); strings.ContainsAny(kept[i], "\r\n\x00") {
				return nil, &send.Error{Permanent: true, What: "a secret in header " + name + " has more than one line"}
			}
		}
		wire.Header[name] = kept
	}
	if r.Trace.Valid() {
		traced(wire.Header, r.Trace)
	}
	escape := secret.InURL
	if !strings.Contains(r.URL, "://") { // the url, or where it begins, is itself a secret
		escape = nil
	}
	wire.URL = x.vault.Reveal(r.URL, escape)
	wire.Body = x.revealBody(r.Body, r.Header.Get(contentType))
	return wire, nil
}

// traced puts a new span of the trace on a request, unless whoever wrote it has put one there.
func traced(h http.Header, t trace.Context) {
	const parent, state = "Traceparent", "Tracestate"
	if _, taken := h[parent]; taken {
		return
	}
	h[parent] = []string{t.Child()}
	if t.State != "" {
		h[state] = []string{t.State}
	}
}

func (x *exchanger) revealBody(body []byte, media string) []byte {
	if !bytes.Contains(body, placeholderHint) {
		return body
	}
	media, _, err := mime.ParseMediaType(media)
	if err != nil {
		media = ""
	}
	var escape func(string) string
	switch {
	case media == "application/json" || strings.HasSuffix(media, "+json"):
		escape = jsonEscape
	case media == "application/xml" || media == "text/xml" || strings.HasSuffix(media, "+xml"):
		escape = xmlEscape
	case media == "application/x-www-form-urlencoded":
		escape = url.QueryEscape
	}
	return []byte(x.vault.Reveal(string(body), escape))
}

// placeholderHint stands in every placeholder: most bodies have none, and are not copied.
var placeholderHint = []byte("secret-")

func jsonEscape(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		return "" // a string always marshals
	}
	return string(quoted[1 : len(quoted)-1])
}

func xmlEscape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
