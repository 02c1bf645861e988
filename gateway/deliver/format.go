package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/plugboard/plugboard/gateway/wasm"
)

// document is a request as a plugin writes it; what is missing comes from the destination's configuration.
type document struct {
	Method  string          `json:"method"`
	URL     string          `json:"url"`
	Headers pairs           `json:"headers"`
	Query   pairs           `json:"query"`
	JSON    json.RawMessage `json:"json"`
	Body    *string         `json:"body"`
	Form    *pairs          `json:"form"`
	Base64  *string         `json:"body_base64"`

	raw json.RawMessage // as it was written, to be shown to judge
}

// read reads a document and keeps its text.
func (d *document) read(raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" {
		return errors.New("there is no request in it")
	}
	d.raw = raw
	return json.Unmarshal(raw, d)
}

// format asks the plugin for the first request. Without a plugin it is the event itself.
func (a *attempt) format(ctx context.Context, ev outgoing) (*document, *Result) {
	p := a.opts.Plugin
	if p == nil {
		return nil, nil
	}
	out, err := a.call(ctx, p, wasm.Format, ev.json)
	if err != nil {
		return nil, a.pluginFailed(err)
	}
	var answer struct {
		Request json.RawMessage `json:"request"`
		Effect  *Effect         `json:"effect"`
		Memo    json.RawMessage `json:"memo"`
	}
	if len(out) == 0 {
		return nil, a.nonsense(p, wasm.Format, errors.New("it wrote nothing"))
	}
	doc := &document{}
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, a.nonsense(p, wasm.Format, err)
	}
	if err := doc.read(answer.Request); err != nil {
		return nil, a.nonsense(p, wasm.Format, err)
	}
	if answer.Effect != nil {
		a.effect = answer.Effect
	}
	a.remember(answer.Memo)
	return doc, nil
}

// remember keeps a memo, if one was given, for the next step or attempt. null forgets.
func (a *attempt) remember(memo json.RawMessage) {
	switch {
	case len(memo) == 0:
	case string(memo) == "null":
		a.memo = nil
	default:
		a.memo = memo
	}
}

// level maps a plugin's log level.
func level(l int) slog.Level {
	switch {
	case l <= 0:
		return slog.LevelDebug
	case l == 1:
		return slog.LevelInfo
	case l == 2:
		return slog.LevelWarn
	}
	return slog.LevelError
}
