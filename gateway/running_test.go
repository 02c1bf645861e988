package gateway_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/feed"
)

// running is a gateway in this process.
type running struct {
	*gateway.Gateway
	feed *feed.Hub
}

// start runs a gateway until the test ends, and fails the test if it does not stop cleanly.
func start(t testing.TB, configFile string) *running {
	t.Helper()
	hub := new(feed.Hub)
	g, err := gateway.New(t.Context(), gateway.Options{
		ConfigFile: configFile, Feed: hub, Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, g)
	return &running{g, hub}
}

// run runs a gateway until the test ends.
func run(t testing.TB, g *gateway.Gateway) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the gateway stopped with: %v", err)
		}
	})
}

func (g *running) url(path string) string { return "http://" + g.Listen() + path }
