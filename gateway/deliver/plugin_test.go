package deliver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/plugboard/plugboard/gateway/wasm"
)

// scripted is a plugin whose functions are Go: what the steps of an attempt do with its words is tested here, how a
// module comes to them in package wasm. A function answers with a document or an error.
type scripted struct {
	name      string
	format    func(in wasm.Input) (string, error)
	judge     func(in wasm.Input) (string, error)
	transform func(in wasm.Input) (string, error)

	mu     sync.Mutex
	judged []map[string]any // what judge was given
}

func (p *scripted) Name() string { return p.name }
func (p *scripted) Hash() string { return strings.Repeat("0123456789abcdef", 4) }

func (p *scripted) Functions() wasm.FunctionSet {
	var s wasm.FunctionSet
	for fn, have := range map[wasm.Function]bool{wasm.Format: p.format != nil, wasm.Judge: p.judge != nil, wasm.Transform: p.transform != nil} {
		if have {
			s |= 1 << fn
		}
	}
	return s
}

func (p *scripted) Call(_ context.Context, fn wasm.Function, in wasm.Input) (wasm.Output, error) {
	call := map[wasm.Function]func(wasm.Input) (string, error){wasm.Format: p.format, wasm.Judge: p.judge, wasm.Transform: p.transform}[fn]
	if fn == wasm.Judge {
		var doc map[string]any
		if err := json.Unmarshal(in.Body, &doc); err != nil {
			return wasm.Output{}, err
		}
		p.mu.Lock()
		p.judged = append(p.judged, doc)
		p.mu.Unlock()
	}
	out, err := call(in)
	return wasm.Output{Body: []byte(out)}, err
}

func (p *scripted) Close(context.Context) error { return nil }

// says makes a function that answers with each document in turn, and with the last one for ever.
func says(docs ...string) func(wasm.Input) (string, error) {
	var mu sync.Mutex
	return func(wasm.Input) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		doc := docs[0]
		if len(docs) > 1 {
			docs = docs[1:]
		}
		return doc, nil
	}
}

// stops makes a function that ends with an error of the kind.
func stops(kind wasm.Kind, reason string) func(wasm.Input) (string, error) {
	return func(wasm.Input) (string, error) {
		return "", &wasm.Error{Plugin: "p", Function: "format", Kind: kind, Reason: reason}
	}
}

func fact(t *testing.T, in wasm.Input, name string) string {
	t.Helper()
	v, ok := in.Facts.Fact(name)
	if !ok {
		return "absent"
	}
	return string(v)
}

// setPresence behaves as a presence plugin: it looks the agent up, sets the presence, and remembers whom it found.
func setPresence(t *testing.T) *scripted {
	put := func(id string) string {
		return fmt.Sprintf(`{"method":"PUT","url":"/api/v2/agents/%s/status","headers":{"content-type":"application/json"},"json":{"presence":{"name":"away"}}}`, id)
	}
	p := &scripted{name: "presence"}
	p.format = func(in wasm.Input) (string, error) {
		var memo struct{ Agent string }
		if m := fact(t, in, "memo"); m != "absent" {
			if err := json.Unmarshal([]byte(m), &memo); err != nil {
				return "", err
			}
			return `{"request":` + put(memo.Agent) + `}`, nil
		}
		var ev struct {
			Data struct{ Agent struct{ ID string } }
		}
		if err := json.Unmarshal(in.Body, &ev); err != nil {
			return "", err
		}
		return `{"request":{"method":"GET","url":"/api/v2/agents","query":{"sourceId":"` + ev.Data.Agent.ID + `"},"headers":{"content-type":"application/json"}}}`, nil
	}
	p.judge = func(in wasm.Input) (string, error) {
		var doc struct {
			Request  struct{ Method string }
			Response struct {
				Status int
				Body   string
			}
		}
		if err := json.Unmarshal(in.Body, &doc); err != nil {
			return "", err
		}
		if doc.Request.Method != http.MethodGet || doc.Response.Status != 200 {
			return "", nil
		}
		var found struct{ Items []struct{ ID string } }
		if err := json.Unmarshal([]byte(doc.Response.Body), &found); err != nil {
			return "", err
		}
		if len(found.Items) == 0 {
			return `{"dead":"agent not found"}`, nil
		}
		return fmt.Sprintf(`{"next":{"request":%s},"memo":{"agent":%q}}`, put(found.Items[0].ID), found.Items[0].ID), nil
	}
	return p
}
