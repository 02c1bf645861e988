package deliver

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/plugboard/plugboard/gateway/deliver/send"
)

// Within the destination's origin a redirect is followed with everything that the first request had. To another origin
// goes what describes the event, and nothing else: no credentials, no signature (with a target in it, it would be one for
// a request that somebody else chose), no certificate, and no header that is not on this list.
var kept = []string{contentType, "Accept", "Accept-Encoding", "User-Agent", webhookID, webhookTimestamp}

// follow goes where an answer points, at most as often as the destination allows, and gives the last answer. hops are the
// exchanges before it, for people.
func (x *exchanger) follow(ctx context.Context, r *Request, from *send.Request, resp *send.Response, used credentials) (*send.Response, credentials, []string, error) {
	var hops []string
	at, method, abroad := from.URL, from.Method, false
	for len(hops) < x.redirects {
		to, ok := leads(at, method, resp)
		if !ok {
			break
		}
		hops = append(hops, method+" "+x.vault.Redact(used.Hidden.Redact(at))+" → "+strconv.Itoa(resp.Status))
		abroad = abroad || !sameOrigin(at, to)
		var err error
		if abroad {
			used = credentials{Hidden: used.Hidden} // an answer of 401 from there says nothing about the token
			resp, err = x.sendAbroad(ctx, r, to)
		} else {
			var wire *send.Request
			if wire, err = x.reveal(r); err == nil {
				wire.URL = to // as it came: nothing that a receiver says is revealed
				resp, used, err = x.once(ctx, wire)
			}
		}
		if err != nil {
			return nil, used, hops, err
		}
		at = to
	}
	return resp, used, hops, nil
}

// sendAbroad sends a request to another origin than the one it was made for.
func (x *exchanger) sendAbroad(ctx context.Context, r *Request, to string) (*send.Response, error) {
	bare := *r
	bare.URL, bare.Header = "", http.Header{}
	for _, name := range kept {
		if values := r.Header[name]; values != nil {
			bare.Header[name] = values
		}
	}
	wire, err := x.reveal(&bare)
	if err != nil {
		return nil, err
	}
	for name, values := range bare.Header {
		for i, v := range values {
			if wire.Header[name][i] != v {
				return nil, &send.Error{Permanent: true, What: "redirected to another origin, where header " + name + " with a secret in it does not go"}
			}
		}
	}
	if !bytes.Equal(wire.Body, r.Body) {
		return nil, &send.Error{Permanent: true, What: "redirected to another origin, where a body with a secret in it does not go"}
	}
	wire.URL = to
	if x.compress {
		compress(wire)
	}
	return x.abroad.Send(ctx, wire)
}

// leads says where an answer points. A redirect that would turn a POST into a GET is not followed: the event would be lost
// on the way, and count as delivered.
func leads(at, method string, resp *send.Response) (to string, ok bool) {
	switch resp.Status {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		if method != http.MethodGet && method != http.MethodHead {
			return "", false
		}
	default:
		return "", false
	}
	base, err := url.Parse(at)
	location := resp.Header.Get("Location")
	if err != nil || location == "" {
		return "", false
	}
	u, err := base.Parse(location)
	if err != nil {
		return "", false
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String(), true
}

// sameOrigin compares scheme, host and port.
func sameOrigin(a, b string) bool {
	x, err := url.Parse(a)
	y, wrong := url.Parse(b)
	return err == nil && wrong == nil && strings.EqualFold(x.Scheme, y.Scheme) && strings.EqualFold(x.Hostname(), y.Hostname()) && port(x) == port(y)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
}
