package plugintool

import (
	"context"
	"errors"
	"fmt"

	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// Call is a call that a running gateway has made, or would make.
type Call struct {
	Function wasm.Function
	Config   []byte            // the plugin's, JSON
	Facts    map[string]string // what it may ask about
	Body     []byte            // the input
}

// Compare makes a call with a plugin as it was and as it is now, and shows what changed in the output, by the rules of
// casefile.Diff; "" when nothing did. How the calls end, a trap included, belongs to the output. State and tables are
// empty for both.
func Compare(ctx context.Context, host *wasm.Host, before, now *Subject, c Call) (string, error) {
	was, err := outcome(ctx, host, before, c)
	if err != nil {
		return "", err
	}
	is, err := outcome(ctx, host, now, c)
	if err != nil {
		return "", err
	}
	return casefile.Lines(was, is), nil
}

// outcome is what a call comes to, for people: its output, or how it ended.
func outcome(ctx context.Context, host *wasm.Host, s *Subject, c Call) (text string, err error) {
	m, err := host.LoadFile(ctx, s.File, s.Code)
	if err != nil {
		return ended(err)
	}
	defer func() { err = errors.Join(err, m.Close(ctx)) }()
	p, err := start(ctx, m, c.Config, casefile.Environment{})
	if err != nil {
		return ended(err)
	}
	defer func() { err = errors.Join(err, p.Close(ctx)) }()
	if !p.Functions().Has(c.Function) {
		return "it does not export " + c.Function.String(), nil
	}
	out, err := p.Call(ctx, c.Function, wasm.Input{Body: c.Body, Facts: facts(c.Facts)})
	if err != nil {
		return ended(err)
	}
	return casefile.Pretty(out.Body), nil
}

// ended is a failed call or load in a line; other errors stay errors.
func ended(err error) (string, error) {
	var e *wasm.Error
	if !errors.As(err, &e) {
		return "", err
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Reason), nil
}
