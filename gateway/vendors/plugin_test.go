package vendors_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// plugin is a compiled plugin with its cases, in a host of its own.
type plugin struct {
	name    string
	module  *wasm.Module
	cases   []oneCase
	started map[string]wasm.Plugin // by configuration and surroundings

	messages, events int // made of what was changed
}

type oneCase struct {
	name    string
	request *casefile.Request
}

// opened are the plugins of encoders, in their order: the tests share them, as starting them takes longer than most of what is asked.
var opened struct {
	once  sync.Once
	list  []*plugin
	close []func() error
}

// TestMain closes what the tests have opened.
func TestMain(m *testing.M) {
	status := m.Run()
	var err error
	for _, end := range opened.close {
		err = errors.Join(err, end())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// open gives the plugins of encoders.
func open(t testing.TB) []*plugin {
	t.Helper()
	opened.once.Do(func() {
		for _, v := range encoders {
			opened.list = append(opened.list, load(t, v.plugin, v.cases))
		}
	})
	if len(opened.list) != len(encoders) {
		t.Fatal("the plugins could not be opened; another test says why")
	}
	return opened.list
}

// load loads a plugin as the gateway does, and reads its cases.
func load(t testing.TB, name string, folders []string) *plugin {
	t.Helper()
	dir := gatewaytest.Plugins(t)
	ctx := context.Background() // what is cleaned up outlives the test's own
	host, err := wasm.NewHost(ctx, wasm.HostOptions{CacheDir: filepath.Join(dir, "cache"), Limits: wasm.Limits{Deadline: 5 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(filepath.Join(dir, name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := host.LoadFile(ctx, name+".wasm", code)
	if err != nil {
		t.Fatal(err)
	}
	p := &plugin{name: name, module: m, started: map[string]wasm.Plugin{}}
	opened.close = append(opened.close, func() (err error) {
		for _, s := range p.started {
			err = errors.Join(err, s.Close(ctx))
		}
		return errors.Join(err, m.Close(ctx), host.Close(ctx))
	})
	root, err := gatewaytest.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		p.read(t, filepath.Join(root, "plugins", name, folder))
	}
	return p
}

// read takes the requests of a folder that the plugin makes something of.
func (p *plugin) read(t testing.TB, folder string) {
	t.Helper()
	all, err := casefile.List(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Kind != casefile.OfRequest {
			continue
		}
		r, err := casefile.ReadRequest(c.File)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.receive(t, r); err == nil {
			p.cases = append(p.cases, oneCase{c.Name, r})
		}
	}
}

// with is the plugin as a case configures it; an error when it refuses that.
func (p *plugin) with(r *casefile.Request) (wasm.Plugin, error) {
	key := string(r.Config)
	if s := p.started[key]; s != nil {
		return s, nil
	}
	around := surroundings{r.Environment}
	s, err := p.module.New(context.Background(), wasm.PluginOptions{Config: r.Config, Instances: 1, Ready: 1, Tables: around, State: around, Signer: around})
	if err == nil && r.Tables == nil && r.Kept == nil && r.Secrets == nil {
		p.started[key] = s
	}
	return s, err
}

// call runs one function.
func (p *plugin) call(t testing.TB, r *casefile.Request, fn wasm.Function, body []byte, known facts) ([]byte, error) {
	t.Helper()
	s, err := p.with(r)
	if err != nil {
		return nil, err
	}
	if p.started[string(r.Config)] != s {
		defer s.Close(context.Background()) //nolint:errcheck // nothing of it is left
	}
	known["source"], known["received_at"] = "source", r.ReceivedAt
	out, err := s.Call(context.Background(), fn, wasm.Input{Body: body, Facts: known})
	var e *wasm.Error
	if errors.As(err, &e) && (e.Kind == wasm.Trapped || e.Kind == wasm.Limited) {
		t.Errorf("%v\n%s\n%s", err, out.Said(), body)
	}
	return out.Body, err
}

// receive gives the events of a request, completed as the gateway completes them.
func (p *plugin) receive(t testing.TB, r *casefile.Request) ([][]byte, error) {
	t.Helper()
	known := facts{"method": r.Method, "path": r.Path, "query": r.Query}
	for name, value := range r.Headers {
		known["header."+name] = value
	}
	out, err := p.call(t, r, wasm.Receive, r.Body, known)
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, nil
	}
	received, err := time.Parse(time.RFC3339, r.ReceivedAt)
	if err != nil {
		t.Fatal(err)
	}
	made, err := event.ReadOutput(out, event.Defaults{Vendor: p.name, Received: received})
	if err != nil {
		return nil, err
	}
	var events [][]byte
	for _, e := range made.Events {
		events = append(events, e.JSON)
	}
	return events, nil
}

func (p *plugin) encode(t testing.TB, r *casefile.Request, ev []byte) ([]byte, error) {
	t.Helper()
	return p.call(t, r, wasm.Encode, ev, facts{})
}

type facts map[string]string

func (f facts) Fact(name string) ([]byte, bool) {
	v, ok := f[name]
	return []byte(v), ok
}

// surroundings are what a case gives the plugin: the same at each call, whatever the plugin wants remembered.
type surroundings struct{ casefile.Environment }

func (s surroundings) Lookup(table, key string) ([]byte, bool) {
	v, ok := s.Environment.Lookup(table, key)
	return []byte(v), ok
}

func (s surroundings) Sign(secret string, algorithm int, data []byte) ([]byte, bool) {
	return s.Environment.Sign(secret, int32(algorithm), data)
}

func (s surroundings) Get(key string) ([]byte, bool) {
	v, ok := s.Kept[key]
	return []byte(v), ok
}
