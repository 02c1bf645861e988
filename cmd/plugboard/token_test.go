package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/access"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// startRun runs the gateway of a small configuration, with what comes behind it, until the test ends.
func startRun(t *testing.T, more string) (config string) {
	t.Helper()
	config = gatewaytest.Write(t, `
[server]
listen = "`+gatewaytest.FreeAddr(t)+`"
admin  = "`+gatewaytest.FreeAddr(t)+`"
[queue]
min_free = "1MiB"
[plugins]
`+gatewaytest.PluginsTable(t)+`
[sources.any]
path = "/in"
verify = { scheme = "none" }
`+more)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	out, done := newScreen(), make(chan int, 1)
	go func() {
		done <- execute(ctx, []string{"run", "--config", config}, stdio{strings.NewReader(""), out, out})
	}()
	t.Cleanup(func() {
		stop()
		if status := <-done; status != 0 {
			t.Errorf("run ended with status %d\n%s", status, out)
		}
	})
	out.mustShow(t, "listening on http://127.0.0.1:")
	return config
}

func TestTokenCommands(t *testing.T) {
	config := startRun(t, "")
	status, token, errs := command(t, "token", "create", "a dashboard", "--role", "viewer", "--expires-in", "30d", "--config", config)
	if token = strings.TrimSpace(token); status != 0 || !strings.HasPrefix(token, "pbt_") {
		t.Fatalf("status %d, %s%s", status, token, errs)
	}
	t.Setenv("PLUGBOARD_TOKEN", token)
	if status, _, errs := command(t, "events", "--config", config); status != 0 {
		t.Errorf("with the new token: status %d, %s", status, errs)
	}
	status, _, errs = command(t, "token", "list", "--config", config)
	if status != 1 || !strings.Contains(errs, "forbidden") || !strings.Contains(errs, "admin") {
		t.Errorf("a viewer lists tokens: status %d, %s", status, errs)
	}
	t.Setenv("PLUGBOARD_TOKEN", "")
	status, said, errs := command(t, "token", "list", "--config", config)
	if status != 0 || !strings.Contains(said, "a dashboard") || strings.Contains(said, token) {
		t.Errorf("status %d, %s%s", status, said, errs)
	}
	var listed access.Token
	if _, said, _ = command(t, "token", "list", "--json", "--config", config); json.Unmarshal([]byte(said), &listed) != nil || listed.Role != "viewer" || listed.LastUsed.IsZero() {
		t.Errorf("%s", said)
	}
	if status, _, errs := command(t, "token", "rm", "a dashboard", "--config", config); status != 0 {
		t.Errorf("status %d, %s", status, errs)
	}
	if status, _, errs := command(t, "token", "rm", listed.ID, "--config", config); status != 1 || !strings.Contains(errs, "not found") {
		t.Errorf("removed twice: status %d, %s", status, errs)
	}
	for _, args := range [][]string{{"token", "create", "x"}, {"token", "create", "x", "--role", "root"}, {"token", "create"}, {"token", "rm"}} {
		if status, _, errs := command(t, append(args, "--config", config)...); status != 2 {
			t.Errorf("%v: status %d, %s; want 2", args, status, errs)
		}
	}
}
