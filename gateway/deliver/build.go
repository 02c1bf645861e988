package deliver

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"golang.org/x/net/http/httpguts"
)

const (
	contentType = "Content-Type"
	cloudEvent  = "application/cloudevents+json"
)

// reserved headers describe the connection or are the gateway's own: a plugin that set them could change where a
// request ends or whom it is for.
var reserved = []string{"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade", "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"}

// build makes the request of a document, filling in what it leaves out. A nil document is the event itself.
func (a *attempt) build(doc *document, ev outgoing) (*Request, error) {
	if doc == nil {
		doc = &document{}
	}
	r := &Request{Method: doc.method, Trace: a.trace, Header: make(http.Header, len(a.opts.Config.Headers)+len(doc.headers)+4)}
	for name, value := range a.opts.Config.Headers {
		r.Header.Set(name, value.Placeholder)
	}
	var err error
	if r.URL, err = a.base.join(doc.url); err != nil {
		return nil, err
	}
	r.URL = withQuery(r.URL, doc.query.encode())
	if a.opts.Plugin == nil {
		r.Body = ev.json
		setDefault(r.Header, contentType, cloudEvent)
	} else if err := doc.content(r); err != nil {
		return nil, err
	}
	if err := doc.overlay(r.Header); err != nil {
		return nil, err
	}
	if r.Method == "" {
		r.Method = http.MethodPost
	}
	if !httpguts.ValidHeaderFieldName(r.Method) || r.Method == http.MethodConnect || r.Method == http.MethodTrace {
		return nil, fmt.Errorf("the plugin's method %q is not one that is sent", r.Method)
	}
	r.Header[webhookID] = []string{ev.id}
	r.Header[webhookTimestamp] = []string{strconv.FormatInt(a.opts.Now().Unix(), 10)}
	return r, nil
}

func setDefault(h http.Header, name, value string) {
	if _, ok := h[name]; !ok {
		h[name] = []string{value}
	}
}

// content takes the one form of body that a document has, with the media type that goes with it.
func (d *document) content(r *Request) (err error) {
	forms, media := 0, ""
	if d.json != nil {
		forms, media, r.Body = forms+1, "application/json", d.json
	}
	if d.form != nil {
		forms, media, r.Body = forms+1, "application/x-www-form-urlencoded", []byte(d.form.encode())
	}
	if d.body != nil {
		forms, media, r.Body = forms+1, "text/plain; charset=utf-8", []byte(*d.body)
	}
	if d.base64 != nil {
		if r.Body, err = base64.StdEncoding.DecodeString(*d.base64); err != nil {
			return errors.New("the plugin's body_base64 is not base64")
		}
		forms, media = forms+1, "application/octet-stream"
	}
	if forms > 1 {
		return errors.New("the plugin gave more than one of json, form, body and body_base64")
	}
	if forms == 1 {
		setDefault(r.Header, contentType, media)
	}
	return nil
}

// overlay puts the document's headers over the configured ones. A name that stands several times is sent several times.
func (d *document) overlay(h http.Header) error {
	set := make(map[string]bool, len(d.headers))
	for _, f := range d.headers {
		if !httpguts.ValidHeaderFieldName(f.name) {
			return fmt.Errorf("the plugin's header name %q has a character that is not allowed", f.name)
		}
		if !httpguts.ValidHeaderFieldValue(f.value) {
			return fmt.Errorf("the plugin's header %s must be one line without control characters", f.name)
		}
		name := http.CanonicalHeaderKey(f.name)
		if slices.Contains(reserved, name) {
			return fmt.Errorf("the plugin's header %s is the gateway's to set", name)
		}
		if !set[name] {
			h.Del(name)
			set[name] = true
		}
		h.Add(name, f.value)
	}
	return nil
}
