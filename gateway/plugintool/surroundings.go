package plugintool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"sync"

	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// facts are what a case says about its call.
type facts map[string]string

func (f facts) Fact(name string) ([]byte, bool) {
	v, ok := f[name]
	return []byte(v), ok
}

// surroundings are the gateway's side of a case: tables, memory, secrets.
type surroundings struct {
	env casefile.Environment
	mu  sync.Mutex
}

func (s *surroundings) Lookup(table, key string) ([]byte, bool) {
	v, ok := s.env.Lookup(table, key)
	return []byte(v), ok
}

func (s *surroundings) Sign(secret string, algorithm int, data []byte) ([]byte, bool) {
	return s.env.Sign(secret, int32(algorithm), data)
}

func (s *surroundings) Get(key string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.env.Kept[key]
	return []byte(v), ok
}

// keep takes over what a call that ended well wants remembered.
func (s *surroundings) keep(writes []wasm.StateWrite) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range writes {
		if w.Value == nil {
			delete(s.env.Kept, w.Key)
		} else {
			s.env.Kept[w.Key] = string(w.Value)
		}
	}
}

// start makes a plugin with a configuration, one instance of it, in its surroundings.
func start(ctx context.Context, m *wasm.Module, config []byte, env casefile.Environment) (*observed, error) {
	env.Kept = maps.Clone(env.Kept)
	if env.Kept == nil {
		env.Kept = map[string]string{}
	}
	s := &surroundings{env: env}
	p, err := m.New(ctx, wasm.PluginOptions{Config: config, Instances: 1, Ready: 1, Tables: s, State: s, Signer: s})
	if err != nil {
		return nil, err
	}
	return &observed{Plugin: p, around: s}, nil
}

// observed is a plugin whose calls are noted.
type observed struct {
	wasm.Plugin
	around *surroundings
	called func(wasm.Function, wasm.Input) // before each call; nil: nobody wants to know

	log    []string
	faults []string // calls that ended otherwise than by the plugin's own word
	memo   json.RawMessage
	newer  bool   // it asked for new credentials
	origin string // of a whole link that it wrote first: https://host
}

// Call implements wasm.Plugin.
func (o *observed) Call(ctx context.Context, fn wasm.Function, in wasm.Input) (wasm.Output, error) {
	if o.called != nil {
		o.called(fn, in)
	}
	out, err := o.Plugin.Call(ctx, fn, in)
	for _, line := range out.Log {
		o.log = append(o.log, fmt.Sprintf("%s: %s: %s", fn, [...]string{"debug", "info", "warning", "error"}[min(max(line.Level, 0), 3)], line.Message))
	}
	if err != nil {
		if _, own := word(err); !own {
			o.faults = append(o.faults, err.Error())
		}
		return out, err
	}
	o.around.keep(out.State)
	if fn == wasm.Format || fn == wasm.Judge {
		o.note(out.Body)
	}
	return out, nil
}

// note reads what a scenario may ask about that the gateway does not show: the memo, new credentials, where to.
func (o *observed) note(doc []byte) {
	var said struct {
		Request struct{ URL string }
		Memo    json.RawMessage
		Retry   struct {
			RefreshAuth bool `json:"refresh_auth"`
		}
	}
	if json.Unmarshal(doc, &said) != nil {
		return // the gateway will say so
	}
	if u, err := url.Parse(said.Request.URL); err == nil && u.Host != "" && o.origin == "" {
		o.origin = u.Scheme + "://" + u.Host
	}
	switch {
	case string(said.Memo) == "null":
		o.memo = nil
	case said.Memo != nil:
		o.memo = said.Memo
	}
	o.newer = said.Retry.RefreshAuth
}

// word is how a plugin itself ended a call, in the words of case files.
func word(err error) (stop string, own bool) {
	var e *wasm.Error
	if !errors.As(err, &e) {
		return "", false
	}
	stop = stops[e.Kind]
	return stop, stop != ""
}

var stops = map[wasm.Kind]string{wasm.Rejected: "reject", wasm.Dropped: "drop", wasm.RetryLater: "retry", wasm.GaveUp: "fail"}

// reason is an error without the words around it.
func reason(err error) string {
	var e *wasm.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return err.Error()
}
