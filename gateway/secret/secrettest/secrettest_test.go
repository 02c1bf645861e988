package secrettest_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"testing"

	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/secret/secrettest"
)

const canary = "canary-4711-of-the-mine"

// recorder stands in for a test and says whether it failed.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.failed = true }

func TestLeaksAreFound(t *testing.T) {
	leak := errors.New("401 for " + canary)
	tests := map[string]func(testing.TB){
		"text":            func(t testing.TB) { secrettest.Text(t, "page", "token="+url.QueryEscape(canary), canary) },
		"error":           func(t testing.TB) { secrettest.Error(t, leak, canary) },
		"error within":    func(t testing.TB) { secrettest.Error(t, hiding{leak}, canary) },
		"log message":     func(t testing.TB) { secrettest.Log(t, canary).Debug("sent " + canary) },
		"log value":       func(t testing.TB) { secrettest.Log(t, canary).Info("sent", "err", leak) },
		"second of these": func(t testing.TB) { secrettest.Text(t, "page", canary, "another", canary) },
	}
	for name, leaks := range tests {
		t.Run(name, func(t *testing.T) {
			r := &recorder{TB: t}
			if leaks(r); !r.failed {
				t.Error("the leak was not found")
			}
		})
	}
}

func TestCleanTextPasses(t *testing.T) {
	secrettest.Text(t, "page", "nothing here", canary)
	secrettest.Error(t, fmt.Errorf("auth: %v", secret.New(canary)), canary)
	secrettest.Log(t, canary).Info("sent", "token", secret.New(canary), slog.Any("struct", struct{ V secret.Value }{secret.New(canary)}))
}

// hiding shows nothing itself of what it wraps.
type hiding struct{ err error }

func (h hiding) Error() string { return "failed" }
func (h hiding) Unwrap() error { return h.err }
