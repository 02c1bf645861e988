package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// commandWith is command with something on standard input.
func commandWith(t *testing.T, in string, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = execute(t.Context(), args, stdio{strings.NewReader(in), &o, &e})
	return status, o.String(), e.String()
}

const withStoredToken = `
[server]
listen = "127.0.0.1:0"
admin  = %ADMIN%
[queue]
min_free = "1MiB"
[plugins]
dir = "."
[sources.any]
path = "/in"
verify = { scheme = "bearer", token = "{{secret.token}}" }
`

// TestSecretsCommands goes through all of them twice: without a gateway, on the store, and with one, over its API.
func TestSecretsCommands(t *testing.T) {
	file := gatewaytest.Write(t, strings.Replace(withStoredToken, "%ADMIN%", `"`+gatewaytest.FreeAddr(t)+`"`, 1))
	at := "--config=" + file
	run := func(in string, status int, words string, args ...string) {
		t.Helper()
		got, out, errs := commandWith(t, in, append(append([]string{"secrets"}, args...), at)...)
		if got != status || !strings.Contains(out+errs, words) || strings.Contains(out+errs, "canary") {
			t.Errorf("secrets %v: status %d\n%s%s; want %d and %q", args, got, out, errs, status, words)
		}
	}
	run("canary-1\n", 1, "plugboard secrets key", "set", "token")
	run("canary-1\n", 2, "write it as plugboard secrets set NAME [flags]", "set")
	run("", 0, "the master key", "key")
	run("", 1, "is there already", "key")
	through := func(stored, inUse string) {
		run("canary-1\r\n", 0, stored, "set", "token")
		run("canary-2", 0, stored, "set", "other")
		run("", 1, "standard input is empty", "set", "other")
		run("canary", 1, "not a secret's name", "set", "../other")
		run("", 0, "other", "list")
		run("", 0, inUse, "list", "--json")
		run("", 1, "config.toml:11:", "rm", "token")
		run("", 0, "2 secrets sealed", "rotate")
		run("", 0, "", "rm", "other")
		run("", 1, "no such secret", "rm", "other")
		if status, out, errs := command(t, "check", at); status != 0 {
			t.Errorf("check: %s%s", out, errs)
		}
	}
	through("no gateway is running", `"name":"token","from":"store"`)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	screen, done := newScreen(), make(chan int, 1)
	go func() {
		done <- execute(ctx, []string{"run", at}, stdio{strings.NewReader(""), screen, screen})
	}()
	screen.mustShow(t, "listening on http://127.0.0.1:")
	through("stored, and in use", `"used":true`)
	stop()
	if status := <-done; status != 0 || strings.Contains(screen.String(), "canary") {
		t.Errorf("run ended with status %d\n%s", status, screen)
	}
}

func TestKeyInTheEnvironmentIsReplacedInSteps(t *testing.T) {
	file := gatewaytest.Write(t, strings.Replace(withStoredToken, "%ADMIN%", `"127.0.0.1:0"`, 1))
	at := "--config=" + file
	must := func(in string, args ...string) string {
		t.Helper()
		status, out, errs := commandWith(t, in, append(args, at)...)
		if status != 0 {
			t.Fatalf("%v: %s%s", args, out, errs)
		}
		return strings.TrimSpace(out)
	}
	t.Setenv("PLUGBOARD_KEY", must("", "secrets", "key", "--print"))
	must("value", "secrets", "set", "token")
	if status, _, errs := command(t, "secrets", "rotate", at); status != 1 || !strings.Contains(errs, "PLUGBOARD_KEY") {
		t.Errorf("status %d: %s", status, errs)
	}
	t.Setenv("PLUGBOARD_KEY", must("", "secrets", "rotate", "--print"))
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	screen, done := newScreen(), make(chan int, 1)
	go func() {
		done <- execute(ctx, []string{"run", at}, stdio{strings.NewReader(""), screen, screen})
	}()
	screen.mustShow(t, "listening on http://127.0.0.1:") // the start seals everything with the new one
	stop()
	<-done
	t.Setenv("PLUGBOARD_KEY", must("", "secrets", "rotate", "--print", "--finish"))
	if list := must("", "secrets", "list"); !strings.Contains(list, "token") || strings.Contains(list, "CANNOT") {
		t.Errorf("with the new key alone: %s", list)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(file), "plugboard.key")); err == nil {
		t.Error("a key was written to a file")
	}
}

// TestAStoredSecretThatWillNotDoIsReplaced holds that a value in the store which the configuration refuses does not bar the
// way to the one that would do.
func TestAStoredSecretThatWillNotDoIsReplaced(t *testing.T) {
	file := gatewaytest.Write(t, strings.Replace(withStoredToken, "%ADMIN%", `"`+gatewaytest.FreeAddr(t)+`"`, 1)+`
redact = { hash = ["subject"], key = "{{secret.key}}" }
[sources.zendesk]
path = "/zendesk"
verify = { scheme = "zendesk", secret = ["{{secret.key}}", "{{secret.zendesk}}"] }
`)
	for _, step := range []struct {
		in, words string
		status    int
		args      []string
	}{
		{"", "the master key", 0, []string{"secrets", "key"}},
		{"short", "stored", 0, []string{"secrets", "set", "key"}},
		{"dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", "stored", 0, []string{"secrets", "set", "zendesk"}},
		{"token", "stored", 0, []string{"secrets", "set", "token"}},
		{"", "zendesk", 0, []string{"secrets", "list"}},
		{"", "config.toml:13:38: key is shorter than 16 bytes", 1, []string{"check"}},
		{"", "config.toml:16:60: secret is the one that Zendesk publishes", 1, []string{"check"}},
		{"long enough to be a key", "stored", 0, []string{"secrets", "set", "key"}},
		{"its own", "stored", 0, []string{"secrets", "set", "zendesk"}},
		{"", "no faults", 0, []string{"check"}},
	} {
		if status, out, errs := commandWith(t, step.in, append(step.args, "--config="+file)...); status != step.status || !strings.Contains(out+errs, step.words) {
			t.Errorf("%v: status %d\n%s%s; want %d and %q", step.args, status, out, errs, step.status, step.words)
		}
	}
}
