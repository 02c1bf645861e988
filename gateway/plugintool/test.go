package plugintool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// Outcome is what came of one case.
type Outcome struct {
	Case    string   `json:"case"`
	Fault   string   `json:"fault,omitempty"` // several lines; "": it passed
	Log     []string `json:"log,omitempty"`   // the plugin's
	Updated bool     `json:"updated,omitempty"`
}

// Test plays one case on a module, on a new instance. With update the expected file is written instead of compared
// with, unless the call did what no plugin may, such as a trap. A scenario is always compared.
func Test(ctx context.Context, m *wasm.Module, c casefile.Case, update bool) Outcome {
	t := &trial{module: m, file: c, update: update, out: Outcome{Case: c.Name}}
	if err := t.play(ctx); err != nil {
		t.fault("%v", err)
	}
	t.out.Fault = strings.Join(t.faults, "\n")
	return t.out
}

// play runs the case by its kind.
func (t *trial) play(ctx context.Context) error {
	switch t.file.Kind {
	case casefile.OfRequest:
		return t.request(ctx)
	case casefile.OfTransform:
		return t.event(ctx, wasm.Transform)
	case casefile.OfEncode:
		return t.event(ctx, wasm.Encode)
	case casefile.OfScenario:
		return t.scenario(ctx)
	}
	return fmt.Errorf("%s is no case: its name must end in %s, %s, %s or %s", t.file.File, casefile.OfRequest, casefile.OfTransform, casefile.OfEncode, casefile.OfScenario)
}

// trial is one case under way.
type trial struct {
	module *wasm.Module
	file   casefile.Case
	update bool
	faults []string
	out    Outcome

	observe bool   // the calls are all that matters
	seen    []seen // the first call of each function
}

// watch notes the plugin's calls.
func (t *trial) watch(p *observed, config []byte, env casefile.Environment) {
	if !t.observe {
		return
	}
	p.called = func(fn wasm.Function, in wasm.Input) {
		if !slices.ContainsFunc(t.seen, func(s seen) bool { return s.fn == fn }) {
			in.Body = slices.Clone(in.Body)
			t.seen = append(t.seen, seen{fn, in, config, env})
		}
	}
}

func (t *trial) fault(format string, a ...any) {
	t.faults = append(t.faults, fmt.Sprintf(format, a...))
}

func (t *trial) request(ctx context.Context) error {
	r, err := casefile.ReadRequest(t.file.File)
	if err != nil {
		return err
	}
	known := facts{"method": r.Method, "path": r.Path, "query": r.Query, "received_at": r.ReceivedAt}
	for name, value := range r.Headers {
		known["header."+name] = value
	}
	return t.call(ctx, wasm.Receive, r.Config, r.Environment, wasm.Input{Body: r.Body, Facts: known})
}

// event plays transform or encode.
func (t *trial) event(ctx context.Context, fn wasm.Function) error {
	f, err := casefile.ReadTransform(t.file.File)
	if err != nil {
		return err
	}
	return t.call(ctx, fn, f.Config, f.Environment, wasm.Input{Body: f.Event, Facts: facts{"received_at": casefile.ReceivedAt}})
}

// call runs receive, transform or encode and compares what it came to.
func (t *trial) call(ctx context.Context, fn wasm.Function, config []byte, env casefile.Environment, in wasm.Input) error {
	p, err := start(ctx, t.module, config, env)
	if err != nil {
		return t.refused(err)
	}
	t.watch(p, config, env)
	out, err := p.Call(ctx, fn, in)
	t.out.Log = p.log
	if closing := p.Close(ctx); closing != nil {
		return closing
	}
	if err == nil {
		if _, bad := event.ReadOutput(nonEmpty(out.Body), event.Defaults{Vendor: "test", Received: time.Now()}); bad != nil && fn == wasm.Receive {
			return fmt.Errorf("the gateway cannot read what it wrote: %w\n%s", bad, out.Body)
		}
		return t.compare(casefile.Result{Output: out.Body})
	}
	stop, own := word(err)
	if !own {
		return err
	}
	return t.compare(casefile.Result{Stop: stop, Reason: reason(err)})
}

func nonEmpty(doc []byte) []byte {
	if len(doc) == 0 {
		return []byte("{}")
	}
	return doc
}

// refused takes init's refusal for the case's result.
func (t *trial) refused(err error) error {
	var e *wasm.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Own == 0 {
		return err // it never came to a word of its own
	}
	return t.compare(casefile.Result{Stop: stops[e.Own], Reason: e.Reason})
}

func (t *trial) compare(r casefile.Result) error {
	if t.observe {
		return nil
	}
	if t.update {
		t.out.Updated = true
		return t.file.Update(r)
	}
	d, err := t.file.Compare(r)
	if d != "" {
		t.fault("%s", d)
	}
	return err
}
