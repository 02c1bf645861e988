package gateway

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// Message is a request as a vendor would have sent it: unsigned, and not yet addressed to anybody.
type Message struct {
	Method  string
	Path    string // behind the source's own; mostly ""
	Query   string
	Headers []event.Header // names in lower case, in order of the names
	Body    []byte
}

// Encoder turns canonical events back into their vendor's requests, with the plugin of a source, in a host of its own. It is
// safe for concurrent use, and is to be closed.
type Encoder struct {
	source  *config.Source
	host    *wasm.Host
	plugins *pluginSet
	plugin  wasm.Plugin
}

// NewEncoder starts the plugin of a source that a configuration has, with that source's own config. That the plugin cannot
// do it, or refuses its configuration, is a config.Fault or config.Faults.
func NewEncoder(ctx context.Context, cfg *config.Config, source string) (*Encoder, error) {
	s := cfg.Source(source)
	if s == nil {
		return nil, fmt.Errorf("no source %q in the configuration", source)
	}
	host, err := newHost(ctx, cfg, metrics.New(nil))
	if err != nil {
		return nil, err
	}
	tables, err := openTables(cfg, nil)
	if err != nil {
		return nil, errors.Join(err, host.Close(ctx))
	}
	e := &Encoder{source: s, host: host, plugins: newAssembler(host, slog.New(slog.DiscardHandler), metrics.New(nil), false).pluginSet(cfg, tables, nil, nil)}
	e.plugin, err = e.plugins.use(ctx, &place{name: s.Plugin, settings: s.Config, vault: s.Vault, must: wasm.Encode,
		path: []any{"sources", s.Name, "plugin"}, owner: queue.Owner("sources", s.Name, s.Plugin)})
	if err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	return e, nil
}

// Close ends the plugin and its host.
func (e *Encoder) Close(ctx context.Context) error {
	var errs []error
	if e.plugin != nil {
		errs = append(errs, e.plugin.Close(ctx))
	}
	return errors.Join(append(errs, e.plugins.close(ctx), e.host.Close(ctx))...)
}

// Encode makes the request of which the plugin would make that event, a JSON object. Its error says why there is none.
func (e *Encoder) Encode(ctx context.Context, ev []byte) (Message, error) {
	out, err := e.plugin.Call(ctx, wasm.Encode, wasm.Input{Body: ev, Facts: encoderFacts{e.source.Name}})
	if err != nil {
		var own *wasm.Error
		if errors.As(err, &own) && own.Kind == wasm.Rejected {
			return Message{}, errors.New(e.source.Vault.Redact(own.Reason))
		}
		return Message{}, err
	}
	m, err := ReadMessage(out.Body)
	if err != nil {
		return Message{}, fmt.Errorf("plugin %s, encode: %w", e.plugin.Name(), err)
	}
	return m, nil
}

// encoderFacts are what encode may ask, beside its configuration.
type encoderFacts struct{ source string }

// Fact implements wasm.Facts.
func (f encoderFacts) Fact(name string) ([]byte, bool) {
	switch name {
	case "source":
		return []byte(f.source), true
	case "received_at":
		return []byte(event.FormatTime(time.Now())), true
	}
	return nil, false
}

// messageDocument is what encode writes.
type messageDocument struct {
	Request struct {
		Method  string               `json:"method"`
		Path    string               `json:"path"`
		URL     string               `json:"url"` // the same, by the name that it has for deliveries
		Query   map[string]oneOrMore `json:"query"`
		Headers map[string]string    `json:"headers"`
		JSON    json.RawMessage      `json:"json"`
		Body    *string              `json:"body"`
		Form    map[string]oneOrMore `json:"form"`
		Base64  *string              `json:"body_base64"`
	} `json:"request"`
}

// ReadMessage reads what encode wrote, as deliveries' requests are read, and completes it.
func ReadMessage(doc []byte) (m Message, err error) {
	var d messageDocument
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return m, fmt.Errorf(`it wrote no {"request": {"method", "path", "query", "headers", "json", "body", "form" or "body_base64"}}: %w`, err)
	}
	r := d.Request
	m = Message{Method: r.Method, Path: cmp.Or(r.Path, r.URL), Query: pairs(r.Query)}
	if m.Method == "" {
		m.Method = "POST"
	}
	if m.Path != "" && m.Path[0] != '/' {
		return m, fmt.Errorf("its path %q does not begin with a slash; it stands behind the source's own", m.Path)
	}
	kind, bodies := "", 0
	if r.JSON != nil {
		m.Body, kind, bodies = r.JSON, "application/json", bodies+1
	}
	if r.Form != nil {
		m.Body, kind, bodies = []byte(pairs(r.Form)), "application/x-www-form-urlencoded", bodies+1
	}
	if r.Body != nil {
		m.Body, kind, bodies = []byte(*r.Body), "text/plain; charset=utf-8", bodies+1
	}
	if r.Base64 != nil {
		if m.Body, err = base64.StdEncoding.DecodeString(*r.Base64); err != nil {
			return m, errors.New("its body_base64 is not base64")
		}
		kind, bodies = "application/octet-stream", bodies+1
	}
	if bodies > 1 {
		return m, errors.New("it gave more than one of json, form, body and body_base64")
	}
	m.Headers, err = messageHeaders(r.Headers, kind)
	return m, err
}

// oneOrMore is a parameter's value, or a list of them: one that stands there more than once.
type oneOrMore []string

func (v *oneOrMore) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(v))
	}
	*v = make(oneOrMore, 1)
	return json.Unmarshal(text, &(*v)[0])
}

func pairs(m map[string]oneOrMore) string {
	values := url.Values{}
	for name, list := range m {
		values[name] = list
	}
	return values.Encode()
}

func messageHeaders(m map[string]string, kind string) ([]event.Header, error) {
	all := map[string]string{}
	if kind != "" {
		all["content-type"] = kind
	}
	for name, value := range m {
		if !event.ValidHeaderName(name) || !event.ValidHeaderValue(value) {
			return nil, fmt.Errorf("its header %q is none that HTTP has", name)
		}
		all[strings.ToLower(name)] = value
	}
	var list []event.Header
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, event.Header{Name: name, Value: all[name]})
	}
	return list, nil
}
