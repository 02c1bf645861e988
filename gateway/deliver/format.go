package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"

	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

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
	doc, err := a.formatted(out)
	if err != nil {
		return nil, a.nonsense(p, wasm.Format, err)
	}
	return doc, nil
}

// formatted reads what format wrote: a request, and what goes with it.
func (a *attempt) formatted(out []byte) (*document, error) {
	if len(out) == 0 {
		return nil, errors.New("it wrote nothing")
	}
	r := readers.Get().(*jsondoc.Doc)
	defer forget(r)
	if err := r.Reset(out); err != nil {
		return nil, err
	}
	doc := &document{}
	if err := doc.read(r.Root().Member("request")); err != nil {
		return nil, err
	}
	a.state(r.Root().Member("effect"))
	a.remember(r.Root().Member("memo").Raw())
	return doc, nil
}

// readers are documents to be used again: what is read from one lives on in the text that it was given.
var readers = sync.Pool{New: func() any { return new(jsondoc.Doc) }}

// forget lets go of the text before a reader waits for the next.
func forget(r *jsondoc.Doc) {
	_ = r.Reset([]byte("null"))
	readers.Put(r)
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
