package wasm

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// patient is a deadline for tests in which time is not the subject: the machine may be busy with other tests.
var patient = Limits{Deadline: 10 * time.Second}

func openHost(t testing.TB, options HostOptions, m ...mode) *Host {
	t.Helper()
	m = append(m, counted)
	h, err := newHost(t.Context(), options, m[0])
	if err != nil {
		t.Fatal(err)
	}
	h.relentless.Store(true)
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func load(t testing.TB, h *Host, name string, wasm []byte) *Module {
	t.Helper()
	m, err := h.Load(t.Context(), name, wasm)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func open(t testing.TB, h *Host, file string, options PluginOptions) Plugin {
	t.Helper()
	return openModule(t, load(t, h, file, testdata(t, file+".wasm")), options)
}

func openModule(t testing.TB, m *Module, options PluginOptions) Plugin {
	t.Helper()
	p, err := m.New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

// fails is for a call that need only fail as an *Error.
func fails(t testing.TB, err error) {
	t.Helper()
	_ = failureOf(t, err)
}

// failureOf gives the *Error that every failure must be.
func failureOf(t testing.TB, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	return e
}

func must(t testing.TB, p Plugin, fn Function, body string) Output {
	t.Helper()
	out, err := p.Call(t.Context(), fn, Input{Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
