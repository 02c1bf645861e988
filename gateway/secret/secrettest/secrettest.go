// Package secrettest fails tests in which a secret gets out.
package secrettest

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/plugboard/plugboard/gateway/secret"
)

// Text fails the test when the text shows one of the values, in any form that secret.Vault finds. what names the text.
func Text(t testing.TB, what, text string, values ...string) {
	t.Helper()
	if clean := redacted(text, values); clean != text {
		t.Errorf("%s shows a secret: %s", what, clean)
	}
}

// Error fails the test when the error, or one it wraps, shows one of the values however it is printed.
func Error(t testing.TB, err error, values ...string) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		for _, format := range []string{"%v", "%+v", "%#v", "%q"} {
			Text(t, fmt.Sprintf("the error %T in %s", err, format), fmt.Sprintf(format, err), values...)
		}
	}
}

// Log is a logger that fails the test when a line shows one of the values. Safe for concurrent use, until the test ends.
func Log(t testing.TB, values ...string) *slog.Logger {
	return slog.New(slog.NewJSONHandler(lines{t, values}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type lines struct {
	t      testing.TB
	values []string
}

func (l lines) Write(line []byte) (int, error) {
	Text(l.t, "a line of the log", string(line), l.values...)
	return len(line), nil
}

func redacted(text string, values []string) string {
	var vault secret.Vault
	for _, value := range values {
		vault.Hide("", secret.New(value))
	}
	return vault.Redact(text)
}
